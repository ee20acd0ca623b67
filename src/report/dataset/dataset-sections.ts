/** The parts of the page about a data set. */

import { encodeWebp } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import type { Counts, NamedDuplicates, ScanSummary } from "../../data/scan/scan-summary.js";
import { html, type Markup } from "../../drawing/markup.js";
import { montage } from "../../drawing/montage.js";
import { dataUri, type ImagePlace, imageTag } from "../page/pictures/image-tag.js";
import type { Section } from "../page/section.js";
import { pageHeader, valueList } from "../page/text/header.js";
import { numberColumns, table } from "../page/text/table.js";
import { countText, plural } from "../page/text/words.js";
import { BARS } from "./classes-with-bars.js";
import { classBars, sizesChart } from "./dataset-charts.js";
import { listFindings } from "./dataset-findings.js";
import type { ClassPictures, DuplicateSets, PicturedDuplicates, Thumbnails } from "./thumbnail.js";

const PAGE_WIDTH = 1100;
/** So many classes have pictures on the contact sheet. */
export const SHEET_CLASSES = 40;
/** The longest side of a mean picture. */
const MEAN = 112;
/** So many broken or strange files are named. */
const LINES = 200;

/** What the data set is, in a sentence and in figures. */
export function datasetHeader(title: string, summary: ScanSummary): Markup {
  const { pictures, classes, medianSize, proposed, broken } = summary;
  const found = { folders: "a folder for each class", list: "a list", idx: "IDX files", cifar: "CIFAR's files" };
  const size = ({ width, height }: { width: number; height: number }): string => `${width}×${height}`;
  const sizeText =
    summary.sizes.length === 1 ? `all of ${size(medianSize)} pixels` : `${size(medianSize)} pixels in the median`;
  const figures: [string, string][] = [
    ["pictures", countText(pictures)],
    ["classes", countText(classes.length)],
    [summary.sizes.length === 1 ? "size" : "median size", size(medianSize)],
    ["broken", countText(broken.length)],
    ["there twice", countText(countCopies(summary.exactDuplicates))],
    ["look the same", countText(countCopies(summary.nearDuplicates))],
  ];
  const lead = html`<p class="lead"><b>${plural(pictures, "picture")}</b> of ${plural(classes.length, "class", "classes")}, ${sizeText}, found as ${found[summary.format]}. For training they would be made to ${size(proposed)} pixels of ${proposed.channels === 1 ? "grey" : "red, green and blue"}, unless told otherwise.</p>`;
  return pageHeader(title, lead, valueList("figures", figures));
}

/** How many pictures there would be less without duplicates. */
const countCopies = (sets: readonly NamedDuplicates[]): number =>
  sets.reduce((sum, { pictures }) => sum + pictures.length - 1, 0);

/** What is worth a look. */
export function findingsSection(summary: ScanSummary): Section {
  const findings = listFindings(summary);
  const body =
    findings.length === 0
      ? html`<p>Nothing conspicuous: every picture can be decoded, none is there twice, and the classes are of similar size.</p>`
      : html`<ul class="findings">${findings.map(({ kind, text }) => html`<li${kind === "wrong" ? html` class="spoils"` : undefined}>${text}</li>`)}</ul>`;
  return { id: "findings", title: "Worth a look", body, pictures: [] };
}

/** How many pictures each class has. */
export function classesSection({ classes }: Pick<ScanSummary, "classes">): Section {
  const some =
    classes.length > BARS
      ? html`<p>The ${BARS / 2} largest and the ${BARS / 2} smallest of ${countText(classes.length)} classes.</p>`
      : undefined;
  return { id: "classes", title: "Classes", body: html`${some}<figure>${classBars(classes)}</figure>`, pictures: [] };
}

/** How many pictures of each class a contact sheet has room for. */
export function sheetRoom({ width, factor }: Thumbnails, classes: number): number {
  const columns = Math.max(1, Math.floor((PAGE_WIDTH + 4) / (width * factor + 4)));
  return classes <= 8 ? 2 * columns : columns;
}

/**
 * Some pictures of each class.
 *
 * @param classes how many there are
 * @param shown as many pictures of each as there is room for, of the first {@link SHEET_CLASSES} classes
 */
export async function sheetSection(
  shown: readonly ClassPictures[],
  classes: number,
  { width, factor, lossless }: Thumbnails,
): Promise<Section> {
  const columns = Math.max(1, Math.floor((PAGE_WIDTH + 4) / (width * factor + 4)));
  const figures = shown.map(async ({ name, count, images }): Promise<Markup> => {
    const grid = montage(images, { columns, spacing: Math.ceil(4 / factor) });
    const uri = dataUri(await encodeWebp(grid, { opaque: grid.opaque, lossless }), "webp");
    const place = { width: grid.width * factor, height: grid.height * factor, pixels: lossless };
    return html`<figure><figcaption><b>${name}</b> <span class="soft">${countText(count)}</span></figcaption>${imageTag(uri, { ...place, alt: `Pictures of ${name}` })}</figure>`;
  });
  const some = classes > SHEET_CLASSES ? ` Of ${countText(classes)} classes, the first ${SHEET_CLASSES}.` : "";
  const body = html`<p>Pictures chosen by chance, all of them in full, with white where their proportions differ.${some}</p><div class="sheet">${await Promise.all(figures)}</div>`;
  return { id: "pictures", title: "Contact sheet", body, pictures: [] };
}

