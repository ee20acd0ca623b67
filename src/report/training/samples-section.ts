import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import type { Samples } from "../../data/samples.js";
import type { ClassTarget } from "../../data/target.js";
import { html } from "../../drawing/markup.js";
import { enlargeImage, montage, sampleImage } from "../../drawing/montage.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Section } from "../page/section.js";
import { countText, plural } from "../page/text/words.js";

/** Pixels that a picture may be wide without being made smaller. */
const PAGE_WIDTH = 1100;
const MOST_PICTURES = 1200;
const JITTERED = 64;
/** The width to which small training pictures are enlarged. */
const SMALL = 32;

/** Training pictures of one class, and some of all classes as they were changed at random. */
export interface TrainingPictures {
  readonly className: string;
  /** the pictures that are shown, at least one */
  readonly images: readonly Image[];
  /** how many the class has */
  readonly count: number;
  readonly jittered?: readonly Image[] | undefined;
  /** whether jitter puts others to both sides of them, as with letters */
  readonly neighbours?: boolean;
}

/**
 * The training pictures of the first class, and some jittered ones, evenly among all.
 *
 * @returns undefined when they have neither one channel nor three, or the class has none
 */
export function pickTrainingPictures(training: Samples<ClassTarget>, jittered?: Samples): TrainingPictures | undefined {
  const indices = Array.from({ length: training.count }, (_, i) => i).filter((i) => training.target.labels[i] === 0);
  const images = indices.slice(0, MOST_PICTURES).flatMap((i) => sampleImage(training, i) ?? []);
  if (images.length === 0) return undefined;
  return {
    className: training.target.names[0],
    images,
    count: indices.length,
    jittered: jittered && pickJittered(jittered),
  };
}

function pickJittered(samples: Samples): Image[] {
  const count = Math.min(JITTERED, samples.count);
  const indices = Array.from({ length: count }, (_, i) => Math.floor((i * samples.count) / count));
  return indices.flatMap((i) => sampleImage(samples, i, 1) ?? []);
}

/** Every training picture of a class, and some jittered ones. */
export async function samplesSection(shown: TrainingPictures): Promise<Section> {
  const { className, images, count, jittered, neighbours = false } = shown;
  const columns = (width: number, spacing: number): number =>
    Math.max(1, Math.floor((PAGE_WIDTH + spacing) / (width + spacing)));
  // small pictures are shown larger, pixel by pixel
  const times = Math.max(1, Math.floor(SMALL / images[0].width));
  const grid = montage(images, { columns: columns(times * images[0].width, 2 * times), spacing: 2 });
  const png = await encodePng(grid, { opaque: grid.opaque });
  const some = images.length < count ? `The first ${countText(images.length)} of ` : "All ";
  const place = { width: times * grid.width, height: times * grid.height, pixels: times > 1 };
  const body = [
    html`<p>${some}${plural(count, "training picture")} of the class “${className}”. The more they differ among themselves, the more the network has to learn what they share.</p>
<figure>${imageTag(dataUri(png), { ...place, alt: `Training pictures of ${className}` })}</figure>`,
  ];
  const pictures = [{ name: "training-pictures", content: { png } }];
  if (jittered && jittered.length > 0) {
    const factor = Math.max(1, Math.floor(64 / jittered[0].width));
    const samples = jittered.map((image) => enlargeImage(image, factor));
    const jitterGrid = montage(samples, { columns: columns(samples[0].width, 4), spacing: 4, gap: 200 });
    const jitterPng = await encodePng(jitterGrid);
    const { width, height } = jitterGrid;
    body.push(
      html`<p>Some of the pictures as the network was shown them in the first epoch: ${neighbours ? "with neighbours to both sides and shifted a little, anew in every epoch. The class is that of the one in the middle." : "changed at random, anew in every epoch."}</p>
<figure>${imageTag(dataUri(jitterPng), { width, height, pixels: true, alt: "Jittered training pictures" })}</figure>`,
    );
    pictures.push({ name: "jittered-pictures", content: { png: jitterPng } });
  }
  return { id: "samples", title: "What it was trained on", body: html`${body}`, pictures };
}
