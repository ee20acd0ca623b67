import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { resizeImage } from "../../data/pictures/resize/resize.js";
import { html, type Markup } from "../../drawing/markup.js";
import { enlargeImage, montage } from "../../drawing/montage.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Picture, Section } from "../page/section.js";
import { countText, percentText, plural } from "../page/text/words.js";

/** What excites a unit; all pictures of a layer are of one size. */
export interface ShownUnit {
  /** which channel of the layer */
  readonly unit: number;
  /** the class that it stands for, in the layer that gives the scores */
  readonly name?: string;
  /** made from noise */
  readonly made?: Image;
  /** the largest value that the unit has of the pictures of the set, and of the one that was made */
  readonly most: { readonly data?: number; readonly made?: number };
  /** the strongest of the set first */
  readonly patches: readonly Image[];
  /** what the unit looks at in the first few of them */
  readonly deconvolved: readonly Image[];
  readonly guided: readonly Image[];
}

/** Some units of a layer. */
export interface ShownLayer {
  readonly layer: string;
  /** how many units it has */
  readonly units: number;
  /** the pixels that a unit sees; undefined where it sees all of a picture */
  readonly sees: readonly [height: number, width: number] | undefined;
  readonly shown: readonly ShownUnit[];
}

/** Rectifiers that never said anything. */
export interface SilentUnits {
  readonly layer: string;
  readonly silent: number;
  readonly units: number;
}

/** What the section is made of. */
export interface UnitsInput {
  readonly layers: readonly ShownLayer[];
  /** how many pictures of a set were looked at, none without a set, and how many it has */
  readonly pictures: number;
  readonly of: number;
  /** of each rectifier the units that no picture of the set excites */
  readonly silent: readonly SilentUnits[];
  /** how many steps each picture was made in */
  readonly steps?: number;
}

/** The side of a picture in a row, and where pictures that were made stand alone. */
const [SIDE, ALONE] = [64, 128];
/** The grey between pictures, most of which are white at their borders. */
const GAP = 200;

/** What excites a few units of a few layers. */
export async function unitsSection({ layers, pictures, of, silent, steps }: UnitsInput): Promise<Section> {
  const blocks: Markup[] = [];
  const files: Picture[] = [];
  for (const layer of layers) {
    const { markup, pictures: own } = await layerMarkup(layer);
    blocks.push(markup);
    files.push(...own);
  }
  const columns = pictures > 0 ? setText(pictures, of) : "";
  const first = pictures > 0 ? "Each row is a unit, a channel of a layer. Its first" : "Each";
  const body = html`<p>${first} picture was made from noise, ${steps === undefined ? "step by step" : `in ${steps} steps`}, so that ${pictures > 0 ? "the unit" : "a unit, a channel of a layer,"} says as much as it can (with blur, jitter and decay, or it would find noise that means nothing to us): it shows what the unit would like best, not that anything like it ever comes.${columns}</p>
${silentMarkup(silent, pictures)}${blocks}`;
  return { id: "units", title: "What excites a unit", body, pictures: files };
}

const setText = (pictures: number, of: number): string =>
  ` Behind it stand the parts of ${plural(pictures, "picture")}${of > pictures ? ` (by chance, of ${countText(of)})` : ""} that excite the unit most, one of a picture, cut to what the unit sees: what they share is probably what it looks for; that it needs all of it is not said. The last pictures show what of the first of these patches the unit's value goes back to, by deconvolution and by guided back-propagation (grey: nothing): their outlines are sharp, partly because these methods draw outlines by themselves.`;

/** The pictures of a row, by what they are. */
const GROUPS: readonly { readonly title: string; images(unit: ShownUnit): readonly Image[] }[] = [
  { title: "made", images: ({ made }) => (made ? [made] : []) },
  { title: "strongest patches", images: ({ patches }) => patches },
  { title: "deconvolution", images: ({ deconvolved }) => deconvolved },
  { title: "guided", images: ({ guided }) => guided },
];

async function layerMarkup({
  layer,
  units,
  sees,
  shown,
}: ShownLayer): Promise<{ markup: Markup; pictures: Picture[] }> {
  const figures: Markup[] = [];
  const pictures: Picture[] = [];
  const isAlone = shown.every(({ patches }) => patches.length === 0);
  for (const { title, images } of GROUPS) {
    const cells = shown.flatMap((unit) => images(unit).map((image) => sized(image, isAlone ? ALONE : SIDE)));
    if (cells.length === 0) continue;
    const columns = isAlone ? cells.length : cells.length / shown.length;
    const grid = montage(cells, { columns, spacing: 4, gap: GAP });
    const png = await encodePng(grid);
    const place = { width: grid.width, height: grid.height, alt: `${title}: units of ${layer}` };
    const caption = isAlone ? undefined : html`<figcaption>${title}</figcaption>`;
    figures.push(html`<figure>${imageTag(dataUri(png), place)}${caption}</figure>`);
    pictures.push({ name: `${layer}-${title}`.replaceAll(/[^\w-]+/g, "-"), content: { png } });
  }
  const called = shown.map(({ unit, name }) => name ?? `${unit}`);
  const rows = shown.map(({ most }, i) => `${called[i]}${valuesText(most)}`).join("; ");
  const isNamed = shown.some(({ name }) => name !== undefined);
  const names = isNamed ? ` From ${isAlone ? "left to right" : "the top"}: ${called.join("; ")}.` : "";
  const field = sees === undefined ? "each sees all of a picture" : `each sees ${sees[0]}×${sees[1]} pixels`;
  const markup = html`<h3>${layer}</h3>
<p class="soft">${shown.length === units ? "All" : `${shown.length} of the`} ${countText(units)} units; ${field}.${names}</p>
<div class="scroll" style="display:flex;gap:1rem">${figures}</div>
<details><summary>Which units, and what they say</summary><p>${rows}.</p></details>`;
  return { markup, pictures };
}

function valuesText({ data, made }: ShownUnit["most"]): string {
  const parts = [
    ...(made === undefined ? [] : [`${short(made)} of the picture that was made`]),
    ...(data === undefined ? [] : [`${short(data)} of the strongest patch`]),
  ];
  return parts.length > 0 ? `: ${parts.join(", ")}` : "";
}

const short = (value: number): string => Number(value.toPrecision(3)).toString().replace("-", "−");

function silentMarkup(silent: readonly SilentUnits[], pictures: number): Markup | undefined {
  if (silent.length === 0) return undefined;
  const some = silent.filter((layer) => layer.silent > 0);
  if (some.length === 0) {
    return html`<p>No rectifier has dead units: each says something of at least one of the ${plural(pictures, "picture")}.</p>`;
  }
  const list = some.map(
    (layer) =>
      `${layer.layer} ${countText(layer.silent)} of ${countText(layer.units)} (${percentText(layer.silent / layer.units, 0)})`,
  );
  return html`<p>Dead units, which are never above 0 of any of the ${plural(pictures, "picture")}: ${list.join(", ")}. They cost time and say nothing; many of them point to a learning rate that was too high.</p>`;
}

/** A picture as large as fits into a square: small ones pixel by pixel. */
export function sized(image: Image, most: number): Image {
  const longest = Math.max(image.width, image.height);
  if (longest <= most) return enlargeImage(image, Math.max(1, Math.floor(most / longest)));
  const side = (length: number): number => Math.max(1, Math.round((length * most) / longest));
  return resizeImage(image, { width: side(image.width), height: side(image.height) }, "pil-bilinear");
}
