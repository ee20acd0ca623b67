import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { measureError, withinNoise } from "./certainty.js";
import { importanceOf } from "./importance.js";
import { type Halving, nextStep, rungEpochs, type TrialState } from "./next-step.js";
import { choices, drawValues, gridOf, interval, placeIn, type Space } from "./space.js";

const NETWORKS = choices("network", ["compact", "resnet20"]);
const WIDTHS = choices("width", [8, 16, 32], { name: "network", among: ["compact"] });
const RATES = interval("learning-rate", 0.001, 0.1, { scale: "log" });

describe("a space", () => {
  test("refuses what cannot be searched", () => {
    expect(() => choices("width", [])).toThrow("width: expected at least one value, got none.");
    expect(() => choices("width", [8, 16, 8])).toThrow("width: expected different values, got 8 twice.");
    expect(() => interval("rate", 1, 0.1)).toThrow("rate: expected two numbers, the lower one first, got 1..0.1.");
    expect(() => interval("rate", Number.NaN, 1)).toThrow("the lower one first");
    expect(() => interval("rate", 0, 1, { scale: "log" })).toThrow("above 0 on a logarithmic scale, got 0..1.");
    expect(() => interval("width", 0.5, 4, { whole: true })).toThrow("width: expected whole numbers, got 0.5..4.");
  });

  test("as a grid has each combination once, without settings that are not read", () => {
    expect(gridOf([NETWORKS, WIDTHS])).toEqual([
      { network: "compact", width: 8 },
      { network: "compact", width: 16 },
      { network: "compact", width: 32 },
      { network: "resnet20" },
    ]);
    expect(gridOf([interval("n", 1, 3, { whole: true })], { steps: 5 }).map(({ n }) => n)).toEqual([1, 2, 3]);
    // 10 to the power of −3, −2.5, −2, −1.5 and −1
    expect(gridOf([RATES]).map((values) => values["learning-rate"])).toEqual([0.001, 0.003162, 0.01, 0.03162, 0.1]);
    expect(() => gridOf([RATES, { ...RATES, name: "other" }], { steps: 200 })).toThrow("A grid of 40000 trials");
  });

  test("is drawn within its limits, each time the same, whatever the number; nothing comes twice", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 30 }), (seed, count) => {
        const space: Space = [NETWORKS, WIDTHS, RATES, interval("batch-size", 2, 9, { whole: true })];
        const drawn = drawValues(space, count, seed);
        expect(drawn).toHaveLength(count);
        expect(drawValues(space, count + 5, seed).slice(0, count)).toEqual(drawn);
        expect(new Set(drawn.map((values) => JSON.stringify(values))).size).toBe(count);
        for (const { network, width, "learning-rate": rate, "batch-size": size } of drawn) {
          expect(width !== undefined).toBe(network === "compact");
          expect(rate).toSatisfy((value: number) => value >= 0.001 && value <= 0.1);
          expect(size).toSatisfy((value: number) => Number.isInteger(value) && value >= 2 && value <= 9);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("that has no more gives fewer", () => {
    const drawn = drawValues([NETWORKS, WIDTHS], 20, 3);
    expect(new Set(drawn.map((values) => JSON.stringify(values)))).toEqual(
      new Set(gridOf([NETWORKS, WIDTHS]).map((values) => JSON.stringify(values))),
    );
  });

  test("is drawn evenly on its scale", () => {
    const places = drawValues([RATES], 400, 1).map((values) => placeIn(RATES, Number(values["learning-rate"])));
    // of 400 uniform numbers a quarter holds 100, give or take 4 standard deviations of 8.7
    for (let k = 0; k < 4; k++) {
      const count = places.filter((place) => Math.min(3, Math.floor(4 * place)) === k).length;
      expect(count).toSatisfy((value: number) => value > 65 && value < 135);
    }
  });
});

/** What each trial shows after each rung, and a search that is done by so many at the same time, in an order that `chance` decides. */
function search(
  halving: Halving,
  errorOf: (trial: number, rung: number) => number,
  { together = 1, chance = (): number => 0, states = [] as (TrialState | undefined)[] } = {},
) {
  const log: string[] = [];
  const running: { trial: number; rung: number }[] = [];
  for (let turn = 0; turn < 10_000; turn++) {
    const step = running.length < together ? nextStep(states, halving) : ({ type: "wait" } as const);
    if (step.type === "done") return { states, log };
    if (step.type === "train") {
      const below = states.flatMap((state) => (state ? [state.errors[step.rung - 1] ?? 2] : []));
      const better = below.filter((error) => error < (states[step.trial]?.errors[step.rung - 1] ?? 2)).length;
      // among the best share of those below, but for one that is taken to the end where there are too few
      if (step.rung > 0 && running.length > 0) expect(better).toBeLessThan(below.length / halving.reduction);
      running.push(step);
      log.push(`${step.trial}/${step.rung}`);
      states[step.trial] = { errors: states[step.trial]?.errors ?? [], running: true };
      continue;
    }
    const [{ trial, rung }] = running.splice(Math.floor(chance() * running.length), 1);
    const errors = states[trial]?.errors ?? [];
    const error = errorOf(trial, rung);
    states[trial] = Number.isFinite(error) ? { errors: [...errors, error] } : { errors, failed: true };
  }
  throw new Error("The search does not end.");
}

describe("successive halving", () => {
  const halving = { trials: 9, rungs: 3, reduction: 3 };

  test("takes the best third further, as soon as it is known", () => {
    // By hand: after three trials the best of them rises. Of six, two may: trial 5 is the best, and rises. Of eight, two may, and trial 7 is the second best:
    // it rises, the second rung then has three, and the best of those goes on. The ninth trial allows three, of which trial 1 is one that did.
    const errors = [0.5, 0.4, 0.6, 0.45, 0.7, 0.2, 0.8, 0.3, 0.9];
    const { log } = search(halving, (trial, rung) => errors[trial] / (rung + 1));
    expect(log).toEqual(["0/0", "1/0", "2/0", "1/1", "3/0", "4/0", "5/0", "5/1", "6/0", "7/0", "7/1", "5/2", "8/0"]);
  });

  test("with one rung trains every trial once, in order", () => {
    const { log } = search({ ...halving, rungs: 1 }, (trial) => trial);
    expect(log).toEqual(Array.from({ length: 9 }, (_, trial) => `${trial}/0`));
  });

  test("takes the best one to the end where there are too few for a third", () => {
    expect(search({ ...halving, trials: 2 }, (trial) => 1 - trial / 10).log).toEqual(["0/0", "1/0", "1/1", "1/2"]);
  });

  test("goes around what failed, and ends where all did", () => {
    const failing = search(halving, (trial, rung) => (trial === 0 || rung > 1 ? Number.POSITIVE_INFINITY : trial));
    expect(failing.states.filter((state) => state?.failed)).not.toHaveLength(0);
    expect(failing.log.filter((line) => line.startsWith("0/"))).toEqual(["0/0"]);
    expect(search(halving, () => Number.POSITIVE_INFINITY).log).toHaveLength(9);
  });

  test("ends with every trial begun and one at the top, in any order of results, and takes only the best share further", () => {
    const cases = fc.record({
      trials: fc.integer({ min: 1, max: 20 }),
      rungs: fc.integer({ min: 1, max: 4 }),
      reduction: fc.integer({ min: 2, max: 4 }),
    });
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (case_, together, numbers) => {
          const chance = (): number => numbers.next().value ?? 0;
          const drawn = new Map<string, number>();
          const errorOf = (trial: number, rung: number): number => {
            const key = `${trial}/${rung}`;
            drawn.set(key, drawn.get(key) ?? chance());
            return drawn.get(key) ?? 0;
          };
          const { states, log } = search(case_, errorOf, { together, chance });
          expect(new Set(log).size).toBe(log.length);
          const reached = (rung: number): number => states.filter((state) => (state?.errors.length ?? 0) > rung).length;
          expect(reached(0)).toBe(case_.trials);
          expect(reached(case_.rungs - 1)).toBeGreaterThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("one by one is the same, wherever it was ended and begun again", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { minLength: 9, maxLength: 9 }), fc.nat(30), (errors, after) => {
        const errorOf = (trial: number, rung: number): number => errors[trial] - rung;
        const whole = search(halving, errorOf);
        const states: (TrialState | undefined)[] = [];
        for (let i = 0; i < after; i++) {
          const step = nextStep(states, halving);
          if (step.type !== "train") break;
          const before = states[step.trial]?.errors ?? [];
          states[step.trial] = { errors: [...before, errorOf(step.trial, step.rung)] };
        }
        // it was ended on the way to the next rung
        const step = nextStep(states, halving);
        if (step.type === "train") states[step.trial] = { errors: states[step.trial]?.errors ?? [], underWay: true };
        expect(search(halving, errorOf, { states }).states).toEqual(whole.states);
      }),
      { numRuns: 40 },
    );
  });

  test("has rungs at whole epochs", () => {
    expect(rungEpochs(81, { reduction: 3, first: 1 })).toEqual([1, 3, 9, 27, 81]);
    expect(rungEpochs(1, { reduction: 3, first: 1 })).toEqual([1]);
    expect(rungEpochs(5, { reduction: 2, first: 1 })).toEqual([1, 3, 5]);
    expect(() => rungEpochs(5, { reduction: 2, first: 6 })).toThrow("expected at most 5, the epochs, got 6");
  });
});

