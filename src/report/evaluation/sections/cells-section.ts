import { encodeWebp } from "../../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../../data/pictures/image.js";
import { confusionMatrix } from "../../../evaluation/metrics/metrics.js";
import { type ClassTable, probabilities } from "../../../evaluation/table/predictions.js";
import { cellSamples } from "../../../evaluation/table/sample-lists.js";
import { dataUri } from "../../page/pictures/image-tag.js";
import type { Section } from "../../page/section.js";
import { html, type Markup, trusted } from "../../page/text/markup.js";
import { confidenceText, countText, plural } from "../../page/text/words.js";

/** Up to so many classes, the cells of the matrix show their pictures. */
const MOST_CLASSES = 40;
/** So many pictures of a cell at most, the surest first. */
const IN_A_CELL = 24;
/** So many bytes of pictures in all, about. */
const BYTES = 4_000_000;

const STYLE = `.cells td{padding:0;text-align:center}.cells td a{display:block;padding:.3em .6em;text-decoration:none;color:inherit}
.cells td a.wrong{color:var(--accent);font-weight:700}.cell{display:none}.cell:target{display:block}
.cell img{width:64px;height:64px;object-fit:contain;margin:2px;image-rendering:pixelated}`;

/** Gives the picture of a row of a table; undefined where there is none. */
export type PictureSource = (sample: number) => Image | undefined;

/**
 * The confusion matrix as a table of links: a cell that is followed shows its pictures below. It needs no script.
 *
 * @returns undefined where there are too many classes, or no pictures
 */
export async function cellsSection(table: ClassTable, picture: PictureSource): Promise<Section | undefined> {
  const { classes } = table;
  if (classes.length > MOST_CLASSES || !picture(0)) return undefined;
  const body = html`<style>${trusted(STYLE)}</style><p>Follow a number to see its pictures: a row for what they are, a column for what they were taken for.</p>
<div class="scroll">${linkTable(table)}</div>
${await galleriesOf(table, picture)}`;
  return { id: "pictures", title: "The pictures behind the numbers", body, pictures: [] };
}

const idOf = (truth: number, guess: number): string => `cell-${truth + 1}-${guess + 1}`;

/** The confusion matrix: numbers that lead to their pictures. */
function linkTable(table: ClassTable): Markup {
  const { classes } = table;
  const { counts } = confusionMatrix(table);
  const cell = (i: number, j: number): Markup => {
    const count = counts[i * classes.length + j];
    if (count === 0) return html`<td>·</td>`;
    const link = html`<a href="#${idOf(i, j)}"${i === j ? undefined : html` class="wrong"`}>${countText(count)}</a>`;
    return html`<td>${link}</td>`;
  };
  const row = (name: string, i: number): Markup => html`<tr><th>${name}</th>${classes.map((_, j) => cell(i, j))}</tr>`;
  return html`<table class="cells"><thead><tr><th></th>${classes.map((name) => html`<th>${name}</th>`)}</tr></thead>
<tbody>${classes.map(row)}</tbody></table>`;
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
      left -= uri.length;
      const title = `${table.paths?.[sample] ?? `sample ${sample}`}: ${confidenceText(sure(sample))} ${classes[j]}`;
      pictures.push(html`<img src="${uri}" alt="${title}" title="${title}" loading="lazy">`);
    }
    const what = i === j ? `${classes[i]}, recognised` : `${classes[i]}, taken for ${classes[j]}`;
    const few = some.length < own.length ? `, the ${some.length} surest` : "";
    galleries.push(
      html`<div class="cell" id="${idOf(i, j)}"><h3>${what}: ${plural(own.length, "picture")}${few}</h3>${pictures}</div>`,
    );
  }
  return galleries;
}
