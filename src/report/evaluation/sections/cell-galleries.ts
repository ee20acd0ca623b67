import { encodeWebp } from "../../../data/pictures/formats/sharp-file.js";
import { html, type Markup } from "../../../drawing/markup.js";
import type { SampleImage } from "../../../drawing/montage.js";
import { type ClassTable, probabilities } from "../../../evaluation/table/predictions.js";
import { cellSamples } from "../../../evaluation/table/sample-lists.js";
import { dataUri, soundTag } from "../../page/pictures/image-tag.js";
import { confidenceText, plural } from "../../page/text/words.js";

/** Up to so many classes, the cells of the matrix show their pictures. */
const MOST_CLASSES = 40;
/** So many pictures of a cell at most, the surest first. */
const IN_A_CELL = 24;
/** So many bytes of pictures in all, about. */
const BYTES = 4_000_000;

/** Gives the picture of a row of a table; undefined where there is none. */
export type PictureSource = (sample: number) => SampleImage | undefined;

/** The anchor of the pictures of a cell. */
export const galleryId = (truth: number, guess: number): string => `cell-${truth + 1}-${guess + 1}`;

/** What leads to the pictures of a cell. */
export const galleryAddress = (truth: number, guess: number): string => `#${galleryId(truth, guess)}`;

/**
 * The pictures behind each number of a confusion matrix: the gallery that is followed to is shown, without a script.
 *
 * @returns undefined where there are too many classes, or no pictures
 */
export async function cellGalleries(table: ClassTable, picture: PictureSource): Promise<Markup | undefined> {
  if (table.classes.length > MOST_CLASSES || !picture(0)) return undefined;
  return html`<div class="galleries">${await galleriesOf(table, picture)}</div>`;
}

/** The pictures of each cell that has any, the surest first, of mistakes before those of what is right: there may be too many for all. */
async function galleriesOf(table: ClassTable, picture: PictureSource): Promise<Markup[]> {
  const { classes } = table;
  const cells = cellSamples(table);
  const shares = probabilities(table);
  const places = classes.flatMap((_, i) => classes.map((__, j) => [i, j] as const));
  const order = [...places.filter(([i, j]) => i !== j), ...places.filter(([i, j]) => i === j)];
  const galleries: Markup[] = [];
  let left = BYTES;
  for (const [i, j] of order) {
    const own = cells[i * classes.length + j];
    if (own.length === 0) continue;
    const sure = (sample: number): number => shares[sample * classes.length + j];
    const some = [...own].sort((a, b) => sure(b) - sure(a)).slice(0, left > 0 ? IN_A_CELL : 0);
    const pictures: Markup[] = [];
    for (const sample of some) {
      const image = picture(sample);
      if (!image) continue;
      const uri = dataUri(await encodeWebp(image), "webp");
      const sound = soundTag(image.sound);
      left -= uri.length + (sound?.text.length ?? 0);
      const title = `${table.paths?.[sample] ?? `sample ${sample}`}: ${confidenceText(sure(sample))} ${classes[j]}`;
      const shown = html`<img src="${uri}" alt="${title}" title="${title}" loading="lazy">`;
      pictures.push(sound ? html`<span class="heard">${shown}${sound}</span>` : shown);
    }
    const what = i === j ? `${classes[i]}, recognised` : `${classes[i]}, taken for ${classes[j]}`;
    const few = some.length < own.length ? `, the ${some.length} surest` : "";
    galleries.push(
      html`<div class="cell" id="${galleryId(i, j)}"><h3>${what}: ${plural(own.length, "picture")}${few}</h3>${pictures}</div>`,
    );
  }
  return galleries;
}
