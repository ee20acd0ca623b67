import { encodeWebp } from "../../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../../data/pictures/image.js";
import { withBoxes } from "../../../drawing/boxes.js";
import { html, type Markup } from "../../../drawing/markup.js";
import { montage } from "../../../drawing/montage.js";
import { type AnswerEvidence, type Evidence, meanEvidence, type Why } from "../../../inspection/attribution/why.js";
import {
  evidenceOver,
  figureOf,
  isMap,
  sized,
  strengthOfAll,
  whyFigures,
  whySentences,
} from "../../inspection/why-figures.js";
import { dataUri, imageTag } from "../../page/pictures/image-tag.js";
import type { Section } from "../../page/section.js";
import { confidenceText, plural } from "../../page/text/words.js";
import type { PictureSource } from "./cell-galleries.js";

/** A picture that was taken for something else, and why. */
export interface ExplainedMistake {
  /** its row in the table */
  readonly sample: number;
  /** where it comes from */
  readonly source: string;
  /** the probability of what it was taken for, from 0 to 1 */
  readonly sure: number;
  /** for what it was taken for, and for what it is */
  readonly why: Why;
  /** what the picture as it is looked into is taken for, where that is something else: the table may be of several views, or of 8 bits */
  readonly otherwise?: string;
}

/** A cell of a confusion matrix, off its diagonal. */
export interface ExplainedCell {
  readonly truth: number;
  readonly guess: number;
  /** how many pictures it has */
  readonly count: number;
  /** those that are explained, the surest first */
  readonly mistakes: readonly ExplainedMistake[];
}

/** What is explained of a confusion matrix. */
export interface ExplainedCells {
  /** those of the most mistakes first */
  readonly cells: readonly ExplainedCell[];
  /** what surprises: one plain sentence each */
  readonly notes: readonly string[];
  /** cells with mistakes that are not explained, and how many pictures they have */
  readonly leftCells: number;
  readonly leftPictures: number;
}

/** So many pictures of a cell are shown. */
const SHOWN = 8;
/** The longest side of each of a picture's three views. */
const SIDE = 104;

/** The anchor of a cell's sheet. */
export const sheetId = (truth: number, guess: number): string => `why-${truth + 1}-${guess + 1}`;

/**
 * Why pictures are taken for others: a sheet for each cell, with the mean of the evidence and its pictures.
 *
 * @param classes of the table
 * @param picture the picture of a row
 * @param galleryOf where all pictures of a cell are shown
 */
export async function explainedCellsSection(
  { cells, notes, leftCells, leftPictures }: ExplainedCells,
  classes: readonly string[],
  picture: PictureSource,
  galleryOf?: (truth: number, guess: number) => string,
): Promise<Section> {
  const sheets: Markup[] = [];
  for (const cell of cells) sheets.push(await sheetOf(cell, classes, picture, galleryOf));
  const shown = cells.flatMap(({ mistakes }) => mistakes.map(({ why }) => why));
  const told = notes.map((note) => html`<p class="soft">${note}</p>`);
  const left =
    leftCells > 0
      ? html`<p class="soft">Not explained: ${plural(leftCells, "further pair")} of classes, with ${plural(leftPictures, "picture")} in all.</p>`
      : undefined;
  const lead =
    cells.length > 0
      ? html`<p>For each pair of classes, what it is and what it is taken for: where the evidence lies on the mean over its pictures, each counted as much, and in single pictures. Each is explained by the model that judged it: in a cross-validation that of its fold, which has not seen it.</p>${whySentences(shown)}`
      : html`<p>${notes.length > 0 ? "No mistake is explained." : "There is no mistake to explain."}</p>`;
  const body = html`${lead}${told}${sheets}${left}`;
  return { id: "why", title: "Why they are taken for others", body, pictures: [] };
}

