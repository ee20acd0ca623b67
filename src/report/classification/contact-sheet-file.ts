/** Pictures with what a model takes them for, as a page. */

import type { PictureFile } from "../../data/pictures/formats/decoder.js";
import { decoderOf } from "../../data/pictures/formats/formats-file.js";
import { encodeWebp } from "../../data/pictures/formats/sharp-file.js";
import { readImage } from "../../data/pictures/image-file.js";
import type { Box } from "../../data/sources/dataset.js";
import { html, type Markup } from "../../drawing/markup.js";
import type { Guess } from "../../evaluation/classifier.js";
import { type WrittenPage, writePage } from "../page/page-file.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import { settingsSection } from "../page/settings-section.js";
import { notesMarkup, pageHeader } from "../page/text/header.js";
import { plural } from "../page/text/words.js";

/** A picture that a model has looked at. */
export interface ClassifiedFile {
  readonly path: string;
  readonly file: PictureFile;
  /** the likeliest first */
  readonly guesses: readonly Guess[];
  /** what stands beside it: figures of `whyFigures` */
  readonly why?: Markup;
}

/** What a contact sheet is made of. */
export interface ContactSheet {
  readonly title: string;
  readonly pictures: readonly ClassifiedFile[];
  /** the part of each picture that was looked at */
  readonly box?: Box | undefined;
  /** how many were to be looked at; as many as there are */
  readonly count?: number;
  /** what is said of the figures beside the pictures: `whySentences` */
  readonly methods?: Markup | undefined;
  /** what is to be known: what was assumed, what was left out */
  readonly notes?: readonly string[];
  /** the settings, by name */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** The longest side of a picture in the page. */
const LONGEST = 224;

/**
 * Writes a contact sheet: one HTML file that needs no other, with each picture and its likeliest classes.
 *
 * @throws BrokenPicture when a picture cannot be read any more; the system's error when the file cannot be written
 */
export async function writeContactSheet(path: string, sheet: ContactSheet): Promise<WrittenPage> {
  const { title, pictures, configuration, box, methods, notes = [], count = pictures.length } = sheet;
  const cards: Markup[] = [];
  for (const picture of pictures) cards.push(await cardOf(picture, box));
  const lead = html`<p class="lead">${count > pictures.length ? `${pictures.length} of ` : ""}${plural(count, "picture")}, the likeliest classes of each with their scores: shares of 1 over all classes. The number behind a class is its place among them.</p>${notesMarkup(notes)}${methods}`;
  const explained = pictures.some(({ why }) => why);
  return writePage(path, {
    title,
    header: pageHeader(title, lead),
    sections: [
      {
        id: "pictures",
        title: "Pictures",
        body: html`<div class="${explained ? "guessed" : "cards guessed"}">${cards}</div>`,
        pictures: [],
      },
      settingsSection({ configuration }),
    ],
  });
}

async function cardOf({ path, file, guesses, why }: ClassifiedFile, box: Box | undefined): Promise<Markup> {
  const whole = box ?? (await decoderOf(path).metadata(file));
  const scale = Math.min(1, LONGEST / Math.max(whole.width, whole.height));
  const size = {
    width: Math.max(1, Math.round(whole.width * scale)),
    height: Math.max(1, Math.round(whole.height * scale)),
  };
  const image = await readImage(file, { channels: 3, size: { ...size, fit: "squash" }, ...(box ? { box } : {}) });
  const tag = imageTag(dataUri(await encodeWebp(image), "webp"), { ...size, alt: path, pixels: scale === 1 });
  const rows = guesses.map(
    ({ name, number, probability }) =>
      html`<li><span>${name} <span class="soft">(${number})</span></span><span>${probability.toFixed(3)}</span><i style="width:${(100 * probability).toFixed(1)}%"></i></li>`,
  );
  const card = html`<figure class="card">${tag}<figcaption><ol class="guesses">${rows}</ol><span class="source">${path}</span></figcaption></figure>`;
  return why ? html`<div class="strip why">${card}${why}</div>` : card;
}