/** Widths, heights, formats, colours. */
export function kindsSection(summary: ScanSummary): Section {
  const { sizes, medianSize, transparent } = summary;
  const parts: [string, Counts][] = [
    ["format", summary.formats],
    ["colour", summary.colours],
    ["depth", summary.depths],
  ];
  if (transparent > 0) parts.push(["transparency", [["may be transparent (shown on white)", transparent]]]);
  const rows = parts.flatMap(([what, counts]) =>
    counts.map(([kind, count], i) => [i === 0 ? what : "", kind, countText(count)]),
  );
  const kinds = table([{ title: "" }, { title: "kind" }, ...numberColumns("pictures")], rows);
  const chart =
    sizes.length === 1
      ? html`<p>All pictures are ${medianSize.width} pixels wide and ${medianSize.height} high.</p>`
      : html`<p>${countText(sizes.length)} different sizes; the larger a dot, the more pictures.</p><figure>${sizesChart(summary)}</figure>`;
  return {
    id: "kinds",
    title: "Sizes and kinds",
    pictures: [],
    body: html`<div class="kinds"><div>${chart}</div><div>${kinds}</div></div>`,
  };
}

/** A mean of pictures, and of which. */
export interface MeanPicture {
  readonly name: string;
  readonly image: Image;
}

/**
 * The mean picture of all, and of each class.
 *
 * @param means the first is that of all
 */
export async function meansSection(means: readonly MeanPicture[]): Promise<Section> {
  const figures = means.map(async ({ name, image }): Promise<Markup> => {
    const longest = Math.max(image.width, image.height);
    const small = longest <= 64;
    const factor = small ? Math.max(1, Math.floor(MEAN / longest)) : Math.min(1, MEAN / longest);
    const uri = dataUri(await encodeWebp(image, { lossless: small }), "webp");
    const [width, height] = [Math.round(image.width * factor), Math.round(image.height * factor)];
    const tag = imageTag(uri, { width, height, pixels: small, alt: `The mean picture of ${name}` });
    return html`<figure>${tag}<figcaption>${name}</figcaption></figure>`;
  });
  const body = html`<p>The mean of all pictures${means.length > 1 ? ", and of each class" : ""}. Where a class's mean shows a ground, a frame or a light that others do not have, a network may learn that instead of the thing itself.</p><div class="means">${await Promise.all(figures)}</div>`;
  return { id: "means", title: "Mean pictures", body, pictures: [] };
}

/** Pictures that are there twice, or look the same. @returns undefined when there are none */
export async function duplicatesSection(
  exact: DuplicateSets,
  near: DuplicateSets,
  thumbnails: Thumbnails,
): Promise<Section | undefined> {
  if (exact.count + near.count === 0) return undefined;
  const body = html`<p>Copies in two parts of a split make a network look better than it is, and copies with different classes teach it a contradiction. Pictures look the same when their difference hashes and small copies nearly agree; turned, mirrored and cropped copies are not found.</p>
${await setsMarkup("The same, byte for byte", exact, thumbnails)}${await setsMarkup("Looking the same", near, thumbnails)}`;
  return { id: "duplicates", title: "Duplicates", body, pictures: [] };
}

async function setsMarkup(
  title: string,
  { count, sets }: DuplicateSets,
  thumbnails: Thumbnails,
): Promise<Markup | undefined> {
  if (count === 0) return undefined;
  const blocks = await Promise.all(sets.map((set) => setMarkup(set, thumbnails)));
  const hidden = count - sets.length;
  const rest =
    hidden > 0
      ? html`<p class="soft">${countText(hidden)} more sets are not shown; <code>--json</code> lists all.</p>`
      : undefined;
  return html`<h3>${title}: ${plural(count, "set")}</h3>${blocks}${rest}`;
}

async function setMarkup(
  { acrossClasses, acrossParts, count, copies }: PicturedDuplicates,
  { width, height, factor, lossless }: Thumbnails,
): Promise<Markup> {
  const place: Omit<ImagePlace, "alt"> = { width: width * factor, height: height * factor, pixels: lossless };
  const figures = copies.map(async ({ name, className, part, image }): Promise<Markup> => {
    const uri = dataUri(await encodeWebp(image, { lossless }), "webp");
    return html`<figure>${imageTag(uri, { ...place, alt: name })}<figcaption><b>${className}</b>${part === undefined ? undefined : html`, ${part}`}<br><span class="soft">${name}</span></figcaption></figure>`;
  });
  const harms = [acrossClasses ? "different classes" : "", acrossParts ? "different parts of the split" : ""];
  const more = count > copies.length ? `${countText(count)} pictures` : "";
  const note = [...harms, more].filter((text) => text !== "").join(" · ");
  const kind = acrossClasses || acrossParts ? "wrong" : "soft";
  return html`<div class="set">${note === "" ? undefined : html`<p class="${kind}">${note}</p>`}<div class="strip">${await Promise.all(figures)}</div></div>`;
}

/** Files that cannot be decoded, and what else was left out. @returns undefined when there are none */
export function filesSection({ broken, problems }: Pick<ScanSummary, "broken" | "problems">): Section | undefined {
  const lines = [...broken.map(({ path, reason }) => ({ path, reason: `broken: ${reason}` })), ...problems];
  if (lines.length === 0) return undefined;
  const rest =
    lines.length > LINES
      ? html`<p class="soft">${countText(lines.length - LINES)} more; <code>--json</code> lists all.</p>`
      : undefined;
  const rows = lines.slice(0, LINES).map(({ path, reason }) => [path, reason]);
  const files = table([{ title: "file" }, { title: "what" }], rows, { name: "wrap" });
  const body = html`<div class="scroll">${files}</div>${rest}`;
  return { id: "files", title: "Broken and left out", body, pictures: [] };
}
