/** What a network that has learned without labels makes of pictures, as parts of a page. */

import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { html, type Markup } from "../../drawing/markup.js";
import { enlargeImage, montage } from "../../drawing/montage.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Section } from "../page/section.js";
import { numberText } from "../page/text/words.js";
import type { Looks, Remade } from "./looks.js";

/** The side to which small pictures are enlarged, and the widest that a page shows. */
const [SIDE, WIDE] = [56, 96];

/** Pictures of one size as one, the small ones enlarged. */
async function sheet(
  images: readonly Image[],
  columns: number,
  alt: string,
): Promise<{ readonly png: Uint8Array; readonly tag: Markup }> {
  const [{ width, height }] = images;
  const factor = Math.max(1, Math.floor(SIDE / Math.max(width, height)));
  const grid = montage(
    images.map((image) => enlargeImage(image, factor)),
    { columns, spacing: 4 },
  );
  const png = await encodePng(grid, { opaque: grid.opaque });
  const shrink = Math.min(1, WIDE / (factor * width));
  const place = {
    width: Math.round(grid.width * shrink),
    height: Math.round(grid.height * shrink),
    pixels: factor > 1,
    alt,
  };
  return { png, tag: imageTag(dataUri(png), place) };
}

/** Pictures above what was made of them, eight in a row. */
function rowsOf(pairs: readonly Remade[]): Image[] {
  const rows: Image[] = [];
  for (let i = 0; i < pairs.length; i += ACROSS) {
    const part = pairs.slice(i, i + ACROSS);
    rows.push(...part.map(({ picture }) => picture), ...part.map(({ made }) => made));
  }
  return rows;
}

const ACROSS = 8;

/** Only whole rows fit together. */
const whole = (pairs: readonly Remade[]): readonly Remade[] =>
  pairs.length < ACROSS ? pairs : pairs.slice(0, pairs.length - (pairs.length % ACROSS));

/** Pictures that were kept out, and what the network makes of them. @param error the mean over all of them */
export async function reconstructionsSection({ reconstructions }: Looks, error: number): Promise<Section | undefined> {
  if (reconstructions.length === 0) return undefined;
  const shown = whole(reconstructions);
  const { png, tag } = await sheet(rowsOf(shown), Math.min(ACROSS, shown.length), "Pictures and their reconstructions");
  const body = html`<p>Pictures (upper rows) and what the network makes of them from their codes (lower rows). The mean squared difference is ${numberText(error)} of the variance of the pixels: 1 is what the mean picture has, 0 a perfect copy.</p>
<figure>${tag}</figure>`;
  return {
    id: "reconstructions",
    title: "Reconstructions",
    body,
    pictures: [{ name: "reconstructions", content: { png } }],
  };
}

/** Pictures that were drawn. */
export async function drawnSection({ drawn = [] }: Looks): Promise<Section | undefined> {
  if (drawn.length === 0) return undefined;
  const { png, tag } = await sheet(drawn, 16, "Pictures that nobody has taken");
  const body = html`<p>Pictures that nobody has taken: codes of normal random numbers, decoded. What is blurred the code does not say; what is nothing at all lies between the kinds of pictures that it knows.</p>
<figure>${tag}</figure>`;
  return { id: "drawn", title: "Drawn pictures", body, pictures: [{ name: "drawn", content: { png } }] };
}

/** Pictures and their nearest. */
export async function nearestSection({ nearest }: Looks): Promise<Section | undefined> {
  if (nearest.length === 0) return undefined;
  const { png, tag } = await sheet(nearest.flat(), nearest[0].length, "Pictures and those nearest to them");
  const body = html`<p>The first picture of each row, and those whose codes are nearest to its code. What they share is what the code has learned to see.</p>
<figure>${tag}</figure>`;
  return {
    id: "nearest",
    title: "The nearest by their codes",
    body,
    pictures: [{ name: "nearest", content: { png } }],
  };
}

/** The pictures of which least was made. */
export async function outliersSection({ outliers }: Looks): Promise<Section | undefined> {
  if (outliers.length === 0) return undefined;
  const { png, tag } = await sheet(rowsOf(outliers), Math.min(ACROSS, outliers.length), "Pictures that it cannot make");
  const body = html`<p>The pictures (above) that the network makes worst (below), worst first. They are like few others, or hard to make: fine patterns are.</p>
<figure>${tag}</figure>`;
  return { id: "outliers", title: "What it cannot make", body, pictures: [{ name: "outliers", content: { png } }] };
}
