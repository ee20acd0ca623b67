import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { html, type Markup } from "../../drawing/markup.js";
import { enlargeImage } from "../../drawing/montage.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Picture, Section } from "../page/section.js";
import { percentText } from "../page/text/words.js";

/** A picture that was made from what a layer keeps of another. */
export interface ShownInversion {
  readonly layer: string;
  readonly image: Image;
  /** how far the layer's values are from those of the picture, as a share of their size */
  readonly distance: number;
  /** between the pixels of both pictures; 1 where they are the same but for contrast */
  readonly correlation: number;
}

/** A picture, and what layer after layer keeps of it. */
export interface InvertedPicture {
  readonly name: string;
  readonly image: Image;
  readonly inversions: readonly ShownInversion[];
}

/** Small pictures are shown so large, and large ones at most so large. */
const [SIDE, MOST] = [128, 190];

/** What layers keep of pictures. */
export async function inversionSection(inverted: readonly InvertedPicture[], steps?: number): Promise<Section> {
  const rows: Markup[] = [];
  const pictures: Picture[] = [];
  for (const [i, { name, image, inversions }] of inverted.entries()) {
    const figures = [await figureOf(image, html`${name}`)];
    for (const { layer, image: made, distance, correlation } of inversions) {
      const caption = html`<b>${layer}</b><br><span class="soft">correlation ${correlation.toFixed(2).replace("-", "−")}; off by ${percentText(distance, 0)}</span>`;
      const figure = await figureOf(made, caption);
      figures.push(figure);
      pictures.push({ name: `inverted-${i + 1}-${layer}`.replaceAll(/[^\w-]+/g, "-"), content: { png: figure.png } });
    }
    rows.push(html`<div class="strip">${figures.map(({ markup }) => markup)}</div>`);
  }
  const body = html`<p>First a picture, then for a few layers another one that was made from noise${steps === undefined ? "" : ` in ${steps} steps`} so that the layer says the same of it (Mahendran and Vedaldi 2015). What comes back wrong, the layer has thrown away, or the search has not found it; what comes back right need not be used by the layers behind. Below stands how alike both pictures are, pixel by pixel, and by how much of their size the layer's values still differ.</p>
${rows}`;
  return { id: "inversion", title: "What layers keep of a picture", body, pictures };
}

async function figureOf(image: Image, caption: Markup): Promise<{ readonly markup: Markup; readonly png: Uint8Array }> {
  const shown = enlargeImage(image, Math.max(1, Math.floor(SIDE / Math.max(image.width, image.height))));
  const png = await encodePng(shown);
  const scale = Math.min(1, MOST / Math.max(shown.width, shown.height));
  const [width, height] = [Math.round(shown.width * scale), Math.round(shown.height * scale)];
  const tag = imageTag(dataUri(png), { width, height, alt: "" });
  return { markup: html`<figure>${tag}<figcaption>${caption}</figcaption></figure>`, png };
}
