import { either, type Kind, list, number, objectOf, type ValueOf, whole } from "../../values/kind.js";
import { defaulted, type OptionsOf, oneOf, optional, record, required } from "../../values/record.js";
import type { EpochStatistics } from "../statistics/epoch-statistics.js";

const rate = () => required(number({ above: 0 }));

/** The settings of each schedule that stands by itself. */
const SCHEDULES = {
  /** the same rate in every step */
  constant: record({ rate: rate() }),
  /** a rate for each epoch, the last of which is held */
  list: record({ rates: required(list(number({ above: 0 }), 1)) }),
  stepped: record({
    /** the first rate */
    rate: rate(),
    /** epochs between two falls; a third of all */
    every: optional(whole(1)),
    /** what the rate is multiplied by; 0.1 */
    factor: defaulted(number({ above: 0 }), 0.1),
  }),
  cosine: record(
    {
      /** the first rate */
      rate: rate(),
      /** what it falls towards; 0 */
      minimum: defaulted(number({ least: 0 }), 0),
    },
    (schedule, refuse) => {
      if (schedule.minimum > schedule.rate) refuse("minimum", `a number of at most ${schedule.rate}, the rate`);
    },
  ),
  oneCycle: record({
    /** the highest rate */
    rate: rate(),
    /** the share of the steps in which it rises; 0.3 */
    warmUp: defaulted(number({ above: 0, below: 1 }), 0.3),
    /** the highest rate divided by the first; 25 */
    startDivisor: defaulted(number({ least: 1 }), 25),
    /** the first rate divided by the last; 10⁴ */
    endDivisor: defaulted(number({ least: 1 }), 1e4),
  }),
  onPlateau: record({
    /** the first rate */
    rate: rate(),
    /** what the rate is multiplied by; 0.1 */
    factor: defaulted(number({ above: 0, below: 1 }), 0.1),
    /** epochs without progress that are put up with; 10 */
    patience: defaulted(whole(0), 10),
    /** the share of the best objective by which a new one must be below it to count as progress; 10⁻⁴ */
    threshold: defaulted(number({ least: 0, below: 1 }), 1e-4),
  }),
} as const;

const ALONE = oneOf("type", SCHEDULES);

type Alone = ValueOf<typeof ALONE>;

/** A rate that falls by a factor every few epochs; see {@link stepped}. */
export type SteppedRate = Extract<Alone, { type: "stepped" }>;

/** A rate that falls along a half cosine; see {@link cosine}. */
export type CosineRate = Extract<Alone, { type: "cosine" }>;

/** A rate that rises, then falls to almost nothing; see {@link oneCycle}. */
export type OneCycleRate = Extract<Alone, { type: "oneCycle" }>;

/** A rate that falls where validation no longer does; see {@link onPlateau}. */
export type PlateauRate = Extract<Alone, { type: "onPlateau" }>;

/** Another schedule whose first rates are held back; see {@link warmUp}. */
export interface WarmedUpRate {
  readonly type: "warmUp";
  /** how long it takes; a fraction is possible */
  readonly epochs: number;
  readonly schedule: Schedule;
}

/** How the learning rate goes: a plain object that serialises to JSON. */
export type Schedule = Alone | WarmedUpRate;

/** A schedule as JSON has it. */
export const SCHEDULE: Kind<Schedule> = {
  expected: "a schedule",
  take(value, at) {
    const { type, ...rest } = objectOf(value, at) as { readonly type?: unknown };
    return type === "warmUp" ? { type, ...WARM_UP.take(rest, at) } : ALONE.take(value, at);
  },
};

const WARM_UP = record({ epochs: required(number({ above: 0 })), schedule: required(SCHEDULE) });

/** What may be given for a learning rate: one for all epochs, one for each, or a schedule. */
export const LEARNING_RATE = either<number | readonly number[] | Schedule, number | readonly number[] | Schedule>(
  "a number above 0, a list of them, or a schedule",
  (value) => {
    if (typeof value === "number") return number({ above: 0 });
    return Array.isArray(value) ? list(number({ above: 0 }), 1) : SCHEDULE;
  },
);

/** A place in training, and what came before it. */
export interface Position {
  /** from 1 */
  readonly epoch: number;
  /** from 1, over all epochs */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** how many there are to be */
  readonly epochs: number;
  /** the complete epochs */
  readonly history: readonly Pick<EpochStatistics, "validation">[];
}

