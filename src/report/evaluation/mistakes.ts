import type { Mistake } from "../../evaluation/metrics/metrics.js";
import { html, type Markup } from "../page/markup.js";
import { pictureOf } from "../page/montage.js";
import { dataUri, pngOf } from "../page/png.js";
import { colour } from "../page/theme.js";
import { confidenceText, shortened } from "../page/words.js";
import type { SourcedSamples } from "../training/input.js";

interface Card {
  readonly uri: string;
  readonly width: number;
  readonly height: number;
  readonly truth: string;
  readonly guess: string;
  readonly confidence: string;
  readonly source: string;
}

/** Mistakes as cards of picture and words: for the page, where they flow, and as one SVG. */
export interface MistakeCards {
  readonly count: number;
  readonly page: Markup;
  readonly picture: Markup;
}

/**
 * Shows mistakes, each with its picture, what it is, what it was taken for, how surely, and its typeface where it has one.
 * Of mistakes that look the same, as in typefaces that share a letter, only the first is shown.
 *
 * @param limit how many at most
 * @returns undefined when there are none, or the samples are no pictures of one channel or three
 */
export async function mistakeCards(
  mistakes: readonly Mistake[],
  classes: readonly string[],
  samples: SourcedSamples,
  limit: number,
): Promise<MistakeCards | undefined> {
  const cards = new Map<string, Card>();
  for (const { sample, truth, predicted, confidence } of mistakes) {
    if (cards.size === limit) break;
    const image = pictureOf(samples, sample);
    if (!image) return undefined;
    const uri = dataUri(await pngOf(image));
    const key = `${truth} ${predicted} ${uri}`;
    if (cards.has(key)) continue;
    cards.set(key, {
      uri,
      width: image.width,
      height: image.height,
      truth: classes[truth],
      guess: classes[predicted],
      confidence: confidenceText(confidence),
      source: sourceOf(samples, sample),
    });
  }
  const all = [...cards.values()];
  return all.length === 0 ? undefined : { count: all.length, page: pageCards(all), picture: svgCards(all) };
}

function sourceOf(samples: SourcedSamples, index: number): string {
  const typeface = samples.typeface?.(index);
  if (!typeface) return samples.names?.[index] ?? `sample ${index}`;
  return typeface.style === "Regular" ? typeface.family : `${typeface.family} ${typeface.style}`;
}

const pageCards = (cards: readonly Card[]): Markup =>
  html`<div class="cards">${cards.map(
    ({ uri, truth, guess, confidence, source }) =>
      html`<figure class="card"><img src="${uri}" alt="${truth} in ${source}"><figcaption>it is <b>${truth}</b>, taken for <b class="wrong">${guess}</b><br><span class="soft">${confidence} sure</span><br><span class="source">${source}</span></figcaption></figure>`,
  )}</div>`;

const ACROSS = 6;
const CARD = { width: 176, height: 178, picture: 96 };
/** As many letters as a card is wide. */
const LONGEST = 26;

/** Of a path that is too long the end is kept, which tells more. */
const inCard = (text: string): string =>
  text.length > LONGEST && text.includes("/") ? `…${text.slice(1 - LONGEST)}` : shortened(text, LONGEST);

function svgCards(cards: readonly Card[]): Markup {
  const across = Math.min(ACROSS, cards.length);
  const [width, height] = [across * CARD.width, Math.ceil(cards.length / across) * CARD.height];
  const drawn = cards.map((card, i) => {
    const [x, y] = [(i % across) * CARD.width + 12, Math.floor(i / across) * CARD.height + 12];
    const scale = CARD.picture / Math.max(card.width, card.height);
    const line = (row: number, fill: string, text: string, weight = 400): Markup =>
      html`<text x="${x}" y="${y + CARD.picture + 18 + 16 * row}" fill="${fill}" font-weight="${weight}">${inCard(text)}</text>`;
    return html`<rect x="${x - 0.5}" y="${y - 0.5}" width="${card.width * scale + 1}" height="${card.height * scale + 1}" fill="none" stroke="${colour("line")}"/><image x="${x}" y="${y}" width="${card.width * scale}" height="${card.height * scale}" style="image-rendering:pixelated" href="${card.uri}"/>${line(0, colour("ink"), `it is ${card.truth}`, 700)}${line(1, colour("ink"), `taken for ${card.guess}`, 700)}${line(2, colour("soft"), `${card.confidence} sure`)}${line(3, colour("soft"), card.source)}`;
  });
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-size="12">${drawn}</svg>`;
}
