import { encodeWav, type Sound } from "../../../data/sound/wav.js";
import { html, type Markup } from "../../../drawing/markup.js";

/** What plays a sound in a page, its file within it; of a picture nothing. */
export const soundTag = (sound: Sound | undefined): Markup | undefined =>
  sound && html`<audio controls preload="none" src="${soundUri(sound)}"></audio>`;

const soundUri = ({ samples, rate }: Sound): string =>
  `data:audio/wav;base64,${Buffer.from(encodeWav(samples, rate)).toString("base64")}`;

/** A picture's file as an address that holds it whole. */
export const dataUri = (file: Uint8Array, format: "png" | "webp" = "png"): string =>
  `data:image/${format};base64,${Buffer.from(file).toString("base64")}`;

/** How a picture stands in a page. */
export interface ImagePlace {
  /** in units of the page */
  readonly width: number;
  readonly height: number;
  /** what it shows, for those who cannot see it */
  readonly alt: string;
  /** whether its pixels are to be seen as squares, where it is enlarged */
  readonly pixels?: boolean;
}

/** A picture as an element of a page, its file within it. */
export const imageTag = (address: string, { width, height, alt, pixels = false }: ImagePlace): Markup =>
  html`<img${pixels ? html` class="pixels"` : undefined} src="${address}" width="${width}" height="${height}" alt="${alt}">`;
