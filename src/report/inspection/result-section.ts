import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { html, type Markup } from "../../drawing/markup.js";
import { enlargeImage } from "../../drawing/montage.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Section } from "../page/section.js";
import { plural } from "../page/text/words.js";

/** A picture, and what a network says of it. */
export interface InspectedPicture {
  /** what it is called: its file */
  readonly name: string;
  /** as the network is given it, in red, green, blue */
  readonly image: Image;
  /** the likeliest first; undefined where the network gives something else than a class */
  readonly guesses: readonly { readonly name: string; readonly probability: number }[] | undefined;
}

/** So many classes are told of each picture. */
const TOP = 5;
/** Small pictures are shown so large. */
const SIDE = 160;

/** What the network says of each picture. */
export async function resultSection(pictures: readonly InspectedPicture[]): Promise<Section> {
  const cards: Markup[] = [];
  for (const picture of pictures) cards.push(await cardOf(picture));
  const said = pictures.some(({ guesses }) => guesses)
    ? "the likeliest classes of each, with their scores: shares of 1. A score says how sure the network is, not how often it is right."
    : "the network gives no class.";
  const body = html`<p>${plural(pictures.length, "picture")} as the network is given ${pictures.length === 1 ? "it" : "them"}, and what it says: ${said}</p>
<div class="cards guessed">${cards}</div>`;
  return { id: "result", title: "What it says", body, pictures: [] };
}

async function cardOf({ name, image, guesses = [] }: InspectedPicture): Promise<Markup> {
  const factor = Math.max(1, Math.floor(SIDE / Math.max(image.width, image.height)));
  const shown = enlargeImage(image, factor);
  const tag = imageTag(dataUri(await encodePng(shown)), { ...shown, alt: name, pixels: factor > 1 });
  const rows = guesses
    .slice(0, TOP)
    .map(
      ({ name: called, probability }) =>
        html`<li><span>${called}</span><span>${probability.toFixed(3)}</span><i style="width:${(100 * probability).toFixed(1)}%"></i></li>`,
    );
  return html`<figure class="card">${tag}<figcaption>${rows.length > 0 ? html`<ol class="guesses">${rows}</ol>` : undefined}<span class="source">${name}</span></figcaption></figure>`;
}
