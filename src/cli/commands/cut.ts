import { Command, InvalidArgumentError, Option } from "commander";
import type { CutOptions } from "../../data/slides/cut-file.js";
import type { Grouping } from "../../data/sources/grouping.js";
import type { CutSlidesEvent } from "../../jobs/slides/cut-slides-file.js";
import { plural } from "../../report/page/words.js";
import { UsageError } from "../failure.js";
import { number, pattern, whole } from "../options/options.js";
import { followJob } from "../progress/follow-job.js";
import { leftOutText } from "../text/job-text.js";

interface Flags
  extends Required<Pick<CutOptions, "size" | "scale" | "border">>,
    Pick<CutOptions, "points" | "mask" | "stride" | "cover" | "classes" | "page">,
    Grouping {
  readonly out: string;
}

/** "80=benign,120=grade 3" */
function classNames(text: string): Record<number, string> {
  const pairs = text.split(",").map((part): [number, string] => {
    const [, value, name] = /^\s*(\d{1,3})\s*=\s*([^\\/:*?"<>|]+?)\s*$/.exec(part) ?? [];
    if (value === undefined || Number(value) > 255 || /^\.+$/.test(name)) {
      throw new InvalidArgumentError(
        `Expected grey values with the names of folders, such as 1=cell,2=ground, got '${text}'.`,
      );
    }
    return [Number(value), name];
  });
  return Object.fromEntries(pairs);
}

/** `bellpepper cut` */
export const cutCommand = (): Command =>
  new Command("cut")
    .description(
      "cut labelled patches from slides and other large pictures, around points or where a mask has one class",
    )
    .argument("<slides>", "a TIFF, PNG or JPEG picture, or a folder of them")
    .option("--points <list.csv>", "columns x, y, label; slide where there are several; patient or group if wanted")
    .option(
      "--mask <mask>",
      "a picture of a slide's size, a grey value for each class (0: none); a folder of them for a folder",
    )
    .option("--size <pixels>", "side of a patch", whole(1), 64)
    .option(
      "--scale <factor>",
      "pixels of a patch for each of the slide; 0.5 covers twice the side",
      number(0, { open: true }),
      1,
    )
    .option("--stride <pixels>", "masks: from patch to patch, in pixels of a patch (its size)", whole(1))
    .option(
      "--cover <share>",
      "masks: how much of a patch must have its class, above 0.5 (0.9)",
      number(0.5, { open: true }),
    )
    .option("--classes <names>", "masks: names of the grey values, 1=cell,2=ground; only these are cut", classNames)
    .addOption(
      new Option("--border <rule>", "a patch that reaches beyond the slide: leave it out, or fill it up with white")
        .choices(["skip", "pad"])
        .default("skip"),
    )
    .option("--page <number>", "the page of a TIFF, from 0 (of a pyramid the one that suits the scale)", whole(0))
    .option("--group <column>", "points: the column that names what belongs together (patient, or group)")
    .option(
      "--group-by <pattern>",
      "a regular expression whose first group names it in a slide's path (its name)",
      pattern,
    )
    .option("--out <folder>", "a new folder for the patches and their list.csv", "patches")
    .action(async (slides: string, flags: Flags) => {
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
  const { skipped, slides, groups, classes, count, list } = event.result;
  const from = `${plural(slides, "slide")} of ${plural(groups, "group")}`;
  const counts = [...classes].map(([name, number]) => `${name} ${number}`).join(", ");
  const text = `${plural(count, "patch", "patches")} from ${from}: ${counts}\nlist      ${list}\n`;
  return (
    leftOutText(skipped, "patch or line was left out", "patches or lines were left out") +
    text.replaceAll("\u00a0", " ")
  );
}
