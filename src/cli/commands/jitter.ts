import { join } from "node:path";
import { Command } from "commander";
import { chooseBorder } from "../../data/change/choose-border.js";
import { jitterForSounds } from "../../data/change/jitter-description.js";
import { jitterPictures, showsBeyond } from "../../data/change/jitter-pictures.js";
import { mixPictures } from "../../data/change/mix-pictures.js";
import { loadLetters } from "../../data/letters/letters-file.js";
import { isSound } from "../../data/pictures/formats/formats-file.js";
import { SIZE } from "../../data/pictures/picture-size.js";
import type { PictureOptions } from "../../data/pictures/pictures-file.js";
import type { Samples } from "../../data/samples.js";
import type { ClassTarget } from "../../data/target.js";
import { exists } from "../../files/exists-file.js";
import { FIT } from "../../jobs/settings/pictures-settings.js";
import { plural } from "../../report/page/text/words.js";
import { wrapLines } from "../../report/page/text/wrap.js";
import { defined } from "../../values/defined.js";
import { text, whole } from "../../values/kind.js";
import { defaulted, optional, type RecordOf } from "../../values/record.js";
import { UsageError } from "../failure.js";
import { withFields } from "../options/field-options.js";
import { addJitterOptions, type JitterArguments, jitterOf, mixingOf } from "../options/jitter-options.js";

const FIELDS = {
  out: defaulted(
    text("a file that ends in .png, as the sheet is one", /\.png$/i),
    "jitter.png",
    "where the sheet goes, a .png file",
  ),
  count: defaulted(whole(1), 6, "how many pictures, evenly among all"),
  copies: defaulted(whole(1), 8, "how often each is jittered"),
  size: optional(SIZE, "the size that is trained on: 64, or 64x48 (width x height); as `train` chooses it"),
  fit: FIT,
  seed: defaulted(whole(0), 1, "decides every random choice"),
};

type Arguments = JitterArguments & RecordOf<typeof FIELDS>;

/** `bellpepper jitter` */
export const jitterCommand = (): Command =>
  addJitterOptions(
    withFields(
      new Command("jitter")
        .description(
          "draw a sheet of pictures (left) and of what jitter makes of them, as they are trained on, to see whether it suits them",
        )
        .argument(
          "<pictures>",
          "a data set: a folder of pictures, a list, or a set of letters; 'letters' are the packaged ones",
        ),
      FIELDS,
      { out: "file", count: "number", copies: "number", size: "pixels", fit: "rule", seed: "number" },
    ),
    "light",
  ).action(async (path: string, options: Arguments) => {
    const { size, fit, count, copies, seed, out } = options;
    const [asked, mixing] = [jitterOf(options), mixingOf(options)];
    const [{ jitterSheet }, { writePng }] = await Promise.all([
      import("../../report/dataset/jitter-sheet.js"),
      import("../../data/pictures/image-file.js"),
    ]);
    const { samples, close } = await samplesAt(path, defined({ size, fit }));
    let [jitter, why] = [samples.rate === undefined ? asked : jitterForSounds(asked), ""];
    try {
      if (samples.rate !== undefined && mixing)
        throw new UsageError("--mixup, as --cutmix, is of pictures, and these are sounds.");
      if (samples.rate === undefined && asked.border === undefined && asked.fill === undefined && showsBeyond(asked)) {
        const border = await chooseBorder(samples);
        jitter = { ...asked, ...border.jitter };
        why = `beyond the pictures: ${border.text} (${border.why})\n`;
      }
      const moved = jitterPictures(samples, jitter, seed);
      const shown = mixing ? mixPictures(moved, mixing, seed) : moved;
      await writePng(out, await jitterSheet(samples, shown, { count, copies }));
    } finally {
      await close();
    }
    const told = JSON.stringify({ ...jitter, ...mixing })
      .replace(/[{:,]/g, "$& ")
      .replace("}", " }");
    process.stdout.write(
      wrapLines(
        `${plural(Math.min(count, samples.count), "picture")}, each jittered ${plural(copies, "time")}: ${out}\n${told}\n${why}`,
      ),
    );
  });

/** Letters, or the pictures of a data set, decoded when they are needed. */
async function samplesAt(
  path: string,
  how: Pick<PictureOptions, "size" | "fit">,
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
  const areSounds = dataset.items.some(({ path }) => isSound(path));
  // the command says a rule for pictures, where nobody has
  const pictures = await openPictures(dataset, { ...(areSounds ? defined({ size: how.size }) : how), lazy: true });
  return { samples: pictures.samples(), close: () => pictures.close() };
}
