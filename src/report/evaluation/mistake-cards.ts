import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import { html, type Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { dataUri, soundTag } from "../page/pictures/image-tag.js";
import { confidenceText, shortenName } from "../page/text/words.js";
import type { PicturedMistake } from "./pick-mistakes.js";

/** A mistake with the address of its picture. */
interface Card extends PicturedMistake {
  readonly uri: string;
}

/** Mistakes as cards of picture and words: for the page, where they flow, and as one SVG. */
export interface MistakeCards {
  readonly page: Markup;
  readonly picture: Markup;
}

/** Shows mistakes, each with its picture, what it is, what it was taken for, how surely, and where it comes from. */
export async function mistakeCards(mistakes: readonly PicturedMistake[]): Promise<MistakeCards> {
  const cards = await Promise.all(
    mistakes.map(async (mistake): Promise<Card> => ({ ...mistake, uri: dataUri(await encodePng(mistake.image)) })),
  );
  return { page: pageCards(cards), picture: svgCards(cards) };
}

const pageCards = (cards: readonly Card[]): Markup =>
  html`<div class="cards">${cards.map(
    ({ uri, image, truth, guess, confidence, source }) =>
      html`<figure class="card"><img src="${uri}" alt="${truth} in ${source}">${soundTag(image.sound)}<figcaption>it is <b>${truth}</b>, taken for <b class="wrong">${guess}</b><br><span class="soft">${confidenceText(confidence)} sure</span><br><span class="source">${source}</span></figcaption></figure>`,
  )}</div>`;

const ACROSS = 6;
const CARD = { width: 176, height: 178, picture: 96 };
/** As many letters as a card is wide. */
const LONGEST = 26;

/** Of a path that is too long the end is kept, which tells more. */
const inCard = (text: string): string =>
  text.length > LONGEST && text.includes("/") ? `…${text.slice(1 - LONGEST)}` : shortenName(text, LONGEST);

function svgCards(cards: readonly Card[]): Markup {
  const columns = Math.min(ACROSS, cards.length);
  const [width, height] = [columns * CARD.width, Math.ceil(cards.length / columns) * CARD.height];
  const drawn = cards.map((card, i) => {
    const [x, y] = [(i % columns) * CARD.width + 12, Math.floor(i / columns) * CARD.height + 12];
    const scale = CARD.picture / Math.max(card.image.width, card.image.height);
    const [across, down] = [card.image.width * scale, card.image.height * scale];
    const line = (row: number, fill: string, text: string, weight = 400): Markup =>
      html`<text x="${x}" y="${y + CARD.picture + 18 + 16 * row}" fill="${fill}" font-weight="${weight}">${inCard(text)}</text>`;
    return html`<rect x="${x - 0.5}" y="${y - 0.5}" width="${across + 1}" height="${down + 1}" fill="none" stroke="${colour("line")}"/><image x="${x}" y="${y}" width="${across}" height="${down}" style="image-rendering:pixelated" href="${card.uri}"/>${line(0, colour("ink"), `it is ${card.truth}`, 700)}${line(1, colour("ink"), `taken for ${card.guess}`, 700)}${line(2, colour("soft"), `${confidenceText(card.confidence)} sure`)}${line(3, colour("soft"), card.source)}`;
  });
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-size="12">${drawn}</svg>`;
}