/**
 * Multiplies the rate by `factor` every so many epochs, as PyTorch's `StepLR`; after each third of them unless it is said how many.
 *
 * @throws RangeError when a setting is out of range
 * @example
 * rateAt(stepped({ rate: 0.1, every: 2 }), { epoch: 5, step: 41, stepsPerEpoch: 10, epochs: 6, history: [] }).toFixed(6); // "0.001000"
 */
export const stepped = (options: OptionsOf<typeof SCHEDULES.stepped.fields>): SteppedRate => ({
  type: "stepped",
  ...SCHEDULES.stepped.make(options),
});

/**
 * Half a cosine from the rate to the minimum over all steps (Loshchilov and Hutter, 2017), as PyTorch's `CosineAnnealingLR` with
 * a step for each batch. In step t of T, counted from 1: minimum + (rate − minimum)·(1 + cos(π·(t − 1)/T)) / 2.
 *
 * @throws RangeError when a setting is out of range
 * @example
 * rateAt(cosine({ rate: 0.1 }), { epoch: 2, step: 11, stepsPerEpoch: 10, epochs: 2, history: [] }).toFixed(6); // "0.050000"
 */
export const cosine = (options: OptionsOf<typeof SCHEDULES.cosine.fields>): CosineRate => ({
  type: "cosine",
  ...SCHEDULES.cosine.make(options),
});

/**
 * One cycle (Smith and Topin, 2018): from rate/startDivisor up to the rate, then down to rate/startDivisor/endDivisor, along half
 * cosines, as PyTorch's `OneCycleLR` with a constant momentum. See {@link findLearningRate} for the rate.
 *
 * @throws RangeError when a setting is out of range
 * @example
 * rateAt(oneCycle({ rate: 0.1 }), { epoch: 1, step: 1, stepsPerEpoch: 10, epochs: 2, history: [] }); // 0.004
 */
export const oneCycle = (options: OptionsOf<typeof SCHEDULES.oneCycle.fields>): OneCycleRate => ({
  type: "oneCycle",
  ...SCHEDULES.oneCycle.make(options),
});

/**
 * Lets the rate of another schedule grow in a straight line over the first epochs: in step t of the n that this takes, the other's
 * rate is multiplied by t/n. Afterwards it is as if it had not been wrapped.
 *
 * @param epochs how long it takes; 0.5 is half an epoch
 * @example
 * rateAt(warmUp(1, cosine({ rate: 0.1 })), { epoch: 1, step: 1, stepsPerEpoch: 10, epochs: 2, history: [] }).toFixed(6); // "0.010000"
 */
export const warmUp = (epochs: number, schedule: Schedule): WarmedUpRate => ({
  type: "warmUp",
  ...WARM_UP.make({ epochs, schedule }),
});

/**
 * Multiplies the rate by `factor` whenever the validation objective has made no progress for more than `patience` epochs, as
 * PyTorch's `ReduceLROnPlateau`. It depends on the history alone, so that a run that is resumed has the same rates.
 *
 * @throws RangeError when a setting is out of range
 * @example
 * const history = [1, 0.9, 0.95].map((objective) => ({ validation: { objective, metrics: {}, imagesPerSecond: 1 } }));
 * const position = { epoch: 4, step: 31, stepsPerEpoch: 10, epochs: 9, history };
 * rateAt(onPlateau({ rate: 0.2, factor: 0.5, patience: 0 }), position); // 0.1
 */
export const onPlateau = (options: OptionsOf<typeof SCHEDULES.onPlateau.fields>): PlateauRate => ({
  type: "onPlateau",
  ...SCHEDULES.onPlateau.make(options),
});

/**
 * What a learning rate means: a number is a constant rate, a list has one for each epoch.
 *
 * @example
 * scheduleOf([0.1, 0.01]); // {"type": "list", "rates": [0.1, 0.01]}
 */
export function scheduleOf(learningRate: number | readonly number[] | Schedule): Schedule {
  if (typeof learningRate === "number") return { type: "constant", rate: learningRate };
  return isList(learningRate) ? { type: "list", rates: learningRate } : learningRate;
}

const isList = (value: readonly number[] | Schedule): value is readonly number[] => Array.isArray(value);

/** How a schedule goes. */
interface Course<S extends Schedule> {
  rateAt(schedule: S, position: Position): number;
  /** the highest of its rates */
  highest(schedule: S): number;
  /** whether the rates depend on how many epochs there are to be */
  dependsOnEpochs?(schedule: S): boolean;
  /** whether the rates depend on how validation goes */
  dependsOnValidation?(schedule: S): boolean;
}

