import { MEANS } from "../../data/pictures/mean.js";
import { AUTOENCODER } from "../../unsupervised/autoencoder.js";
import { number, text, two, whole, word } from "../../values/kind.js";
import { defaulted, optional, partial, type Refuse, record, required, withoutDefaults } from "../../values/record.js";
import { CONTENTS } from "./contents-settings.js";
import { expectWorkers, TRAINING_ENGINE } from "./engine-settings.js";
import { NETWORK_NAME, PICTURES } from "./pictures-settings.js";
import { RUN } from "./run-settings.js";
import { LEARNING_RATE, SCHEDULED_EPOCHS, TRAINING } from "./training-settings.js";

/** The ways in which a network learns without labels. */
export const PRETRAINING_KINDS = [
  ...(["autoencoder", "denoising", "sparse", "variational"] as const),
  ...(["layer-wise", "kmeans", "pca"] as const),
] as const;

export type PretrainingKind = (typeof PRETRAINING_KINDS)[number];

const { variational: _, ...AUTOENCODING } = partial(AUTOENCODER.fields);

/** Which kinds an option says something of. */
const BELONGS: Readonly<Record<string, readonly PretrainingKind[]>> = {
  code: ["autoencoder", "denoising", "sparse", "variational"],
  pooling: ["autoencoder", "denoising", "sparse", "layer-wise"],
  tied: ["autoencoder", "denoising", "sparse", "variational", "layer-wise"],
  noise: ["denoising", "sparse", "layer-wise"],
  blank: ["denoising", "sparse", "layer-wise"],
  sparse: ["sparse"],
  sparsity: ["sparse"],
  share: ["sparse"],
  divergence: ["variational"],
  patches: ["kmeans", "pca"],
  epochs: ["autoencoder", "denoising", "sparse", "variational", "layer-wise"],
};

/** @throws RangeError through `refuse` for an option that says nothing of the kind */
function expectKind(
  settings: {
    readonly kind: PretrainingKind;
    readonly workers: number;
    readonly threads: number;
    readonly device: string;
  },
  refuse: Refuse,
): void {
  expectWorkers(settings, refuse);
  const given = new Map<string, unknown>(Object.entries(settings));
  for (const [name, kinds] of Object.entries(BELONGS)) {
    if (given.get(name) !== undefined && !kinds.includes(settings.kind)) {
      refuse(name, `none of the kind ${settings.kind}: it belongs to ${kinds.join(", ")}`);
    }
  }
}

/** What is asked of a training without labels, apart from where it is. */
const ASKED = {
  /** what is learned: an autoencoder, plain, denoising, sparse or variational; the layers one by one; the filters of the first by k-means or principal components */
  kind: defaulted(word(PRETRAINING_KINDS), "autoencoder", "how it learns without labels"),
  /** as in a training with labels; of it the layers before the scores learn */
  network: optional(
    NETWORK_NAME,
    "compact, one of `bellpepper display` whose layers stand in one row, or a JSON file of layers (compact)",
  ),
  compact: PICTURES.fields.compact,
  ...AUTOENCODING,
  /** patches that k-means and principal components look at; 20000 */
  patches: optional(whole(2), "patches that kmeans and pca look at (20000)"),
  size: PICTURES.fields.size,
  fit: PICTURES.fields.fit,
  channels: PICTURES.fields.channels,
  mean: optional(word(MEANS), "the mean of the pictures that is taken away (channel)"),
  /** the share of the pictures that show how well others are made; 0 trains on all */
  validation: defaulted(
    number({ least: 0, below: 1 }),
    0.1,
    "the share of the pictures that are kept out, to measure by; 0 trains on all",
  ),
  epochs: optional(whole(1), "passes over the pictures; of each layer where they learn one by one"),
  batchSize: PICTURES.fields.batchSize,
  learningRate: LEARNING_RATE,
  ...TRAINING,
  solver: PICTURES.fields.solver,
  ...TRAINING_ENGINE,
};

/** What `pretrain` is told. */
export const PRETRAIN = record(
  {
    ...ASKED,
    ...RUN,
    /** a folder to keep decoded pictures in */
    cache: PICTURES.fields.cache,
  },
  expectKind,
);

const { size: __, channels, ...demanded } = withoutDefaults(ASKED);

/** The configuration of a run without labels: all settings, asked for and chosen. */
export const PRETRAIN_CONFIGURATION = record({
  task: required(word(["pretrain"])),
  ...demanded,
  network: required(text()),
  layers: required(whole(1)),
  size: required(two(whole(1))),
  channels: required(channels.kind),
  scheduledEpochs: SCHEDULED_EPOCHS,
  /** checksums of what it was made from */
  contents: required(CONTENTS),
  data: optional(text()),
  /** where layers learn one by one: which this is */
  layer: optional(text()),
});
