import { oneCycle } from "../../training/solver/schedule.js";
import { adamW, SOLVER } from "../../training/solver/solver.js";
import { path, text, whole, word } from "../../values/kind.js";
import { defaulted, optional, record, required, withoutDefaults } from "../../values/record.js";
import { CONTENTS } from "./contents-settings.js";
import { expectWorkers, RANKS, TRAINING_ENGINE } from "./engine-settings.js";
import { RUN } from "./run-settings.js";
import { LEARNING_RATE, SCHEDULED_EPOCHS, TRAINING } from "./training-settings.js";

/** The learning rate: the highest of the cycle. It is the lecture's rate too. */
export const LETTERS_RATE = 0.001;

/**
 * What is asked of the training of the lecture's network for letters. The defaults are a recipe for lines of text; the lecture's own is
 * `{ epochs: 15, solver: sgd(), learningRate: 0.001, jitter: "none" }`.
 */
export const LETTERS = record(
  {
    /** passes over the letters */
    epochs: defaulted(whole(1), 13, "passes over the letters"),
    /** letters in a step */
    batchSize: defaulted(whole(1), 100, "letters in a step"),
    /** one rate, one for each epoch, or a schedule */
    learningRate: defaulted(LEARNING_RATE.kind, oneCycle({ rate: LETTERS_RATE }), LEARNING_RATE.doc),
    ...TRAINING,
    solver: defaulted(SOLVER, adamW(), TRAINING.solver.doc),
    /** whether letters get neighbours and shifts, and which; as in text, they are turned, slanted, stretched, blurred and noisy too */
    jitter: defaulted(
      word(["none", "text", "lecture"]),
      "text",
      "give letters neighbours and shifts: as in a line of text, or as in the lecture",
    ),
    ...TRAINING_ENGINE,
    /** a JSON file with a list of layers or with a whole network; the lecture's network */
    network: optional(text("a .json file of layers", /.\.json$/), "a JSON file of layers (the lecture's network)"),
    /** a folder with a letters set; the packaged one */
    letters: optional(path(), "a letters set of your own (see `draw letters`); the packaged one"),
  },
  expectWorkers,
);

/** The configuration of a run on letters. */
export const LETTERS_CONFIGURATION = record({
  task: required(word(["ocr"])),
  ...withoutDefaults(LETTERS.fields),
  ranks: RANKS,
  /** the folder of the letters set, or "packaged" */
  letters: required(text()),
  scheduledEpochs: SCHEDULED_EPOCHS,
  /** checksums of what it was made from */
  contents: required(CONTENTS),
});

/** What `trainLetters` is told. */
export const TRAIN_LETTERS = record(
  {
    ...LETTERS.fields,
    /** the folder of the run */
    folder: defaulted(path(), "runs/ocr", "the folder of the run"),
    fresh: RUN.fresh,
  },
  expectWorkers,
);
