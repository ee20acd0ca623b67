/** The parts of the page about a data set. */

import type { Image } from "../../data/pictures/image.js";
import { readPicture } from "../../data/pictures/read-picture-file.js";
import type { DatasetScan, DuplicateSet } from "../../data/scan/scan.js";
import type { Counts, ScanSummary } from "../../data/scan/scan-summary.js";
import { keyOf } from "../../data/sources/dataset.js";
import { permutation, stream } from "../../random/stream.js";
import { html, type Markup } from "../page/markup.js";
import { montage } from "../page/montage.js";
import { dataUri, webpOf } from "../page/png.js";
import { countText, plural } from "../page/words.js";
import type { Section } from "../training/input.js";
import { BARS, classBars, sizesChart } from "./dataset-charts.js";
import { findingsOf } from "./dataset-findings.js";

const PAGE_WIDTH = 1100;
/** So many classes have pictures on the contact sheet. */
const SHEET_CLASSES = 40;
/** So many sets of duplicates are shown, with so many pictures of each. */
const SETS = 20;
const OF_SET = 5;
/** The longest side of a mean picture. */
const MEAN = 112;
/** So many broken or strange files are named. */
const LINES = 200;

/** What a page about a data set is made of. */
export interface DatasetPage {
  readonly scan: DatasetScan;
  readonly summary: ScanSummary;
}

/** What the data set is, in a sentence and in figures. */
export function datasetHeader(title: string, { summary, scan }: DatasetPage): Markup {
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
    ["there twice", countText(again(scan.exact))],
    ["look the same", countText(again(scan.near))],
  ];
  return html`<header><p class="brand">Bell Pepper</p><h1>${title}</h1>
<p class="lead"><b>${plural(pictures, "picture")}</b> of ${plural(classes.length, "class", "classes")}, ${sizeText}, found as ${found[scan.dataset.format]}. For training they would be made to ${size(proposed)} pixels of ${proposed.channels === 1 ? "grey" : "red, green and blue"}, unless told otherwise.</p>
<dl class="figures">${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></header>`;
}

/** How many pictures there would be less without duplicates. */
const again = (sets: readonly DuplicateSet[]): number => sets.reduce((sum, { items }) => sum + items.length - 1, 0);

/** What is worth a look. */
export function findingsSection({ summary }: DatasetPage): Section {
  const findings = findingsOf(summary);
  const body =
    findings.length === 0
      ? html`<p>Nothing conspicuous: every picture can be decoded, none is there twice, and the classes are of similar size.</p>`
      : html`<ul class="findings">${findings.map(({ kind, text }) => html`<li${kind === "wrong" ? html` class="spoils"` : undefined}>${text}</li>`)}</ul>`;
  return { id: "findings", title: "Worth a look", body, pictures: [] };
}

/** How many pictures each class has. */
export function classesSection({ summary: { classes } }: DatasetPage): Section {
  const some =
    classes.length > BARS
      ? html`<p>The ${BARS / 2} largest and the ${BARS / 2} smallest of ${countText(classes.length)} classes.</p>`
      : undefined;
  return { id: "classes", title: "Classes", body: html`${some}<figure>${classBars(classes)}</figure>`, pictures: [] };
}

/** Some pictures of each class, chosen by chance. */
export async function sheetSection({ scan, summary }: DatasetPage): Promise<Section> {
  const { classes, items } = scan.dataset;
  const { width, height, factor, lossless } = thumbnailOf(summary);
  const columns = Math.max(1, Math.floor((PAGE_WIDTH + 4) / (width * factor + 4)));
  const shown = classes.slice(0, SHEET_CLASSES);
  const rows = shown.length <= 8 ? 2 : 1;
  const members = classes.map((): number[] => []);
  items.forEach(({ label }, i) => {
    if (scan.pictures[i]) members[label].push(i);
  });
  const figures: Markup[] = [];
  for (const [label, name] of shown.entries()) {
    const own = members[label];
    const chosen = [...permutation(own.length, stream(1, "contact sheet", label))]
      .slice(0, rows * columns)
      .map((n) => own[n]);
    const images = await thumbnails(
      scan,
      chosen.sort((a, b) => a - b),
      { width, height },
    );
    if (images.length === 0) continue;
    const grid = montage(
      images.map(({ image }) => image),
      { columns, spacing: Math.ceil(4 / factor) },
    );
    const uri = dataUri(await webpOf(grid, grid.opaque, lossless), "webp");
    figures.push(
      html`<figure><figcaption><b>${name}</b> <span class="soft">${countText(own.length)}</span></figcaption><img${lossless ? html` class="pixels"` : undefined} src="${uri}" width="${grid.width * factor}" height="${grid.height * factor}" alt="Pictures of ${name}"></figure>`,
    );
  }
  const some =
    classes.length > shown.length ? ` Of ${countText(classes.length)} classes, the first ${SHEET_CLASSES}.` : "";
  const body = html`<p>Pictures chosen by chance, all of them in full, with white where their proportions differ.${some}</p><div class="sheet">${figures}</div>`;
  return { id: "pictures", title: "Contact sheet", body, pictures: [] };
}

