import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { animatedPng } from "../../drawing/animation.js";
import { filterImages } from "../../drawing/filters.js";
import { html } from "../../drawing/markup.js";
import { enlargeImage, montage } from "../../drawing/montage.js";
import type { FilmFrame } from "../../training/statistics/film.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Section } from "../page/section.js";

/** So many filters, and so many epochs, are in the strip at most. */
const [ROWS, COLUMNS] = [12, 16];
/** So many filters are in the animation at most. */
const MOST = 64;
/** The sides to which filters are enlarged in the strip and in the animation. */
const [SMALL, LARGE] = [36, 60];
/** How long the animation shows an epoch, and the last one. */
const [SECONDS, LAST] = [0.4, 2];
const GAP = 200;

/** How the first layer's filters came to be. @returns undefined where fewer than two epochs were kept */
export async function filmSection(film: readonly FilmFrame[]): Promise<Section | undefined> {
  if (film.length < 2) return undefined;
  const epochs = film.map(({ filters }) => filterImages(filters));
  const shown = some(film.length, COLUMNS);
  const rows = some(epochs[0].length, ROWS);
  const strip = montage(
    rows.flatMap((k) => shown.map((i) => enlarged(epochs[i][k], SMALL))),
    { columns: shown.length, spacing: 4, gap: GAP },
  );
  const frames: Uint8Array[] = [];
  const all = epochs.map((images) => images.slice(0, MOST).map((image) => enlarged(image, LARGE)));
  const columns = all[0].length <= 8 ? all[0].length : all[0].length <= 24 ? Math.ceil(all[0].length / 2) : 16;
  const grids = all.map((images) => montage(images, { columns, spacing: 6, gap: GAP }));
  for (const grid of grids) frames.push(await encodePng(grid));
  const times = frames.map((_, i) => (i === frames.length - 1 ? LAST : SECONDS));
  const [png, animation] = [await encodePng(strip), animatedPng(frames, times)];
  const names = shown.map((i) => film[i].epoch);
  const { epoch: last } = film[film.length - 1];
  const body = html`<p>The same filters while they were learned, from ${film[0].epoch === 0 ? "the random numbers before the first epoch" : `epoch ${film[0].epoch}`} to epoch ${last}, each scaled to its own range. They should come out of the noise in the first epochs and then hardly change; filters that stay noise have learned nothing.</p>
<figure>${imageTag(dataUri(animation), { width: grids[0].width, height: grids[0].height, alt: `The filters from epoch to epoch, up to ${last}` })}</figure>
<p class="soft">A row is a filter, a column an epoch: ${names.join(", ")}.</p>
<figure class="scroll">${imageTag(dataUri(png), { width: strip.width, height: strip.height, alt: "Filters by epochs" })}</figure>`;
  const pictures = [
    { name: "filters-over-epochs", content: { png } },
    { name: "filters-animated", content: { png: animation } },
  ];
  return { id: "film", title: "How the filters came to be", body, pictures };
}

/** So many of some things, evenly, the first and the last among them. */
function some(count: number, most: number): number[] {
  const few = Math.min(count, most);
  return Array.from({ length: few }, (_, i) => Math.round((i * (count - 1)) / Math.max(1, few - 1)));
}

const enlarged = (image: Image, side: number): Image =>
  enlargeImage(image, Math.max(1, Math.floor(side / Math.max(image.width, image.height))));
