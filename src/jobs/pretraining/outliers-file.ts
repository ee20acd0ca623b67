/** Pictures that are like few others: those that an autoencoder cannot make. */

import { join } from "node:path";
import type { TellPass } from "../../data/pictures/passes.js";
import { openPictures } from "../../data/pictures/pictures-file.js";
import { type Dataset, keyOf } from "../../data/sources/dataset.js";
import { nodeEngine } from "../../engine/node.js";
import { exists, statIfExists } from "../../files/exists-file.js";
import { isAutoencoder, reconstruct } from "../../unsupervised/use.js";
import { defined } from "../../values/defined.js";
import { UsageError } from "../../values/usage-error.js";
import { readAnyModel } from "../foreign/any-model-file.js";

/** A picture, and how far what the autoencoder makes of it is from it. */
export interface Outlier {
  readonly path: string;
  /** the mean of (y − x)² over its numbers, normalised: 1 is as far as the mean picture is from others */
  readonly error: number;
}

/**
 * All pictures of a data set by how badly an autoencoder makes them, the worst first: those that are like few that it has seen, broken ones that can be
 * decoded among them, and those whose fine patterns no code has room for.
 *
 * @param model the folder of a run of `pretrain`, or the file of an autoencoder
 * @throws UsageError when there is no such model there; Error when no picture can be decoded
 * @example
 * for await (const event of pretrain("animals", { size: { width: 8, height: 8 }, epochs: 1, batchSize: 4, folder: "runs/alike" })) void event;
 * const [worst] = await findOutliers(await openDataset("animals"), "runs/alike");
 * worst.error > 0; // true
 */
export async function findOutliers(
  dataset: Dataset,
  model: string,
  { onProgress }: { readonly onProgress?: TellPass } = {},
): Promise<readonly Outlier[]> {
  const isFolder = (await statIfExists(model))?.isDirectory() ?? false;
  const file = isFolder ? join(model, "model.onnx") : model;
  const refused = (got: string): UsageError =>
    new UsageError(
      `--model ${model}: expected the folder of a run of \`bellpepper pretrain\` with an autoencoder, or its model.onnx; ${got}.`,
    );
  if (!(await exists(file))) throw refused("there is none");
  const { model: read } = await readAnyModel(file, {});
  if (!isAutoencoder(read.network) || !read.preprocessing) throw refused(`'${read.network.name}' is none`);
  const pictures = await openPictures(dataset, { preprocessing: read.preprocessing, ...defined({ onProgress }) });
  try {
    const samples = pictures.samples();
    const { errors } = await reconstruct(nodeEngine(), read, samples);
    return samples.items
      .map((item, i): Outlier => ({ path: keyOf(item), error: errors[i] }))
      .sort((a, b) => b.error - a.error);
  } finally {
    await pictures.close();
  }
}
