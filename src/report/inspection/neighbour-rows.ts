import { encodeWebp } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { html, type Markup } from "../../drawing/markup.js";
import type { Neighbours } from "../../inspection/embedding/neighbours.js";
import { dataUri } from "../page/pictures/image-tag.js";
import { numberText } from "../page/text/words.js";

/** Pictures by rows, and what they are. */
export interface PicturedRows {
  picture(row: number): Image | undefined;
  readonly labels: ArrayLike<number>;
  readonly classes: readonly string[];
  readonly names?: readonly string[];
}

/** Rows of thumbnails: a picture, then those that are nearest to it. Of another class, the name is in the colour of mistakes. */
export async function neighbourRows(
  rows: PicturedRows,
  chosen: readonly number[],
  { each, indices, distances }: Neighbours,
): Promise<Markup> {
  const drawn: Markup[] = [];
  for (const row of chosen) {
    const near = Array.from({ length: each }, (_, k) => ({
      row: indices[row * each + k],
      distance: distances[row * each + k],
    }));
    const own = await cell(rows, row, rows.labels[row], "");
    const others: Markup[] = [];
    for (const { row: other, distance } of near) {
      others.push(await cell(rows, other, rows.labels[row], numberText(distance)));
    }
    drawn.push(html`<div class="near">${own}${others}</div>`);
  }
  return html`${drawn}`;
}

async function cell(
  { picture, labels, classes, names }: PicturedRows,
  row: number,
  expected: number,
  distance: string,
) {
  const image = picture(row);
  const name = names?.[row] ?? `row ${row}`;
  const shown = image && html`<img src="${dataUri(await encodeWebp(image), "webp")}" alt="${name}" title="${name}">`;
  const label = classes[labels[row]];
  return html`<figure>${shown}<figcaption><b${labels[row] === expected ? undefined : html` class="wrong"`}>${label}</b><br><span class="soft">${distance}</span></figcaption></figure>`;
}