const COURSES: { readonly [T in Schedule["type"]]: Course<Extract<Schedule, { type: T }>> } = {
  constant: { rateAt: ({ rate }) => rate, highest: ({ rate }) => rate },
  list: {
    rateAt: ({ rates }, { epoch }) => rates[Math.min(epoch, rates.length) - 1],
    highest: ({ rates }) => Math.max(...rates),
  },
  stepped: {
    rateAt: ({ rate, factor, every }, { epoch, epochs }) =>
      rate * factor ** Math.floor((epoch - 1) / (every ?? Math.ceil(epochs / 3))),
    highest: ({ rate }) => rate,
    dependsOnEpochs: ({ every }) => every === undefined,
  },
  cosine: {
    highest: ({ rate }) => rate,
    rateAt: (schedule, { step, stepsPerEpoch, epochs }) =>
      between(schedule.rate, schedule.minimum, (step - 1) / (epochs * stepsPerEpoch)),
    dependsOnEpochs: () => true,
  },
  oneCycle: {
    highest: ({ rate }) => rate,
    rateAt({ rate: highest, warmUp: share, startDivisor, endDivisor }, { step, stepsPerEpoch, epochs }) {
      const total = epochs * stepsPerEpoch;
      // PyTorch's numbering: the highest rate is that of the step `top`, counted from 0, the lowest that of the last.
      const top = share * total - 1;
      const start = highest / startDivisor;
      return step - 1 <= top
        ? between(start, highest, (step - 1) / top)
        : between(highest, start / endDivisor, (step - 1 - top) / (total - 1 - top));
    },
    dependsOnEpochs: () => true,
  },
  warmUp: {
    rateAt: ({ epochs, schedule }, position) =>
      rateAt(schedule, position) * Math.min(1, position.step / Math.max(1, epochs * position.stepsPerEpoch)),
    highest: ({ schedule }) => highestRate(schedule),
    dependsOnEpochs: ({ schedule }) => dependsOnEpochs(schedule),
    dependsOnValidation: ({ schedule }) => dependsOnValidation(schedule),
  },
  onPlateau: {
    highest: ({ rate }) => rate,
    rateAt: (schedule, { history }) => schedule.rate * schedule.factor ** fallsOf(schedule, history),
    dependsOnValidation: () => true,
  },
};

const courseOf = (schedule: Schedule): Course<Schedule> => COURSES[schedule.type];

/**
 * The learning rate of one step.
 *
 * @param schedule see {@link stepped}, {@link cosine}, {@link oneCycle}, {@link warmUp} and {@link onPlateau}
 * @example
 * rateAt(scheduleOf([0.3, 0.2]), { epoch: 7, step: 61, stepsPerEpoch: 10, epochs: 9, history: [] }); // 0.2
 */
export const rateAt = (schedule: Schedule, position: Position): number => courseOf(schedule).rateAt(schedule, position);

/**
 * The rate that a schedule rises to, or falls from: what is asked for when it is chosen.
 *
 * @example
 * highestRate(warmUp(1, oneCycle({ rate: 0.1 }))); // 0.1
 */
export const highestRate = (schedule: Schedule): number => courseOf(schedule).highest(schedule);

/** From one rate to another along half a cosine. */
function between(from: number, to: number, share: number): number {
  const height = Math.cos(Math.PI * Math.min(1, share));
  return (from * (1 + height) + to * (1 - height)) / 2;
}

/** How often the rate has fallen. */
function fallsOf({ patience, threshold }: PlateauRate, history: Position["history"]): number {
  let [falls, waited, best] = [0, 0, Number.POSITIVE_INFINITY];
  for (const { validation } of history) {
    const objective = validation?.objective ?? Number.NaN;
    if (objective < best * (1 - threshold)) [best, waited] = [objective, 0];
    else waited++;
    if (waited > patience) [falls, waited] = [falls + 1, 0];
  }
  return falls;
}

/** Whether the rates depend on how many epochs there are to be. */
export const dependsOnEpochs = (schedule: Schedule): boolean => courseOf(schedule).dependsOnEpochs?.(schedule) ?? false;

/** Whether the rates depend on how validation goes. */
export const dependsOnValidation = (schedule: Schedule): boolean =>
  courseOf(schedule).dependsOnValidation?.(schedule) ?? false;
