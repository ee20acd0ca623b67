import { afterEach, describe, expect, test, vi } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import { logisticLoss } from "../../blocks/loss/attribute-losses.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { l2Loss } from "../../blocks/loss/value-losses.js";
import { sequential } from "../../network/network.js";
import { sumsOf } from "../step/objective.js";
import type { EpochStatistics } from "./epoch-statistics.js";
import { addBatch, nothingLearned, statisticsOf, stillNothingLearned, zeroSums } from "./statistics.js";

afterEach(() => vi.restoreAllMocks());

const image = { channels: 1, height: 1, width: 1 };
const classifier = sequential("classifier", image, [conv(1, 4, { name: "scores" }), softmaxLogLoss()]);

/** A batch of so many samples, in four places. */
const batchOf = (samples: number) => ({
  indices: Int32Array.of(0, 1, 2, 3),
  weights: Float32Array.from({ length: 4 }, (_, i) => (i < samples ? 1 : 0)),
});

/** The sums after batches, each begun at second 1 of its own clock and `took` long. */
function sumsAfter(
  names: readonly string[],
  batches: readonly { samples: number; took: number; sums: Record<string, number> }[],
): Record<string, number> {
  return batches.reduce<Record<string, number>>((sums, { samples, took, sums: ofBatch }) => {
    vi.spyOn(performance, "now").mockReturnValue(1000 + 1000 * took);
    return addBatch(sums, ofBatch, batchOf(samples), 1000);
  }, zeroSums(names));
}

describe("sums become means", () => {
  test("over the samples, not over the places of the last batch", () => {
    const sums = sumsAfter(sumsOf(classifier), [
      { samples: 4, took: 2, sums: { objective: 6, top1Error: 3, top5Error: 1, waited: 0.5 } },
      { samples: 1, took: 1, sums: { objective: 1.5, top1Error: 1, top5Error: 0, waited: 0.25 } },
    ]);
    // 5 samples in 3 seconds, of which ¾ were waited for
    expect(statisticsOf(sums)).toEqual({
      objective: 7.5 / 5,
      metrics: { top1Error: 4 / 5, top5Error: 1 / 5 },
      imagesPerSecond: 5 / 3,
      waiting: 0.25,
    });
  });

  test("of nothing are zeros to add to", () => {
    expect(zeroSums(sumsOf(classifier))).toEqual({
      objective: 0,
      top1Error: 0,
      top5Error: 0,
      samples: 0,
      seconds: 0,
      waited: 0,
    });
  });

  test("of several losses by the names of their layers; without labels there is no top-1 error", () => {
    const network = sequential("regression", image, [
      conv(1, 2, { name: "scores" }),
      l2Loss({ name: "near", inputs: ["scores"], target: "goal" }),
      logisticLoss({ name: "sign", inputs: ["scores"], target: "side", weight: 0.5 }),
    ]);
    const sums = sumsAfter(sumsOf(network), [
      {
        samples: 2,
        took: 1,
        sums: { objective: 10, absoluteError: 3, attributeError: 1, "loss/near": 8, "loss/sign": 4, waited: 0 },
      },
      {
        samples: 2,
        took: 1,
        sums: { objective: 4, absoluteError: 1, attributeError: 0, "loss/near": 3, "loss/sign": 2, waited: 0 },
      },
    ]);
    // 8 + 4/2 and 3 + 2/2
    expect(statisticsOf(sums)).toEqual({
      objective: 3.5,
      metrics: { absoluteError: 1, attributeError: 0.25 },
      losses: { near: 2.75, sign: 1.5 },
      imagesPerSecond: 2,
      waiting: 0,
    });
  });
});

describe("whether anything was learned", () => {
  const epoch = (objective: number, top1Error?: number): EpochStatistics => ({
    epoch: 1,
    learningRate: 0.0123456,
    train: { objective, metrics: top1Error === undefined ? {} : { top1Error }, imagesPerSecond: 1 },
  });
  // guessing among 4 classes: ln 4 = 1.3863, of which 98 % are 1.3586; an error of 75 %, and from 1 − 2/4 on it is suspicious
  test.each<[string, EpochStatistics, boolean]>([
    ["guesses", epoch(1.3863, 0.75), true],
    ["is worse than guessing", epoch(2, 0.8), true],
    ["has an objective just above 98 % of guessing", epoch(1.3587, 0.5), true],
    ["has an objective just below 98 % of guessing", epoch(1.3585, 0.75), false],
    ["is right more often than twice by chance", epoch(1.3863, 0.49), false],
    ["has no errors to count", epoch(1.3863), false],
  ])("when it %s", (_, statistics, nothing) => {
    expect(nothingLearned(classifier, statistics, 4) !== undefined).toBe(nothing);
  });

  test("is said with what guessing gives, and the rate", () => {
    expect(nothingLearned(classifier, epoch(1.4, 0.75), 4)).toBe(
      "Nothing is learned: after epoch 1 the objective is 1.400, and guessing among 4 classes gives 1.386. " +
        "Try a learning rate other than 0.0123: ten times larger, or, if the objective rose before, ten times smaller.",
    );
  });

  test("is not said while a schedule rises, nor while the objective falls; the rate is the one that was asked for", () => {
    const at = (learningRate: number, objective: number): EpochStatistics => ({
      ...epoch(objective, 0.75),
      learningRate,
    });
    const told = (history: readonly EpochStatistics[], begun: number, steps = 10): string | undefined =>
      stillNothingLearned(classifier, history, 4, { begun, highest: 0.1, steps });
    expect(told([at(0.05, 1.39)], 0.004)).toBeUndefined();
    expect(told([at(0.1, 1.39)], 0.1)).toContain("other than 0.1:");
    expect(told([at(0.1, 1.39)], 0.1, 9)).toBeUndefined();
    expect(told([at(0.06, 1.39), at(1e-8, 1.39)], 0.04)).toContain("other than 0.1:");
    // 3.0 to 2.5 is learning, however far it is from what guessing gives
    expect(told([at(0.1, 3), at(0.1, 2.5)], 0.1)).toBeUndefined();
  });

  test("of two classes is not said where two of three are right", () => {
    expect(nothingLearned(classifier, epoch(0.7, 0.33), 2)).toBeUndefined();
    expect(nothingLearned(classifier, epoch(0.7, 0.34), 2)).toContain("Nothing is learned");
  });

  test("is not known of one class, nor of objectives whose value by guessing is another", () => {
    const guessing = epoch(1.3863, 0.75);
    expect(nothingLearned(classifier, epoch(0, 0.75), 1)).toBeUndefined();
    const scores = conv(1, 4, { name: "scores" });
    for (const losses of [
      [softmaxLogLoss({ weight: 2 })],
      [l2Loss()],
      [softmaxLogLoss({ inputs: ["scores"] }), l2Loss({ inputs: ["scores"], target: "goal" })],
    ]) {
      expect(nothingLearned(sequential("other", image, [scores, ...losses]), guessing, 4)).toBeUndefined();
    }
    // a loss that is only watched changes no objective
    const watched = l2Loss({ inputs: ["scores"], target: "goal", weight: 0 });
    const network = sequential("watched", image, [scores, softmaxLogLoss({ inputs: ["scores"] }), watched]);
    expect(nothingLearned(network, guessing, 4)).toContain("Nothing is learned");
  });
});
