import { JITTER } from "../../data/change/jitter-description.js";
import { MIXING } from "../../data/change/mix-pictures.js";
import { MEANS } from "../../data/pictures/mean.js";
import { SIZE } from "../../data/pictures/picture-size.js";
import { GROUPING } from "../../data/sources/grouping.js";
import { COMPACT } from "../../network/zoo/compact.js";
import { ZOO } from "../../network/zoo/index.js";
import { dependsOnValidation, scheduleOf } from "../../training/solver/schedule.js";
import { asGiven, names, number, oneOfNumbers, path, text, two, whole, word } from "../../values/kind.js";
import { FITS } from "../../values/preprocessing.js";
import { defaulted, optional, record, required, withoutDefaults } from "../../values/record.js";
import { CONTENTS } from "./contents-settings.js";
import { DEFINE } from "./define-settings.js";
import { expectWorkers, RANKS, TRAINING_ENGINE } from "./engine-settings.js";
import { RUN } from "./run-settings.js";
import { START } from "./start-settings.js";
import { LEARNING_RATE, SCHEDULED_EPOCHS, SYNC_BATCH_NORM, TRAINING } from "./training-settings.js";

/** What can be done where some classes have far more pictures than others: weigh their mistakes, or show them more often. */
export const BALANCES = ["none", "weights", "sampling"] as const;

/** How a picture comes to a size of other proportions. */
export const FIT = defaulted(word(FITS), "squash", "how a picture comes to other proportions");

/** The networks that have a name, the one that is chosen first. */
export const NETWORK_NAMES = ["compact", ...Object.keys(ZOO)];

/** What a network is asked for by, in words; the help of `display` has all the names. */
export const NETWORK_WORDS =
  "the name of a network, such as compact or resnet18 (bellpepper display --help lists them)";

/** A network by its name, or a file of JSON. */
export const NETWORK_NAME = text(
  `${NETWORK_WORDS}, or a .json file`,
  new RegExp(`^(${NETWORK_NAMES.join("|")})$|.\\.json$`),
);

/** What is asked of a network for pictures and of its training; what is not asked for is chosen from the pictures. */
export const PICTURES = record(
  {
    /** the name of a network of the zoo, or a JSON file with a list of layers or with a whole network; {@link compact} */
    network: optional(NETWORK_NAME, "compact, one of `bellpepper display`, or a JSON file of layers (compact)"),
    /** what a training without labels has learned (`pretrain`): the folder of its run, or a model's file. Parameters of the same names begin with it; all learn */
    start: optional(path(), "begin with what `bellpepper pretrain` has learned without labels, in this folder"),
    ...START,
    /** how wide {@link compact} is, and how much it drops */
    compact: optional(asGiven(COMPACT)),
    /** the share of a label that is spread over all classes by the network's softmax log-loss; what the network says */
    labelSmoothing: optional(
      number({ least: 0, below: 1 }),
      "the share of each label that is spread over all classes (0)",
    ),
    /** the size that the pictures are brought to; that of the network, or one proposed from theirs */
    size: optional(SIZE, "bring the pictures to this size: 64, or 64x48 (width x height)"),
    /** how a picture comes to a size of other proportions; "squash" */
    fit: optional(FIT.kind, `${FIT.doc} (squash)`),
    /** 1 (grey) or 3; those of the network, or of the pictures */
    channels: optional(oneOfNumbers([1, 3]), "grey or colour; as the pictures are"),
    /** of sounds: samples a second; their own, at most 16000 */
    rate: optional(whole(1000, 48_000), "of sounds: samples a second (their own, at most 16000)"),
    /** of sounds: how long they are made; what 95 of 100 fit in, at most 5 */
    seconds: optional(
      number({ least: 0.05, most: 20 }),
      "of sounds: how long they are made, by cropping or silence (what 95 of 100 fit in, at most 5)",
    ),
    /** the mean of the training pictures that is taken away: of each "channel", of all as one "pixel", or the mean "image"; "channel" */
    mean: optional(word(MEANS), "the mean of the training pictures that is taken away (channel)"),
    /** how training pictures are changed at random; not at all */
    jitter: defaulted(asGiven(JITTER), {}),
    /** how pairs of training pictures are mixed, after jitter; not at all */
    mixing: optional(asGiven(MIXING)),
    /**
     * "weights": mistakes in a class count in inverse proportion to its number of pictures; "sampling": every class is shown equally often;
     * "none": pictures count alike
     */
    balance: defaulted(
      word(BALANCES),
      "none",
      "where some classes have few pictures: weigh their mistakes, or show them more often",
    ),
    /** passes over the pictures; 250 divided by the cube root of the number of pictures, from 12 to 60 */
    epochs: optional(whole(1), "passes over the pictures"),
    /** pictures in a step; about a fortieth of them, from 16 to 100 */
    batchSize: optional(whole(1), "pictures in a step"),
    /** one rate, one for each epoch, or a schedule; what suits the solver and the batch */
    learningRate: LEARNING_RATE,
    ...TRAINING,
    /** the rule that moves the weights; AdamW, or SGD where only a rate is given */
    solver: optional(TRAINING.solver.kind, TRAINING.solver.doc),
    syncBatchNorm: SYNC_BATCH_NORM,
    ...TRAINING_ENGINE,
    ...DEFINE,
    /** a folder to keep decoded pictures in */
    cache: optional(path(), "keep decoded pictures here, so that the next run need not decode them"),
  },
  expectWorkers,
);

