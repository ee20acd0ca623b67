/** What a training without labels is of: its network, how it is made, and what it begins and ends with. */

import type { PictureSamples, Pictures } from "../../data/pictures/pictures-file.js";
import type { Dataset } from "../../data/sources/dataset.js";
import type { Split } from "../../data/sources/split.js";
import { withLoss } from "../../network/edit/edit.js";
import type { Network } from "../../network/network.js";
import { type Autoencoder, type AutoencoderOptions, autoencoder } from "../../unsupervised/autoencoder.js";
import { layerWise, type Stage } from "../../unsupervised/layer-wise.js";
import { defined } from "../../values/defined.js";
import type { Normalization } from "../../values/normalization.js";
import type { RecordOf } from "../../values/record.js";
import type { Choice } from "../events/job-events.js";
import type { Pace } from "../pictures/choices.js";
import type { Configuration } from "../run/configuration-file.js";
import type { PRETRAIN } from "../settings/pretrain-settings.js";

type Settings = RecordOf<typeof PRETRAIN.fields>;

/** What is blanked of the pictures of a denoising autoencoder where nothing is said of noise. */
const BLANK = 0.3;

/** How an autoencoder of a kind is made, with what was asked for. */
export function autoencoderOptions(settings: Settings): AutoencoderOptions {
  const { kind, code, pooling, tied, noise, blank, sparse, sparsity, share, divergence } = settings;
  const asked = defined({ code, pooling, tied, noise, blank, sparsity, share, divergence });
  if (kind === "denoising" && noise === undefined && blank === undefined) return { ...asked, blank: BLANK };
  if (kind === "sparse") return { ...asked, sparse: sparse ?? "l1" };
  return kind === "variational" ? { ...asked, variational: true } : asked;
}

/** What learns: one autoencoder, the layers one by one, or none by gradients. */
export type Learning =
  | { readonly how: "autoencoder"; readonly autoencoder: Autoencoder }
  | { readonly how: "stages"; readonly stages: readonly Stage[] }
  | { readonly how: "patches"; readonly filters: "kmeans" | "pca" };

/** What learns of a network. @throws RangeError when it has no mirror */
export function learningOf(planned: Network, settings: Settings): Learning {
  const network = withLoss(planned);
  const { kind, pooling, tied, noise, blank } = settings;
  if (kind === "kmeans" || kind === "pca") return { how: "patches", filters: kind };
  if (kind === "layer-wise")
    return { how: "stages", stages: layerWise(network, defined({ pooling, tied, noise, blank })) };
  return { how: "autoencoder", autoencoder: autoencoder(network, autoencoderOptions(settings)) };
}

/** What is learned of, and how. */
export interface PretrainingTask {
  readonly settings: Settings;
  readonly title: string;
  readonly folder: string;
  /** as for a training with labels, of one class */
  readonly network: Network;
  readonly learning: Learning;
  readonly dataset: Dataset;
  readonly split: Split;
  readonly pictures: Pictures;
  readonly training: PictureSamples;
  readonly validation: PictureSamples;
  readonly normalization: Normalization;
  readonly pace: Pace;
  readonly choices: readonly Choice[];
  readonly configuration: Configuration;
}
