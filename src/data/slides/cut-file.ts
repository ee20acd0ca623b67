import { mkdir, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { atOnce } from "../../files/at-once.js";
import { expectNoFolder, makeFolderAtomically } from "../../files/atomic-file.js";
import { formatCsv } from "../../files/csv.js";
import type { OptionsOf } from "../../values/record.js";
import { encodePng, resampleImage } from "../pictures/formats/sharp-file.js";
import type { Image } from "../pictures/image.js";
import { type DataRanges, rangesFor } from "../pictures/numbers/data-ranges-file.js";
import { type Box, type DatasetOptions, fewOf, naturally, type Problem } from "../sources/dataset.js";
import { groupRule, noGroupsFound } from "../sources/grouping.js";
import { CUT } from "./cut-options.js";
import { findMask, findMaskPlaces } from "./patch-mask-file.js";
import { cropImage, liesWithin, type PatchPlace, squareAround } from "./patch-place.js";
import { readPoints } from "./patch-points-file.js";
import { findSlides, openSlide, type Slide } from "./slide-file.js";

/** The options of {@link cutPatches}. */
export interface CutOptions extends OptionsOf<typeof CUT.fields> {
  /** the column of a list that has the groups; `patient`, or `group` */
  readonly groupColumn?: string;
  /** the group of a slide, from its path, where a list has none; the slide's name */
  readonly groupOf?: DatasetOptions["groupOf"];
  /** is told how many of how many patches were written */
  readonly onProgress?: (done: number, total: number) => void;
  /** stops the work; nothing is left behind then */
  readonly signal?: AbortSignal;
}

/** What {@link cutPatches} made. */
export interface CutPatches {
  /** the list of the patches, a data set for `openDataset` */
  readonly list: string;
  readonly count: number;
  readonly slides: number;
  readonly groups: number;
  /** patches of each class, the classes in natural order */
  readonly classes: ReadonlyMap<string, number>;
  /** what was left out, and why */
  readonly skipped: readonly Problem[];
  /** what else the user should know: which numbers are black and white, which pages were not cut */
  readonly notes: readonly string[];
}

interface Planned extends PatchPlace {
  readonly box: Box;
  readonly path: string;
}

/**
 * Cuts labelled patches from slides and other large pictures (TIFF, PNG, JPEG), around points or where a mask has one class.
 *
 * The new folder has a folder for each class, with PNG files named after slide and place, and `list.csv` with path, label, group, x and
 * y: the middle of the patch, in pixels of the slide. It appears whole or not at all. "synthetic" is in the names of the files where it
 * is in the path of the slides. Of a slide only the parts around patches are decoded, 50 megabytes at most at a time; of a pyramid TIFF,
 * those of the smallest page that is large enough. With a mask, windows lie on a grid that begins in the corner.
 *
 * @param slides a picture, or a folder of them
 * @param folder the folder to make
 * @throws RangeError when an option is out of range; Error when a slide, a mask or a column is missing, a mask has another size than its
 * slide, the folder is not empty, or no patch can be cut; the signal's reason when it was stopped
 * @example
 * await writeFile("points.csv", "x,y,label\n40,30,leaf\n60,40,petal\n2,2,petal\n");
 * const cut = await cutPatches("animals/cat/1.png", "patches", { points: "points.csv", size: 32 });
 * cut.count; // 2
 * cut.skipped[0].reason; // "the patch at 2, 2 reaches beyond the slide (96×72)"
 */
export async function cutPatches(slides: string, folder: string, options: CutOptions): Promise<CutPatches> {
  const settings = checkOptions(options);
  const { size, scale, onProgress, signal } = settings;
  const side = Math.max(1, Math.round(size / scale));
  await expectNoFolder(folder);
  const { root, names } = await findSlides(slides);
  const skipped: Problem[] = [];
  const plans = await planPatches(slides, { root, names }, side, settings, skipped);
  const all = plans.flatMap(({ patches }) => patches);
  if (all.length === 0) {
    const why = skipped.length > 0 ? fewOf(skipped.map((s) => `${s.path}: ${s.reason}`)) : "no window has one class";
    throw new Error(`No patch of ${side}×${side} pixels can be cut from ${slides}: ${why}.`);
  }

  const { ranges, notes } = rangesOf(plans.map(({ slide }) => slide));
  const classes = [...new Set(all.map(({ label }) => label))].sort(naturally);
  await makeFolderAtomically(folder, async (temporary) => {
    for (const name of classes) await mkdir(join(temporary, name), { recursive: true });
    let done = 0;
    for (const { slide, patches } of plans) {
      const within = patches.map(({ box }) => scaleBox(box, slide.ratio));
      await slide.read(within, ranges, async (image, around, numbers) => {
        await atOnce(numbers, 8, async (i) => {
          signal?.throwIfAborted();
          const { x, y, width, height } = within[i];
          const part = cropImage(image, { x: x - around.x, y: y - around.y, width, height });
          await writeFile(join(temporary, patches[i].path), await encodePng(await resizePatch(part, size)));
          onProgress(++done, all.length);
        });
      });
    }
    await writeFile(join(temporary, "list.csv"), formatList(all));
  });
  return {
    list: join(folder, "list.csv"),
    count: all.length,
    slides: plans.filter(({ patches }) => patches.length > 0).length,
    groups: new Set(all.map(({ group }) => group)).size,
    classes: new Map(classes.map((name) => [name, all.filter(({ label }) => label === name).length])),
    skipped,
    notes: [
      ...notes,
      ...plans.flatMap((plan) => [...pagesNote(plan.slide), ...extraNote(plan.slide), ...nearNote(plan)]),
    ],
  };
}

/** One range for all slides of the same kind of numbers, and what is said of it. */
function rangesOf(slides: readonly Slide[]): DataRanges {
  const found = slides.flatMap(({ numbers }) => numbers ?? []);
  return rangesFor(
    found.map(({ kind, extremes }) => ({ kind, extremes })),
    "slide",
  );
}

const pagesNote = ({ path, page, strangers }: Slide): string[] =>
  strangers === 0
    ? []
    : [
        `${path} has ${strangers} ${strangers === 1 ? "page that is" : "pages that are"} neither a smaller copy of ${nameOf(page)} nor a label: only ${nameOf(page)} is cut (--page names another).`,
      ];

const extraNote = ({ path, hasExtra }: Slide): string[] =>
  hasExtra ? [`${path} has a number more for each pixel than its colours, which is no opacity: it is left out.`] : [];

/** What is said of points of different labels that are less than a pixel apart. */
function nearNote({ slide, patches }: Plan): string[] {
  const pixels = new Map<string, Planned[]>();
  const pairs: string[] = [];
  for (const patch of patches) {
    const [column, row] = [Math.floor(patch.x), Math.floor(patch.y)];
    const around = [-1, 0, 1].flatMap((down) =>
      [-1, 0, 1].flatMap((right) => pixels.get(`${column + right} ${row + down}`) ?? []),
    );
    const near = around.find(
      (one) => one.label !== patch.label && Math.abs(one.x - patch.x) < 1 && Math.abs(one.y - patch.y) < 1,
    );
    if (near) pairs.push(`${near.x}, ${near.y} '${near.label}' and ${patch.x}, ${patch.y} '${patch.label}'`);
    const same = pixels.get(`${column} ${row}`);
    if (same) same.push(patch);
    else pixels.set(`${column} ${row}`, [patch]);
  }
  if (pairs.length === 0) return [];
  const count = pairs.length === 1 ? "Two points" : `${pairs.length} pairs of points`;
  return [`${count} of ${slide.path} are less than a pixel apart and have different labels: ${fewOf(pairs, 2)}.`];
}

const nameOf = (page: number): string => (page === 0 ? "the first" : `page ${page}`);

interface Plan {
  readonly slide: Slide;
  readonly patches: readonly Planned[];
}

/** What is to be cut from each slide; everything that can be wrong with slides, lists and masks shows here. */
async function planPatches(
  given: string,
  { root, names }: { readonly root: string; readonly names: readonly string[] },
  side: number,
  settings: Settings,
  skipped: Problem[],
): Promise<Plan[]> {
  const { scale, border, page, signal, groupOf, groupColumn } = settings;
  const list = settings.points === undefined ? undefined : await readPoints(settings.points, names, groupColumn);
  skipped.push(...(list?.problems ?? []));
  const titles = titlesOf(names);
  const plans: Plan[] = [];
  const rule = groupRule(groupOf);
  if (rule && names.every((name) => rule.of(name) === undefined)) throw noGroupsFound(given, rule, names);
  for (const name of names) {
    signal?.throwIfAborted();
    const points = list?.points.filter((point) => point.slide === name);
    if (points?.length === 0) continue;
    const slide = await openSlide(join(root, name), scale, page);
    const title = titles.get(name) ?? name;
    const own = rule?.of(name) ?? title;
    const marked = /synthetic/i.test(given + name) && !/synthetic/i.test(title) ? `synthetic-${title}` : title;
    const extent = `${slide.width}×${slide.height}`;
    const patches: Planned[] = [];
    const places: readonly Place[] =
      points ?? (await placesFromMask(name, names.length > 1, slide, side, settings, skipped));
    for (const { x, y, label, group = own, source = name } of places) {
      const box = squareAround({ x, y }, side);
      const out = x < 0 || y < 0 || x >= slide.width || y >= slide.height;
      if (out) skipped.push({ path: source, reason: `the point ${x}, ${y} lies outside the slide (${extent})` });
      else if (border === "skip" && !liesWithin(box, slide)) {
        skipped.push({ path: source, reason: `the patch at ${x}, ${y} reaches beyond the slide (${extent})` });
      } else patches.push({ x, y, label, group, box, path: `${label}/${marked}-x${x}-y${y}.png` });
    }
    plans.push({ slide, patches });
  }
  return plans;
}

/** Where a patch is to be, and where that is said. */
interface Place extends Omit<PatchPlace, "group"> {
  readonly group?: string;
  readonly source?: string;
}

async function placesFromMask(
  name: string,
  many: boolean,
  slide: Slide,
  side: number,
  { mask = "", scale, stride, cover, classes }: Settings,
  skipped: Problem[],
): Promise<readonly Place[]> {
  const path = await findMask(name, mask, many);
  const { places, values } = await findMaskPlaces(path, slide, {
    side,
    stride: Math.max(1, Math.round(stride / scale)),
    cover,
    nameOf: (value) => (classes ? classes[value] : value === 0 ? undefined : `${value}`),
  });
  if (places.length === 0) {
    const has = `its ${values.length === 1 ? "only value is" : "values are"} ${fewOf(values.map(String), 8)}`;
    skipped.push({ path, reason: `no window of ${side}×${side} pixels has one class; ${has}` });
  }
  return places;
}

/** A name without ending and folders for each slide, by which it is called in files. @throws Error when two would have the same */
function titlesOf(names: readonly string[]): ReadonlyMap<string, string> {
  const titles = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const name of names) {
    const title = name.slice(0, name.length - extname(name).length).replaceAll("/", "-");
    const other = owners.get(title.toLowerCase());
    if (other)
      throw new Error(`The patches of ${other} and ${name} would have the same names; rename one of the slides.`);
    owners.set(title.toLowerCase(), name);
    titles.set(name, title);
  }
  return titles;
}