/** The size at which pictures are shown: small ones pixel by pixel, as large squares; others 96 pixels long. */
function thumbnailOf({ proposed: { width, height } }: ScanSummary) {
  const longest = Math.max(width, height);
  if (longest <= 64) return { width, height, factor: Math.max(1, Math.floor(72 / longest)), lossless: true };
  const scale = 96 / longest;
  const side = (length: number): number => Math.max(8, Math.round(length * scale));
  return { width: side(width), height: side(height), factor: 1, lossless: false };
}

/** Pictures at one size, whole; those that can no longer be read are left out. */
async function thumbnails(
  { dataset, pictures }: DatasetScan,
  indices: readonly number[],
  size: { readonly width: number; readonly height: number },
): Promise<{ readonly index: number; readonly image: Image }[]> {
  const channels = pictures.every((picture) => picture === undefined || picture.colour === "grey") ? 1 : 3;
  const read = indices.map(async (index) => {
    const decoding = { channels, size: { ...size, fit: "pad" } } as const;
    const image = await readPicture(dataset, dataset.items[index], decoding).catch(() => undefined);
    return image ? [{ index, image }] : [];
  });
  return (await Promise.all(read)).flat();
}

/** Widths, heights, formats, colours. */
export function kindsSection({ summary }: DatasetPage): Section {
  const { sizes, medianSize, transparent } = summary;
  const parts: [string, Counts][] = [
    ["format", summary.formats],
    ["colour", summary.colours],
    ["depth", summary.depths],
  ];
  if (transparent > 0) parts.push(["transparency", [["may be transparent (shown on white)", transparent]]]);
  const rows = parts.flatMap(([what, counts]) =>
    counts.map(
      ([kind, count], i) =>
        html`<tr><td>${i === 0 ? what : ""}</td><td>${kind}</td><td class="number">${countText(count)}</td></tr>`,
    ),
  );
  const table = html`<table><thead><tr><th></th><th>kind</th><th class="number">pictures</th></tr></thead><tbody>${rows}</tbody></table>`;
  const chart =
    sizes.length === 1
      ? html`<p>All pictures are ${medianSize.width} pixels wide and ${medianSize.height} high.</p>`
      : html`<p>${countText(sizes.length)} different sizes; the larger a dot, the more pictures.</p><figure>${sizesChart(summary)}</figure>`;
  return {
    id: "kinds",
    title: "Sizes and kinds",
    pictures: [],
    body: html`<div class="kinds"><div>${chart}</div><div>${table}</div></div>`,
  };
}

/** The mean picture of all, and of each class. */
export async function meansSection({ scan }: DatasetPage): Promise<Section> {
  const { mean, classMeans, dataset } = scan;
  const small = Math.max(mean.width, mean.height) <= 64;
  const show = async (image: Image, name: string): Promise<Markup> => {
    const times = MEAN / Math.max(mean.width, mean.height);
    const factor = small ? Math.max(1, Math.floor(times)) : Math.min(1, times);
    const uri = dataUri(await webpOf(image, undefined, small), "webp");
    return html`<figure><img${small ? html` class="pixels"` : undefined} src="${uri}" width="${Math.round(image.width * factor)}" height="${Math.round(image.height * factor)}" alt="The mean picture of ${name}"><figcaption>${name}</figcaption></figure>`;
  };
  const figures = [await show(mean, "all")];
  for (const [label, image] of classMeans) figures.push(await show(image, dataset.classes[label]));
  const body = html`<p>The mean of all pictures${classMeans.size > 0 ? ", and of each class" : ""}. Where a class's mean shows a ground, a frame or a light that others do not have, a network may learn that instead of the thing itself.</p><div class="means">${figures}</div>`;
  return { id: "means", title: "Mean pictures", body, pictures: [] };
}

