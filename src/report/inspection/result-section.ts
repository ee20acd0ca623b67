import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { html, type Markup } from "../../drawing/markup.js";
import { enlargeImage } from "../../drawing/montage.js";
import type { ResultKind } from "../../inspection/answers.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Section } from "../page/section.js";
import { plural } from "../page/text/words.js";

/** A line of what a network says: a class with its score, a value, a class of a map with its share of the places. */
export interface SaidLine {
  readonly name: string;
  /** "0.750" */
  readonly text: string;
  /** from 0 to 1: how long its bar is; none unless given */
  readonly share?: number;
  /** in which a map shows it: "#0072b2" */
  readonly colour?: string;
}

/** A picture of what a network says, such as a map of classes. */
export interface SaidPicture {
  readonly image: Image;
  readonly caption: string;
}

/** A picture, and what a network says of it. */
export interface InspectedPicture {
  /** what it is called: its file */
  readonly name: string;
  /** as the network is given it, in red, green, blue */
  readonly image: Image;
  /** the class that it is of, where that is known and the network has it */
  readonly truth?: string;
  /** what counts most first */
  readonly lines: readonly SaidLine[];
  /** what it says as pictures, beside the picture itself */
  readonly shown: readonly SaidPicture[];
}

/** Small pictures are shown so large, and large ones no larger than this. */
const [SIDE, LARGEST] = [160, 190];

/** What the network says, and how to read it. */
const SENTENCES: Readonly<Record<ResultKind, string>> = {
  classes:
    "the likeliest classes of each, with their scores: shares of 1. A score says how sure the network is, not how often it is right.",
  attributes:
    "a yes or no for each attribute by itself, those first that it is surest to find; above 0.5 is yes. A score says how sure the network is, not how often it is right.",
  score:
    "a yes or no: the score, and behind it the share of 1 that its sigmoid makes of it; above 0.5 is yes. Of a network that was made to give a value, the score is the value.",
  values: "its values.",
  classMap:
    "a class for each place, the largest score there, in the colour of the class, with the share of the places that it wins.",
  attributeMap:
    "for each place how surely something is there; red is yes, above 0.5. The share is that of the places that are yes.",
  valueMap: "numbers for each place, those of each channel as a map of its own.",
  picture:
    "a picture, so that it is taken for an autoencoder. Beside it stands how far each place is from the picture that was given, in grey levels of 255: what it has not learned to draw comes back worst.",
  numbers:
    "numbers that are neither classes nor values of places, such as a sequence, or boxes in an order that only the program behind it knows. They are drawn as they come, a row for each channel.",
};

/** What the network says of each picture. */
export async function resultSection(pictures: readonly InspectedPicture[], kind: ResultKind): Promise<Section> {
  const hasMaps = pictures.some(({ shown }) => shown.length > 0);
  const cards: Markup[] = [];
  for (const picture of pictures) cards.push(await (hasMaps ? stripOf(picture) : cardOf(picture)));
  const given = pictures.length === 1 ? "it" : "them";
  const body = html`<p>${plural(pictures.length, "picture")} as the network is given ${given}, and what it says: ${SENTENCES[kind]}</p>
${hasMaps ? cards : html`<div class="cards guessed">${cards}</div>`}`;
  return { id: "result", title: "What it says", body, pictures: [] };
}

async function cardOf({ name, image, lines, truth }: InspectedPicture): Promise<Markup> {
  const said = lines.at(0)?.name;
  const mistake = said === truth ? undefined : html`, taken for <b class="wrong">${said}</b>`;
  const verdict = truth === undefined ? undefined : html`it is <b>${truth}</b>${mistake}<br>`;
  return html`<figure class="card">${await tagOf(image, name)}<figcaption>${linesMarkup(lines)}${verdict}<span class="source">${name}</span></figcaption></figure>`;
}

/** A picture with what is said of it as pictures in a row. */
async function stripOf({ name, image, lines, shown }: InspectedPicture): Promise<Markup> {
  const figures = [html`<figure>${await tagOf(image, name)}<figcaption>as given</figcaption></figure>`];
  for (const { image: said, caption } of shown) {
    figures.push(html`<figure>${await tagOf(said, `${name}: ${caption}`)}<figcaption>${caption}</figcaption></figure>`);
  }
  return html`<h3>${name}</h3><div class="strip">${figures}</div><div style="max-width:224px">${linesMarkup(lines)}</div>`;
}

function linesMarkup(lines: readonly SaidLine[]): Markup | undefined {
  if (lines.length === 0) return undefined;
  const rows = lines.map(({ name, text, share, colour }) => {
    const filled = colour ? `;background:${colour};opacity:.45` : "";
    const bar = share === undefined ? undefined : html`<i style="width:${(100 * share).toFixed(1)}%${filled}"></i>`;
    return html`<li><span>${name}</span><span>${text}</span>${bar}</li>`;
  });
  return html`<ol class="guesses">${rows}</ol>`;
}

async function tagOf(image: Image, alt: string): Promise<Markup> {
  const factor = Math.max(1, Math.floor(SIDE / Math.max(image.width, image.height)));
  const large = enlargeImage(image, factor);
  const shrunk = Math.min(1, LARGEST / Math.max(large.width, large.height));
  const [width, height] = [large.width, large.height].map((side) => Math.max(1, Math.round(side * shrunk)));
  return imageTag(dataUri(await encodePng(large)), { width, height, alt, pixels: factor > 1 });
}
