import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { trainingFixture } from "../../../test/support/training-fixture.js";
import {
  cosine,
  dependsOnEpochs,
  highestRate,
  LEARNING_RATE,
  oneCycle,
  onPlateau,
  rateAt,
  SCHEDULE,
  type Schedule,
  scheduleOf,
  stepped,
  warmUp,
} from "./schedule.js";

type Fixture = Readonly<Record<string, readonly number[]>>;
const fixture: Fixture = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/schedules.json", import.meta.url), "utf8"),
);

const EPOCHS = 5;
const PER_EPOCH = 4;

/** What a schedule gives for each step of five epochs of four. */
const perStep = (schedule: Schedule): number[] =>
  Array.from({ length: EPOCHS * PER_EPOCH }, (_, i) => {
    const epoch = Math.floor(i / PER_EPOCH) + 1;
    return rateAt(schedule, { epoch, step: i + 1, stepsPerEpoch: PER_EPOCH, epochs: EPOCHS, history: [] });
  });

const perEpoch = (schedule: Schedule): number[] => perStep(schedule).filter((_, i) => i % PER_EPOCH === 0);

const expectNear = (rates: readonly number[], expected: readonly number[]): void => {
  expect(rates).toHaveLength(expected.length);
  rates.forEach((rate, i) => {
    expect(Math.abs(rate / expected[i] - 1), `rate ${i}`).toBeLessThan(1e-7);
  });
};

const validated = (objective: number) => ({
  validation: { objective, metrics: {}, imagesPerSecond: 1 },
});

test("a third of the epochs is between two falls where nobody says how many: 2 of 5", () => {
  expect(perEpoch(stepped({ rate: 1, factor: 0.5 }))).toEqual([1, 1, 0.5, 0.5, 0.25]);
  expect(
    [stepped({ rate: 1 }), stepped({ rate: 1, every: 2 }), warmUp(1, stepped({ rate: 1 }))].map(dependsOnEpochs),
  ).toEqual([...[true, false, true]]);
});

test("the highest rate is the one that a schedule rises to or falls from", () => {
  const schedules = [
    ...[scheduleOf(0.2), scheduleOf([0.1, 0.2, 0.05]), stepped({ rate: 0.2 }), cosine({ rate: 0.2 })],
    ...[oneCycle({ rate: 0.2 }), onPlateau({ rate: 0.2 }), warmUp(2, oneCycle({ rate: 0.2 }))],
  ];
  expect(schedules.map(highestRate)).toEqual(schedules.map(() => 0.2));
});

describe("a schedule has PyTorch's rates", () => {
  const rate = 0.2;

  test.each([
    ["cosine", cosine({ rate, minimum: 0.01 })],
    ["oneCycle", oneCycle({ rate })],
    ["oneCycleWith", oneCycle({ rate, warmUp: 0.5, startDivisor: 10, endDivisor: 100 })],
    ["warmUp", warmUp(1.5, cosine({ rate }))],
  ])("%s, in each step", (name, schedule) => {
    expectNear(perStep(schedule), fixture[name]);
  });

  test.each([
    ["constant", 0.2],
    ["stepped", stepped({ rate: 0.2, every: 1, factor: 0.5 })],
  ] as const)("a warm-up of 1½ epochs before %s, as LinearLR and what comes after it", (name, rate) => {
    expectNear(perStep(warmUp(1.5, scheduleOf(rate))).slice(0, 12), trainingFixture.warmUp[name]);
  });

  test("steps, in each epoch", () => {
    const schedule = stepped({ rate, every: 2, factor: 0.5 });
    expectNear(perEpoch(schedule), fixture.steps);
    expect(new Set(perStep(schedule)).size).toBe(3);
  });

  test("onPlateau, from the objectives so far", () => {
    const schedule = onPlateau({ rate, factor: 0.5, patience: 2, threshold: 1e-3 });
    const rates = fixture.objectives.map((_, i) =>
      // The rate of an epoch follows from those before it: PyTorch's after i steps of the scheduler.
      rateAt(schedule, {
        epoch: i + 2,
        step: 1,
        stepsPerEpoch: 1,
        epochs: 99,
        history: fixture.objectives.slice(0, i + 1).map(validated),
      }),
    );
    expectNear([rate, ...rates.slice(0, -1)], fixture.onPlateau);
  });
});

test("a number is a constant rate; of a list the last is held", () => {
  expect(perEpoch(scheduleOf(0.3))).toEqual([0.3, 0.3, 0.3, 0.3, 0.3]);
  expect(perEpoch(scheduleOf([0.3, 0.2]))).toEqual([0.3, 0.2, 0.2, 0.2, 0.2]);
});

test("a warm-up of half an epoch reaches the rate in its second step", () => {
  expectNear(perStep(warmUp(0.5, scheduleOf([0.4, 0.1]))).slice(0, 5), [0.2, 0.4, 0.4, 0.4, 0.1]);
});

test("an objective that is not a number is no progress", () => {
  const schedule = onPlateau({ rate: 1, factor: 0.5, patience: 1 });
  const history = [0.5, Number.NaN, Number.NaN].map(validated);
  expect(rateAt(schedule, { epoch: 4, step: 4, stepsPerEpoch: 1, epochs: 9, history })).toBe(0.5);
});

test.each([
  [() => stepped({ rate: 1, every: 0 }), "every: expected a whole number of at least 1, got 0."],
  [() => cosine({ rate: 0.1, minimum: 1 }), "minimum: expected a number of at most 0.1, the rate, got 1."],
  [() => oneCycle({ rate: 1, warmUp: 1 }), "warmUp: expected a number above 0 and below 1, got 1."],
  [() => warmUp(0, cosine({ rate: 1 })), "epochs: expected a number above 0, got 0."],
  [() => cosine({ rate: 0 }), "rate: expected a number above 0, got 0."],
  [() => onPlateau({ rate: 1, factor: 2 }), "factor: expected a number above 0 and below 1, got 2."],
  [() => onPlateau({ rate: 1, patience: 0.5 }), "patience: expected a whole number of at least 0, got 0.5."],
])("%o is refused", (make, message) => {
  expect(make).toThrow(new RangeError(`Invalid value for ${message}`));
});

test.each([
  [[0.1, -1], "learningRate[1]: expected a number above 0, got -1."],
  [[], "learningRate: expected a list of at least 1, got []."],
  ["fast", 'learningRate: expected an object, got "fast".'],
  [
    { type: "falling", rate: 1 },
    'learningRate.type: expected one of constant, list, stepped, cosine, oneCycle, onPlateau, got "falling".',
  ],
  [
    { type: "cosine", rate: 1, minimun: 0 },
    "learningRate: unknown field 'minimun': did you mean 'minimum'? It has rate, minimum.",
  ],
  [
    { type: "warmUp", epochs: 1, schedule: { type: "constant" } },
    "learningRate.schedule.rate: expected a number above 0, got nothing.",
  ],
])("%j is no learning rate", (given, message) => {
  expect(() => LEARNING_RATE.take(given, { path: "learningRate" })).toThrow(message);
});

test("a schedule survives JSON", () => {
  const schedule = warmUp(0.5, oneCycle({ rate: 0.3 }));
  expect(SCHEDULE.take(JSON.parse(JSON.stringify(schedule)), { path: "schedule" })).toEqual(schedule);
});