/** What was asked for, in a configuration, which has the defaults too. */
const asked = withoutDefaults(PICTURES.fields);

/** The configuration of a run on pictures: all settings, asked for and chosen. */
export const PICTURES_CONFIGURATION = record({
  task: required(word(["pictures"])),
  network: required(text()),
  start: asked.start,
  from: asked.from,
  prepare: asked.prepare,
  freeze: asked.freeze,
  unfreezeAfter: asked.unfreezeAfter,
  rates: asked.rates,
  /** how many layers the network has */
  layers: required(whole(1)),
  /** width and height of the pictures */
  size: required(two(whole(1))),
  channels: required(asked.channels.kind),
  fit: asked.fit,
  /** of sounds: samples a second, and how long they were to be made, where it was asked for */
  rate: asked.rate,
  seconds: asked.seconds,
  mean: asked.mean,
  jitter: asked.jitter,
  balance: asked.balance,
  mixing: asked.mixing,
  compact: asked.compact,
  labelSmoothing: asked.labelSmoothing,
  epochs: required(whole(1)),
  batchSize: required(whole(1)),
  subBatches: asked.subBatches,
  syncBatchNorm: asked.syncBatchNorm,
  learningRate: required(asked.learningRate.kind),
  solver: required(asked.solver.kind),
  seed: asked.seed,
  clip: asked.clip,
  averaging: asked.averaging,
  earlyStopping: asked.earlyStopping,
  threads: asked.threads,
  workers: asked.workers,
  ranks: RANKS,
  device: asked.device,
  scheduledEpochs: SCHEDULED_EPOCHS,
  /** checksums of what it was made from */
  contents: required(CONTENTS),
  /** the column, and the regular expression, that say what belongs together */
  group: optional(text()),
  groupBy: optional(text()),
  /** the path of the data */
  data: optional(text()),
  /** the share that is measured by; 0 where all pictures are trained on */
  validation: optional(number({ least: 0, below: 1 })),
  /** the order of the classes that are grades, lowest first, where it was given */
  order: optional(names(2)),
  /** which trial of a sweep it is, or whose settings it has, from 1 */
  trial: optional(whole(1)),
  /** which fold of a cross-validation it is, from 1 */
  fold: optional(whole(1)),
  /** of a model that is trained on all pictures after a cross-validation: how many folds it had */
  folds: optional(whole(2)),
  /** of such a model: the epoch after which its training ends, where the folds stopped early */
  lastEpoch: optional(whole(1)),
});

/** What `trainPictures` is told. */
export const TRAIN_PICTURES = record(
  {
    ...PICTURES.fields,
    ...GROUPING,
    ...RUN,
    /** the share of the pictures to measure by; 0 trains on all of them, and then nothing tells how good the model is, nor which epoch is the best */
    validation: defaulted(
      number({ least: 0, below: 1 }),
      0.2,
      "the share of the pictures to measure by; 0 trains on all",
    ),
    /** a file with the split to use, such as another run's `split.json` */
    split: optional(path(), "use a split that was saved (split.json of another run)"),
  },
  (settings, refuse) => {
    expectWorkers(settings, refuse);
    const { validation, split, earlyStopping, learningRate = 1 } = settings;
    if (validation > 0) return;
    if (split !== undefined) refuse("split", "none with validation 0, which trains on all pictures");
    if (earlyStopping) refuse("earlyStopping", "none with validation 0, which leaves no pictures to look at");
    if (dependsOnValidation(scheduleOf(learningRate))) {
      refuse("learningRate", "rates that need no validation with validation 0");
    }
  },
);
