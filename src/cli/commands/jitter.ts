import { join } from "node:path";
import { Command } from "commander";
import { jitterPictures } from "../../data/change/jitter-pictures.js";
import { mixPictures } from "../../data/change/mix-pictures.js";
import { loadLetters } from "../../data/letters/letters-file.js";
import type { Samples } from "../../data/samples.js";
import type { ClassTarget } from "../../data/target.js";
import { exists } from "../../files/exists-file.js";
import { plural } from "../../report/page/text/words.js";
import { text, whole } from "../../values/kind.js";
import { defaulted, type RecordOf } from "../../values/record.js";
import { withFields } from "../options/field-options.js";
import { addJitterOptions, type JitterArguments, jitterOf, mixingOf } from "../options/jitter-options.js";

const FIELDS = {
  out: defaulted(text(), "jitter.png", "where the sheet goes"),
  count: defaulted(whole(1), 6, "how many pictures, evenly among all"),
  copies: defaulted(whole(1), 8, "how often each is jittered"),
  size: defaulted(whole(8), 128, "width and height that pictures of a folder get"),
  seed: defaulted(whole(0), 1, "decides every random choice"),
};

type Arguments = JitterArguments & RecordOf<typeof FIELDS>;

/** `bellpepper jitter` */
export const jitterCommand = (): Command =>
  addJitterOptions(
    withFields(
      new Command("jitter")
        .description("draw a sheet of pictures (left) and of what jitter makes of them, to see whether it suits them")
        .argument(
          "<pictures>",
          "a data set: a folder of pictures, a list, or a set of letters; 'letters' are the packaged ones",
        ),
      FIELDS,
      { out: "file", count: "number", copies: "number", size: "pixels", seed: "number" },
    ),
    "light",
  ).action(async (path: string, options: Arguments) => {
    const { size, count, copies, seed, out } = options;
    const [jitter, mixing] = [jitterOf(options), mixingOf(options)];
    const [{ jitterSheet }, { writePng }] = await Promise.all([
      import("../../report/dataset/jitter-sheet.js"),
      import("../../data/pictures/image-file.js"),
    ]);
    const { samples, close } = await samplesAt(path, size);
    try {
      const moved = jitterPictures(samples, jitter, seed);
      const shown = mixing ? mixPictures(moved, mixing, seed) : moved;
      await writePng(out, await jitterSheet(samples, shown, { count, copies }));
    } finally {
      await close();
    }
    process.stdout.write(
      `${plural(Math.min(count, samples.count), "picture")}, each jittered ${plural(copies, "time")}: ${out}\n${JSON.stringify({ ...jitter, ...mixing })}\n`,
    );
  });

/** Letters, or the pictures of a data set, decoded when they are needed. */
async function samplesAt(
  path: string,
  size: number,
): Promise<{ samples: Samples<ClassTarget>; close: () => Promise<void> }> {
  const packaged = path === "letters" && !(await exists(path));
  if (packaged || (await exists(join(path, "fonts.tsv")))) {
    const { training } = await loadLetters(...(packaged ? [] : [path]));
    return { samples: training, close: async () => undefined };
  }
  const [{ openDataset }, { openPictures }] = await Promise.all([
    import("../../data/sources/open-dataset-file.js"),
    import("../../data/pictures/pictures-file.js"),
  ]);
  const dataset = await openDataset(path);
  const shape = dataset.packed ? {} : { size: { width: size, height: size } };
  const pictures = await openPictures(dataset, { ...shape, fit: "crop", lazy: true });
  return { samples: pictures.samples(), close: () => pictures.close() };
}
