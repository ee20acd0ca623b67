import { Command } from "commander";

/** `bellpepper draw letters` */
export const drawCommand = (): Command =>
  new Command("draw").description("make data sets").addCommand(
    new Command("letters")
      .description(
        "draw a–z in each of your own font files (ttf, otf, woff, woff2), as a set that `train ocr --letters` takes",
      )
      .argument("<fonts>", "a folder of font files")
      .option("--out <folder>", "a new folder for the set", "letters")
      .action(async (fonts: string, { out }: { out: string }) => {
        const { drawLetters } = await import("../../data/letters/draw-letters-file.js");
        const { typefaces, skipped } = await drawLetters(fonts, out);
        for (const { file, reason } of skipped) process.stderr.write(`skipped ${file}: ${reason}\n`);
        process.stdout.write(
          `${typefaces.length} typefaces drawn to ${out}${skipped.length > 0 ? `, skipped: ${skipped.length}` : ""}\n`,
        );
      }),
  );
