import type { Image } from "../../data/pictures/image.js";
import { html, type Markup } from "../../drawing/markup.js";
import type { Tensor } from "../../graph/types.js";
import type { Neighbours } from "../../inspection/embedding/neighbours.js";
import { permutation, stream } from "../../random/stream.js";
import { pictureFiles, type Section } from "../page/section.js";
import { countText, percentText, plural } from "../page/text/words.js";
import { mapLegend, mapMarkup, mapPicture, type PlacedRows } from "./embedding-map.js";
import { neighbourRows } from "./neighbour-rows.js";
import { type PictureSheet, pictureSheet } from "./picture-sheet.js";

/** How rows came to their places. */
export type MapMethod = "pca" | "tsne" | "umap";

/** What each method shows, and what it does not. */
const METHODS: Readonly<Record<MapMethod, { readonly title: string; readonly says: string }>> = {
  pca: {
    title: "Principal directions",
    says: "The two directions in which pictures differ most. What lies apart here is apart; what lies together may differ in other directions.",
  },
  tsne: {
    title: "t-SNE",
    says: "Keeps together what is near. Groups are there; their size, their distance from each other and which way is up mean nothing.",
  },
  umap: {
    title: "UMAP",
    says: "Keeps together what is near, by another rule. Groups are there; their size, and most of their distances, mean nothing.",
  },
};

/** Rows on a plane by one method. */
export interface EmbeddingMap {
  readonly method: MapMethod;
  /** row × 2 */
  readonly places: Tensor<"float32">;
  /** the share of the nearest of each row on the map that are of its class */
  readonly sameClass?: number;
}

/** What the section is made of; row i is the same picture everywhere. */
export interface EmbeddingInput {
  /** whose values the rows are */
  readonly layer: string;
  /** whether each number is the mean of one of the layer's maps */
  readonly means?: boolean;
  /** how many pictures the data set has, where these are some of them */
  readonly of?: number;
  readonly maps: readonly EmbeddingMap[];
  /** the class of each row, 0 … K − 1 */
  readonly labels: ArrayLike<number>;
  readonly classes: readonly string[];
  /** what each picture is called, such as its file */
  readonly names?: readonly string[];
  /** all of one size; without it the maps have dots only */
  readonly picture?: (row: number) => Image | undefined;
  /** the nearest of each row, by the values themselves */
  readonly neighbours?: Neighbours;
  /** the share of them that are of its class */
  readonly sameClass?: number;
  /** the rows whose neighbours are shown */
  readonly chosen?: readonly number[];
}

/** So many dots at most: more would hide each other, and make the page large. */
const MOST_DOTS = 3000;

/** The data as a layer sees it: maps in the colours of the classes, with the picture of what the pointer is over, and the nearest neighbours of some pictures. */
export async function embeddingSection(input: EmbeddingInput): Promise<Section> {
  const { layer, maps, labels, classes, names, picture, neighbours, sameClass, chosen = [] } = input;
  const shown = some(labels.length);
  const sheet = picture && (await sheetOf(shown, picture));
  const placed = ({ places }: EmbeddingMap): PlacedRows => ({ places, labels, classes, ...(names ? { names } : {}) });
  const near = neighbours?.each ?? 10;
  const figures = maps.map((map) => {
    const { title, says } = METHODS[map.method];
    const kept =
      map.sameClass === undefined
        ? ""
        : ` Of the ${near} nearest on the map, ${percentText(map.sameClass, 0)} are of the same class.`;
    return html`<figure><figcaption><b>${title}.</b> ${says}${kept}</figcaption>${mapMarkup(map.method, placed(map), shown, sheet)}</figure>`;
  });
  const few =
    shown.length < labels.length ? ` ${countText(shown.length)} of ${countText(labels.length)} are shown.` : "";
  const hover =
    sheet && maps.length > 0
      ? " Hold the pointer over a dot, touch it, or go from dot to dot by the arrow keys, to see its picture."
      : "";
  const own =
    sameClass === undefined
      ? ""
      : ` Of the ${near} nearest of each picture, ${percentText(sameClass, 0)} are of its class. By chance it would be ${percentText(byChance(labels), 0)}.`;
  const means = input.means ? ", the mean of each of its maps" : "";
  const from = input.of !== undefined && input.of > labels.length ? ` (by chance, of ${countText(input.of)})` : "";
  const body = html`<p>Each of ${plural(labels.length, "picture")}${from} is a point: what '${layer}' makes of it${means}. Classes that the layer tells apart form groups of their own; where colours mix, the layers after it have to do the rest.${own}${hover}${few}${reservations(input)}</p>
${maps.length > 0 ? mapLegend({ classes }) : undefined}<div class="maps"${sheet && sheetStyle(sheet)}>${figures}</div>
${neighbours && picture && (await neighboursMarkup({ picture, labels, classes, ...(names ? { names } : {}) }, chosen, neighbours))}`;
  const drawings = maps.map((map) => ({ name: `map-${map.method}`, svg: mapPicture(placed(map), shown) }));
  return { id: "embedding", title: "The data as the network sees it", body, pictures: pictureFiles(drawings) };
}

/** Why there are fewer maps than usual, and what they cannot tell. */
function reservations({ maps, labels }: EmbeddingInput): string {
  const pictures = labels.length === 1 ? "One picture makes" : `${countText(labels.length)} pictures make`;
  const few =
    maps.length === 0
      ? labels.length < 3
        ? ` ${pictures} no map.`
        : " The layer makes the same of all pictures: there is nothing to be shown on a map."
      : labels.length < 10
        ? ` ${pictures} no groups: t-SNE and UMAP are left out, which need 10 or more.`
        : "";
  const one = labels.length > 1 && new Set(Array.from(labels)).size === 1;
  return `${few}${one ? " All pictures are of one class: colours say nothing here." : ""}`;
}

/** The share of the nearest that would be of the same class if nearness had nothing to do with it: Σ n·(n − 1) / (N·(N − 1)). */
function byChance(labels: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (const k of Array.from(labels)) counts.set(k, (counts.get(k) ?? 0) + 1);
  const pairs = (n: number): number => n * (n - 1);
  return [...counts.values()].reduce((sum, n) => sum + pairs(n), 0) / pairs(labels.length);
}

async function neighboursMarkup(
  rows: Parameters<typeof neighbourRows>[0],
  chosen: readonly number[],
  found: Neighbours,
): Promise<Markup | undefined> {
  if (chosen.length === 0) return undefined;
  return html`<h3>Nearest neighbours</h3>
<p>Each row: a picture, then what the layer takes for most like it, with the distance. Names in red are of another class. It shows what counts as alike, not why.</p>
${await neighbourRows(rows, chosen, found)}`;
}

/** Some rows by chance: where classes come in turn, every second row would be of every second class. */
const some = (count: number): number[] =>
  Array.from(permutation(count, stream(1, "dots")).subarray(0, MOST_DOTS)).sort((a, b) => a - b);

async function sheetOf(
  shown: readonly number[],
  picture: (row: number) => Image | undefined,
): Promise<PictureSheet | undefined> {
  const images = shown.map(picture).filter((image) => image !== undefined);
  return images.length === shown.length && images.length > 0 ? pictureSheet(images) : undefined;
}

/** So many pixels of the page is a pixel of a small picture. */
const enlarged = ({ width, height }: PictureSheet): number => Math.max(2, Math.floor(96 / Math.max(width, height)));

const sheetStyle = (sheet: PictureSheet): Markup =>
  html` style="--sheet:url(${sheet.address});--w:${sheet.width}px;--h:${sheet.height}px;--by:${enlarged(sheet)}"`;
