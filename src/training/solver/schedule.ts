import { expectInRange, expectWhole } from "../../values/range.js";
import type { EpochStatistics } from "../statistics/epoch-statistics.js";

/** The same rate in every step. */
export interface ConstantRate {
  readonly type: "constant";
  readonly rate: number;
}

/** A rate for each epoch, the last of which is held. */
export interface ListedRates {
  readonly type: "list";
  readonly rates: readonly number[];
}

/** A rate that falls by a factor every few epochs; see {@link stepped}. */
export interface SteppedRate {
  readonly type: "stepped";
  /** the first rate */
  readonly rate: number;
  /** epochs between two falls */
  readonly every: number;
  /** what the rate is multiplied by; 0.1 */
  readonly factor: number;
}

/** A rate that falls along a half cosine; see {@link cosine}. */
export interface CosineRate {
  readonly type: "cosine";
  /** the first rate */
  readonly rate: number;
  /** what it falls towards; 0 */
  readonly minimum: number;
}

/** A rate that rises, then falls to almost nothing; see {@link oneCycle}. */
export interface OneCycleRate {
  readonly type: "oneCycle";
  /** the highest rate */
  readonly rate: number;
  /** the share of the steps in which it rises; 0.3 */
  readonly warmUp: number;
  /** the highest rate divided by the first; 25 */
  readonly startDivisor: number;
  /** the first rate divided by the last; 10⁴ */
  readonly endDivisor: number;
}

/** Another schedule whose first rates are held back; see {@link warmUp}. */
export interface WarmedUpRate {
  readonly type: "warmUp";
  /** how long it takes; a fraction is possible */
  readonly epochs: number;
  readonly schedule: Schedule;
}

/** A rate that falls where validation no longer does; see {@link onPlateau}. */
export interface PlateauRate {
  readonly type: "onPlateau";
  /** the first rate */
  readonly rate: number;
  /** what the rate is multiplied by; 0.1 */
  readonly factor: number;
  /** epochs without progress that are put up with; 10 */
  readonly patience: number;
  /** the share of the best objective by which a new one must be below it to count as progress; 10⁻⁴ */
  readonly threshold: number;
}

/** How the learning rate goes: a plain object that serialises to JSON. */
export type Schedule =
  | ConstantRate
  | ListedRates
  | SteppedRate
  | CosineRate
  | OneCycleRate
  | WarmedUpRate
  | PlateauRate;

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
 * Multiplies the rate by `factor` every so many epochs, as PyTorch's `StepLR`.
 *
 * @example
 * rateAt(stepped({ rate: 0.1, every: 2 }), { epoch: 5, step: 41, stepsPerEpoch: 10, epochs: 6, history: [] }).toFixed(6); // "0.001000"
 */
export const stepped = (options: Pick<SteppedRate, "rate" | "every"> & Partial<SteppedRate>): SteppedRate => ({
  factor: 0.1,
  ...options,
  type: "stepped",
});

/**
 * Half a cosine from the rate to the minimum over all steps (Loshchilov and Hutter, 2017), as PyTorch's `CosineAnnealingLR` with
 * a step for each batch. In step t of T, counted from 1: minimum + (rate − minimum)·(1 + cos(π·(t − 1)/T)) / 2.
 *
 * @example
 * rateAt(cosine({ rate: 0.1 }), { epoch: 2, step: 11, stepsPerEpoch: 10, epochs: 2, history: [] }).toFixed(6); // "0.050000"
 */
export const cosine = (options: Pick<CosineRate, "rate"> & Partial<CosineRate>): CosineRate => ({
  minimum: 0,
  ...options,
  type: "cosine",
});

/**
 * One cycle (Smith and Topin, 2018): from rate/startDivisor up to the rate, then down to rate/startDivisor/endDivisor, along half
 * cosines, as PyTorch's `OneCycleLR` with a constant momentum. See {@link findLearningRate} for the rate.
 *
 * @example
 * rateAt(oneCycle({ rate: 0.1 }), { epoch: 1, step: 1, stepsPerEpoch: 10, epochs: 2, history: [] }); // 0.004
 */
export const oneCycle = (options: Pick<OneCycleRate, "rate"> & Partial<OneCycleRate>): OneCycleRate => ({
  warmUp: 0.3,
  startDivisor: 25,
  endDivisor: 1e4,
  ...options,
  type: "oneCycle",
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
  epochs,
  schedule,
});