async function sheetOf(
  { truth, guess, count, mistakes }: ExplainedCell,
  classes: readonly string[],
  picture: PictureSource,
  galleryOf: ((truth: number, guess: number) => string) | undefined,
): Promise<Markup> {
  const shown = mistakes.slice(0, SHOWN);
  const cards: Markup[] = [];
  for (const mistake of shown) cards.push(await cardOf(mistake, picture(mistake.sample)));
  const all = galleryOf ? html` <a href="${galleryOf(truth, guess)}">All its pictures</a>` : undefined;
  const some =
    mistakes.length < count
      ? html`The mean is of the ${plural(mistakes.length, "picture")} that were taken for it most surely; ${plural(count - mistakes.length, "picture is", "pictures are")} left out. `
      : undefined;
  const few = shown.length < mistakes.length ? `Below are the ${shown.length} surest. ` : "";
  return html`<h3 id="${sheetId(truth, guess)}">${classes[truth]}, taken for ${classes[guess]}: ${plural(count, "picture")}</h3>
<p class="soft">${some}${few}${all}</p>
${mistakes.length > 1 ? html`<div class="strip">${await meanFigures(mistakes, picture)}</div>` : undefined}
<p class="soft">As the network is given it; for “${classes[guess]}”; for “${classes[truth]}”.</p>
<div class="trios">${cards}</div>`;
}

/** The mean of the pictures, and of the maps for both classes and for the one against the other, as far as there are any. */
async function meanFigures(mistakes: readonly ExplainedMistake[], picture: PictureSource): Promise<Markup | undefined> {
  const image = meanImage(mistakes.flatMap(({ sample }) => picture(sample) ?? []));
  const [first] = mistakes;
  if (!image || !first) return undefined;
  const { said, other, against } = first.why;
  const forSaid = meanOf(mistakes, ({ why }) => [why.said.found, why.other?.found]);
  const forOther = meanOf(mistakes, ({ why }) => [why.other?.found, why.said.found]);
  const forBoth = meanOf(mistakes, ({ why }) => [why.against]);
  const why: Why = {
    said: { name: said.name, found: forSaid ?? said.found },
    ...(other ? { other: { name: other.name, found: forOther ?? other.found } } : {}),
    ...(against ? { against: forBoth ?? against } : {}),
  };
  const title = `the mean of ${mistakes.length} pictures`;
  return html`${await figureOf(image, title, title)}${await whyFigures({ image, why })}`;
}

/** The mean of a map of each mistake by the same method, each as strong as the larger of its own and those that it is compared with. */
function meanOf(
  mistakes: readonly ExplainedMistake[],
  of: (mistake: ExplainedMistake) => readonly (AnswerEvidence["found"] | undefined)[],
): Evidence | undefined {
  const all = mistakes.flatMap((mistake) => {
    const [own, ...others] = of(mistake);
    if (!own || !isMap(own)) return [];
    return [{ own, strength: strengthOfAll([own, ...others.flatMap((each) => each ?? [])]) }];
  });
  const [first] = all;
  if (!first) return undefined;
  const alike = all.filter(({ own }) => own.method === first.own.method);
  const map = meanEvidence(
    alike.map(({ own }) => own.map),
    alike.map(({ strength }) => strength),
  );
  return map && { method: first.own.method, map };
}

/** The mean of pictures of one size. */
function meanImage(images: readonly Image[]): Image | undefined {
  const [first] = images;
  if (!first) return undefined;
  const sums = new Float64Array(first.data.length);
  for (const { data } of images) {
    data.forEach((byte, i) => {
      sums[i] += byte / images.length;
    });
  }
  return { ...first, data: Uint8Array.from(sums, Math.round) };
}

async function cardOf({ source, sure, why, otherwise }: ExplainedMistake, image: Image | undefined): Promise<Markup> {
  const found = [why.said.found, why.other?.found].flatMap((each) => each ?? []);
  const maps = found.filter(isMap);
  const reasons = new Set(found.flatMap((each) => (isMap(each) ? [] : [each.reason])));
  const most = strengthOfAll(maps);
  const views = image ? [withBoxes(sized(image), []), ...maps.map((each) => evidenceOver(image, each, most))] : [];
  const tag = views.length > 0 ? await trioTag(views, source) : undefined;
  const other = otherwise === undefined ? "" : `; as it is looked into, it is taken for ${otherwise}`;
  return html`<figure>${tag}<figcaption>${confidenceText(sure)} sure${other}<br><span class="source">${source}</span>${[...reasons].map((text) => html`<br><span class="soft">${text}</span>`)}</figcaption></figure>`;
}

async function trioTag(views: readonly Image[], alt: string): Promise<Markup> {
  const all = montage(views, { columns: views.length, spacing: 6 });
  const scale = Math.min(1, SIDE / Math.max(views[0].width, views[0].height));
  const place = { width: Math.round(all.width * scale), height: Math.round(all.height * scale), alt };
  return imageTag(dataUri(await encodeWebp(all), "webp"), place);
}
