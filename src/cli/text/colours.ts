import pc from "picocolors";

/** Colours on a terminal that has them; none in files, pipes and logs. */
export const colours = pc.createColors(process.stdout.isTTY === true && pc.isColorSupported);