/**
 * Multiplies the rate by `factor` whenever the validation objective has made no progress for more than `patience` epochs, as
 * PyTorch's `ReduceLROnPlateau`. It depends on the history alone, so that a run that is resumed has the same rates.
 *
 * @example
 * const history = [1, 0.9, 0.95].map((objective) => ({ validation: { objective, metrics: {}, imagesPerSecond: 1 } }));
 * const position = { epoch: 4, step: 31, stepsPerEpoch: 10, epochs: 9, history };
 * rateAt(onPlateau({ rate: 0.2, factor: 0.5, patience: 0 }), position); // 0.1
 */
export const onPlateau = (options: Pick<PlateauRate, "rate"> & Partial<PlateauRate>): PlateauRate => ({
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  ...options,
  type: "onPlateau",
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

/**
 * The learning rate of one step.
 *
 * @param schedule see {@link stepped}, {@link cosine}, {@link oneCycle}, {@link warmUp} and {@link onPlateau}
 * @example
 * rateAt(scheduleOf([0.3, 0.2]), { epoch: 7, step: 61, stepsPerEpoch: 10, epochs: 9, history: [] }); // 0.2
 */
export function rateAt(schedule: Schedule, position: Position): number {
  const { epoch, step, stepsPerEpoch, epochs, history } = position;
  const total = epochs * stepsPerEpoch;
  switch (schedule.type) {
    case "constant":
      return schedule.rate;
    case "list":
      return schedule.rates[Math.min(epoch, schedule.rates.length) - 1];
    case "stepped":
      return schedule.rate * schedule.factor ** Math.floor((epoch - 1) / schedule.every);
    case "cosine":
      return between(schedule.rate, schedule.minimum, (step - 1) / total);
    case "oneCycle": {
      const { rate, startDivisor, endDivisor } = schedule;
      // PyTorch's numbering: the highest rate is that of the step `top`, counted from 0, the lowest that of the last.
      const top = schedule.warmUp * total - 1;
      const start = rate / startDivisor;
      return step - 1 <= top
        ? between(start, rate, (step - 1) / top)
        : between(rate, start / endDivisor, (step - 1 - top) / (total - 1 - top));
    }
    case "warmUp":
      return rateAt(schedule.schedule, position) * Math.min(1, step / Math.max(1, schedule.epochs * stepsPerEpoch));
    case "onPlateau":
      return schedule.rate * schedule.factor ** fallsOf(schedule, history);
  }
}

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
export const dependsOnEpochs = (schedule: Schedule): boolean =>
  schedule.type === "warmUp" ? dependsOnEpochs(schedule.schedule) : ["cosine", "oneCycle"].includes(schedule.type);

/** Whether the rates depend on how validation goes. */
export const dependsOnValidation = (schedule: Schedule): boolean =>
  schedule.type === "warmUp" ? dependsOnValidation(schedule.schedule) : schedule.type === "onPlateau";

/** @throws RangeError when a setting of the schedule is out of range */
export function expectSchedule(schedule: Schedule): void {
  if (schedule.type === "warmUp") {
    expectInRange("warmUp", schedule.epochs, { above: 0 });
    expectSchedule(schedule.schedule);
    return;
  }
  const rates = schedule.type === "list" ? schedule.rates : [schedule.rate];
  if (rates.length === 0 || !rates.every((rate) => rate > 0 && Number.isFinite(rate))) {
    throw new RangeError(`Invalid value for learningRate: expected positive numbers, got ${rates.join(", ")}.`);
  }
  switch (schedule.type) {
    case "stepped":
      expectInRange("factor", schedule.factor, { above: 0 });
      expectWhole("every", [schedule.every], 1);
      break;
    case "cosine":
      expectInRange("minimum", schedule.minimum, { least: 0, most: schedule.rate });
      break;
    case "oneCycle":
      expectInRange("warmUp", schedule.warmUp, { above: 0, below: 1 });
      expectInRange("startDivisor", schedule.startDivisor, { least: 1 });
      expectInRange("endDivisor", schedule.endDivisor, { least: 1 });
      break;
    case "onPlateau":
      expectInRange("factor", schedule.factor, { above: 0, below: 1 });
      expectWhole("patience", [schedule.patience], 0);
      expectInRange("threshold", schedule.threshold, { least: 0, below: 1 });
      break;
  }
}