/** A box in the pixels of a page that is smaller than the first. */
function scaleBox(box: Box, ratio: number): Box {
  const side = Math.max(1, Math.round(box.width * ratio));
  return { x: Math.round(box.x * ratio), y: Math.round(box.y * ratio), width: side, height: side };
}

/** A patch in its final size, by Lanczos resampling. */
async function resizePatch(image: Image, size: number): Promise<Image> {
  const { width, channels } = image;
  if (width === size) return image;
  return resampleImage(image, { channels, size: { width: size, height: size, fit: "squash" } });
}

function formatList(patches: readonly Planned[]): string {
  const rows = patches.map(({ path, label, group, x, y }) => [path, label, group, `${x}`, `${y}`]);
  return formatCsv([["path", "label", "group", "x", "y"], ...rows]);
}

type Settings = ReturnType<typeof checkOptions>;

function checkOptions({ groupColumn, groupOf, onProgress, signal, ...given }: CutOptions) {
  const settings = CUT.make(given);
  if ((settings.points === undefined) === (settings.mask === undefined)) {
    throw new RangeError("Expected either points or a mask to cut patches by.");
  }
  const { stride = settings.size, cover = 0.9 } = settings;
  return { ...settings, stride, cover, groupColumn, groupOf, signal, onProgress: onProgress ?? (() => undefined) };
}