describe("an error", () => {
  test("of no mistake is not certain; seeds add their spread", () => {
    // n = 98, p = 0: p̃ = 1/100
    expect(measureError([0], 98)).toEqual({ error: 0, standardError: Math.sqrt((0.01 * 0.99) / 98) });
    // p = 0.2 of 8: p̃ = 2.6/10; the seeds' variance is 0.02, of three 0.02/3
    const { error, standardError } = measureError([0.1, 0.2, 0.3], 8);
    expect(error).toBeCloseTo(0.2, 12);
    expect(standardError).toBeCloseTo(Math.sqrt((0.26 * 0.74) / 8 + 0.01 / 3), 12);
    expect(() => measureError([], 8)).toThrow("at least one seed");
  });

  test("is another one from two standard errors of the difference on", () => {
    const at = (error: number) => ({ error, standardError: 0.03 });
    expect(withinNoise(at(0.1), at(0.184))).toBe(true); // 2·√2·0.03 = 0.0849
    expect(withinNoise(at(0.1), at(0.186))).toBe(false);
  });
});

describe("importance", () => {
  const trials = Array.from({ length: 40 }, (_, i) => ({
    values: { "learning-rate": 0.001 * 1.1 ** i, width: [8, 16][i % 2], network: "compact" },
    error: i < 20 ? 0.5 + i / 1000 : 0.1 - i / 1000,
  }));

  test("finds what the errors depend on; a setting of one value is left out", () => {
    const [first, second, ...more] = importanceOf([NETWORKS, choices("width", [8, 16]), RATES], trials);
    expect(first.name).toBe("learning-rate");
    expect(first.share).toBeGreaterThan(0.8);
    expect(second).toEqual({ name: "width", share: 0 });
    expect(more).toEqual([]);
  });

  test("is that of Kruskal and Wallis's test", () => {
    // scipy.stats.kruskal([1, 4, 6], [2, 3, 9], [7, 8, 5]) has H = 1.0667; (H − g + 1)/(n − g) < 0. With [1, 2, 3], [4, 5, 6], [7, 8, 9]: H = 7.2
    const space = [choices("k", [1, 2, 3])];
    const of = (errors: readonly number[]) =>
      importanceOf(
        space,
        errors.map((error, i) => ({ values: { k: Math.floor(i / 3) + 1 }, error })),
      )[0].share;
    expect(of([1, 4, 6, 2, 3, 9, 7, 8, 5])).toBe(0);
    expect(of([1, 2, 3, 4, 5, 6, 7, 8, 9])).toBeCloseTo((7.2 - 2) / 6, 12);
  });

  test("needs more trials than values, and takes failed ones for the worst", () => {
    expect(importanceOf([choices("width", [8, 16])], trials.slice(0, 2))[0].share).toBeUndefined();
    const failing = trials.slice(0, 8).map((trial, i) => ({ ...trial, error: i % 2 ? Number.POSITIVE_INFINITY : 0.1 }));
    expect(importanceOf([choices("width", [8, 16])], failing)[0].share).toBe(1);
  });
});