/** Pictures that are there twice, or look the same, those first that spoil a measurement. */
export async function duplicatesSection(page: DatasetPage): Promise<Section | undefined> {
  const { exact, near } = page.scan;
  if (exact.length + near.length === 0) return undefined;
  const body = html`<p>Copies in two parts of a split make a network look better than it is, and copies with different classes teach it a contradiction. Pictures look the same when their difference hashes and small copies nearly agree; turned, mirrored and cropped copies are not found.</p>
${await setsMarkup(page, "The same, byte for byte", exact)}${await setsMarkup(page, "Looking the same", near)}`;
  return { id: "duplicates", title: "Duplicates", body, pictures: [] };
}

async function setsMarkup(
  { scan, summary }: DatasetPage,
  title: string,
  sets: readonly DuplicateSet[],
): Promise<Markup | undefined> {
  if (sets.length === 0) return undefined;
  const { classes, items } = scan.dataset;
  const weight = ({ acrossClasses, acrossParts }: DuplicateSet): number =>
    Number(acrossParts) * 2 + Number(acrossClasses);
  const order = [...sets].sort((a, b) => weight(b) - weight(a));
  const { width, height, factor, lossless } = thumbnailOf(summary);
  const blocks: Markup[] = [];
  for (const set of order.slice(0, SETS)) {
    const figures: Markup[] = [];
    for (const { index, image } of await thumbnails(scan, set.items.slice(0, OF_SET), { width, height })) {
      const { label, split } = items[index];
      const name = keyOf(items[index]);
      const uri = dataUri(await webpOf(image, undefined, lossless), "webp");
      figures.push(
        html`<figure><img${lossless ? html` class="pixels"` : undefined} src="${uri}" width="${width * factor}" height="${height * factor}" alt="${name}"><figcaption><b>${classes[label]}</b>${split ? html`, ${split}` : undefined}<br><span class="soft">${name}</span></figcaption></figure>`,
      );
    }
    const across = [
      set.acrossClasses ? "different classes" : "",
      set.acrossParts ? "different parts of the split" : "",
    ].filter((text) => text !== "");
    const more = set.items.length > OF_SET ? `${countText(set.items.length)} pictures` : "";
    const said = [...across, more].filter((text) => text !== "").join(" · ");
    blocks.push(
      html`<div class="set">${said === "" ? undefined : html`<p class="${across.length > 0 ? "wrong" : "soft"}">${said}</p>`}<div class="strip">${figures}</div></div>`,
    );
  }
  const rest =
    sets.length > SETS
      ? html`<p class="soft">${countText(sets.length - SETS)} more sets are not shown; <code>--json</code> lists all.</p>`
      : undefined;
  return html`<h3>${title}: ${plural(sets.length, "set")}</h3>${blocks}${rest}`;
}

/** Files that cannot be decoded, and what else was left out. */
export function filesSection({ summary: { broken, problems } }: DatasetPage): Section | undefined {
  const lines = [...broken.map(({ path, reason }) => ({ path, reason: `broken: ${reason}` })), ...problems];
  if (lines.length === 0) return undefined;
  const rest =
    lines.length > LINES
      ? html`<p class="soft">${countText(lines.length - LINES)} more; <code>--json</code> lists all.</p>`
      : undefined;
  const body = html`<div class="scroll"><table class="wrap"><thead><tr><th>file</th><th>what</th></tr></thead><tbody>${lines.slice(0, LINES).map(({ path, reason }) => html`<tr><td>${path}</td><td>${reason}</td></tr>`)}</tbody></table></div>${rest}`;
  return { id: "files", title: "Broken and left out", body, pictures: [] };
}
