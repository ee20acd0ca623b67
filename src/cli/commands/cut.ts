import { Command } from "commander";
import { CUT_SLIDES } from "../../jobs/settings/slides-settings.js";
import type { CutSlidesEvent } from "../../jobs/slides/cut-slides-file.js";
import { plural } from "../../report/page/text/words.js";
import type { RecordOf } from "../../values/record.js";
import { UsageError } from "../failure.js";
import { withFields } from "../options/field-options.js";
import { followJob } from "../progress/follow-job.js";
import { leftOutText, notesText } from "../text/job-text.js";

type Flags = Omit<RecordOf<typeof CUT_SLIDES.fields>, "folder"> & { readonly out: string };

/** `bellpepper cut` */
export const cutCommand = (): Command =>
  withFields(
    new Command("cut")
      .description(
        "cut labelled patches from slides and other large pictures, around points or where a mask has one class",
      )
      .argument("<slides>", "a TIFF, PNG or JPEG picture, or a folder of them"),
    CUT_SLIDES.fields,
    {
      points: "list.csv",
      mask: "mask",
      size: "pixels",
      scale: "factor",
      stride: "pixels",
      cover: "share",
      classes: "names",
      border: "rule",
      page: "number",
      group: "column",
      groupBy: "pattern",
      folder: "--out <folder>",
    },
  ).action(async (slides: string, flags: Flags) => {
    process.exitCode = await cut(slides, flags);
  });

async function cut(slides: string, { out, ...flags }: Flags): Promise<number> {
  if ((flags.points === undefined) === (flags.mask === undefined)) {
    throw new UsageError("Expected either --points or --mask.");
  }
  const { group, stride, cover, classes } = flags;
  const [needed, useless] =
    flags.points === undefined ? ["--points", { group }] : ["--mask", { stride, cover, classes }];
  for (const [name, value] of Object.entries(useless)) {
    if (value !== undefined) throw new UsageError(`--${name} means nothing without ${needed}.`);
  }
  const { cutSlides } = await import("../../jobs/slides/cut-slides-file.js");
  return followJob((signal) => cutSlides(slides, { ...flags, folder: out, signal }), textOf);
}

/** What was cut, and what was left out. */
function textOf(event: CutSlidesEvent): string {
  if (event.type !== "done") return "";
  const { skipped, notes, slides, groups, classes, count, list } = event.result;
  const from = `${plural(slides, "slide")} of ${plural(groups, "group")}`;
  const counts = [...classes].map(([name, number]) => `${name} ${number}`).join(", ");
  const text = `${plural(count, "patch", "patches")} from ${from}: ${counts}\nlist      ${list}\n`;
  return (
    leftOutText(skipped, "patch or line was left out", "patches or lines were left out") +
    notesText(notes) +
    text.replaceAll("\u00a0", " ")
  );
}
