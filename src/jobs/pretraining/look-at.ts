/** What a network that has learned without labels shows of itself. */

import type { Image } from "../../data/pictures/image.js";
import type { PictureSamples } from "../../data/pictures/pictures-file.js";
import { sampleImage } from "../../drawing/montage.js";
import type { Engine } from "../../engine/engine.js";
import { float32 } from "../../graph/tensor.js";
import { neighbours } from "../../inspection/embedding/neighbours.js";
import type { TrainedModel } from "../../network/model/model.js";
import type { Looks } from "../../report/pretraining/looks.js";
import { drawPictures, embed, picturesOf, reconstruct } from "../../unsupervised/use.js";
import { defined } from "../../values/defined.js";
import type { PretrainingTask } from "./pretraining-plan.js";

/** So many pictures are shown beside what is made of them, so many are drawn, and so many are looked at. */
const [SHOWN, DRAWN, LOOKED_AT] = [16, 64, 2000];
/** So many pictures are shown with so many that are nearest to each. */
const [ROWS, NEAR] = [8, 7];
/** The share of the pictures that are shown as those that cannot be made. */
const WORST = 8;

/** The pictures of the page: reconstructions, drawn ones, the nearest by their codes. */
export async function lookAt(
  engine: Engine,
  { training, normalization, settings, learning }: PretrainingTask,
  {
    model,
    encoder,
    measured,
  }: { readonly model: TrainedModel | undefined; readonly encoder: TrainedModel; readonly measured: PictureSamples },
): Promise<Looks> {
  const looked = firstSamples(measured, LOOKED_AT);
  const imagesOf = (indices: readonly number[]): Image[] => indices.flatMap((i) => sampleImage(looked, i) ?? []);
  const decoder = learning.how === "autoencoder" ? learning.autoencoder.decoder : undefined;
  const made = model && (await reconstruct(engine, model, looked));
  const shown = evenly(looked.count, SHOWN);
  const worst =
    made &&
    Array.from(made.errors, (_, i) => i)
      .sort((a, b) => made.errors[b] - made.errors[a])
      .slice(0, WORST);
  const madeOf = (indices: readonly number[]): Image[] =>
    made ? picturesOf(rowsOf(made.pictures, indices), normalization) : [];
  const drawn =
    model && decoder && settings.kind === "variational"
      ? picturesOf(
          await drawPictures(engine, decoder, model.parameters, { count: DRAWN, seed: settings.seed }),
          normalization,
        )
      : undefined;
  const codes = looked.count > NEAR && training.count > 0 ? await embed(engine, encoder, looked) : undefined;
  const near = codes && neighbours(codes, NEAR);
  return {
    reconstructions: pairs(imagesOf(shown), madeOf(shown)),
    outliers: worst ? pairs(imagesOf(worst), madeOf(worst)) : [],
    nearest: near
      ? evenly(looked.count, ROWS).map((row) => imagesOf([row, ...near.indices.subarray(row * NEAR, (row + 1) * NEAR)]))
      : [],
    ...defined({ drawn, errors: made?.errors }),
  };
}

const pairs = (pictures: readonly Image[], made: readonly Image[]): Looks["reconstructions"] =>
  made.map((each, i) => ({ picture: pictures[i], made: each }));

/** Rows of a tensor. */
function rowsOf({ shape, data }: Awaited<ReturnType<typeof embed>>, indices: readonly number[]) {
  const size = data.length / shape[0];
  const rows = new Float32Array(indices.length * size);
  for (const [k, i] of indices.entries()) rows.set(data.subarray(i * size, (i + 1) * size), k * size);
  return float32(rows, [indices.length, ...shape.slice(1)]);
}

/** So many places at equal distances. */
const evenly = (count: number, most: number): number[] => {
  const few = Math.min(count, most);
  return Array.from({ length: few }, (_, i) => Math.floor((i * count) / few));
};

/** The first of some samples. */
const firstSamples = (samples: PictureSamples, count: number): PictureSamples => ({
  ...samples,
  count: Math.min(count, samples.count),
});
