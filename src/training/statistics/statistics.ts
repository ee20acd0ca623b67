import { TOP1_ERROR } from "../../blocks/loss/metrics.js";
import type { Values } from "../../engine/engine.js";
import { lossesOf, type Network } from "../../network/network.js";
import type { Sums } from "../events.js";
import type { Batch } from "../step/batches.js";
import { lossSum } from "../step/objective.js";
import type { EpochStatistics, Statistics } from "./epoch-statistics.js";

/** What sums have beside the objective, the losses and the metrics. */
const COUNTS = ["samples", "seconds", "waited"];

/** Sums over no samples. */
export const zeroSums = (names: readonly string[]): Sums =>
  Object.fromEntries([...names, ...COUNTS].map((name) => [name, 0]));

/**
 * Adds a batch to the sums of an epoch.
 *
 * @param ofBatch the sums over the batch by name, and the seconds that its images were `waited` for
 * @param started when it was begun, by `performance.now()`
 */
export function addBatch(sums: Sums, ofBatch: Sums, batch: Batch, started: number): Sums {
  const share = (name: string): number => {
    if (name === "samples") return batch.weights.reduce((a, b) => a + b, 0);
    return name === "seconds" ? (performance.now() - started) / 1000 : ofBatch[name];
  };
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum + share(name)]));
}

/** The sums of a batch among the outputs of a program. */
export const sumsAmong = (outputs: Values, names: readonly string[]): Sums =>
  Object.fromEntries(names.map((name) => [name, Number(outputs[name].data[0])]));

/** Means from sums. */
export function statisticsOf(sums: Sums): Statistics {
  const mean = (name: string): number => sums[name] / sums.samples;
  const means = (names: readonly string[], called: (name: string) => string): Record<string, number> =>
    Object.fromEntries(names.map((name) => [called(name), mean(name)]));
  const names = Object.keys(sums).filter((name) => name !== "objective" && !COUNTS.includes(name));
  const losses = names.filter((name) => name.startsWith(lossSum("")));
  const metrics = names.filter((name) => !losses.includes(name));
  return {
    objective: mean("objective"),
    metrics: means(metrics, (name) => name),
    ...(losses.length > 0 ? { losses: means(losses, (name) => name.slice(lossSum("").length)) } : {}),
    imagesPerSecond: sums.samples / sums.seconds,
    waiting: sums.waited / sums.seconds,
  };
}

/**
 * The lecture's "nothing happens": after an epoch the network is no better than guessing.
 *
 * @param rate the learning rate that was asked for: the highest of a schedule
 */
export function nothingLearned(
  network: Network,
  { epoch, learningRate, train }: EpochStatistics,
  classes: number,
  rate = learningRate,
): string | undefined {
  const [{ layer }, ...others] = lossesOf(network);
  if (layer.loss !== "softmaxLog" || layer.weight !== 1 || others.some((other) => other.layer.weight > 0))
    return undefined;
  const guessing = Math.log(classes);
  const { objective } = train;
  const top1Error = train.metrics[TOP1_ERROR.name];
  // right twice as often as by chance, or two thirds of the errors: of two classes nobody is right more than twice as often
  const fewest = Math.max(1 - 2 / classes, (2 / 3) * (1 - 1 / classes));
  if (top1Error === undefined || classes < 2 || objective < 0.98 * guessing || top1Error < fewest) return undefined;
  return (
    `Nothing is learned: after epoch ${epoch} the objective is ${train.objective.toFixed(3)}, and guessing among ${classes} ` +
    `classes gives ${guessing.toFixed(3)}. Try a learning rate other than ${Number(rate.toPrecision(3))}: ten times larger, or, if the ` +
    "objective rose before, ten times smaller."
  );
}

/** Before so many steps nothing can be said: with three in an epoch, a network that ended without an error had learned nothing in the first. */
const FEWEST_STEPS = 10;

/** An objective that falls by less than this share in an epoch does not fall. */
const FALL = 0.02;

/**
 * {@link nothingLearned} of the last epoch, where that is true: not in the first few steps, not while a schedule only begins to rise, nor while the
 * objective still falls.
 *
 * @param begun the learning rate of the epoch's first step
 * @param highest the highest rate of the schedule
 * @param steps how many there were
 */
export function stillNothingLearned(
  network: Network,
  history: readonly EpochStatistics[],
  classes: number,
  { begun, highest, steps }: { readonly begun: number; readonly highest: number; readonly steps: number },
): string | undefined {
  const [before, now] = [history.at(-2), history[history.length - 1]];
  const risen = begun >= highest / 2 || history.slice(0, -1).some((epoch) => epoch.learningRate >= highest / 2);
  if (steps < FEWEST_STEPS || !risen || (before && now.train.objective < (1 - FALL) * before.train.objective))
    return undefined;
  return nothingLearned(network, now, classes, highest);
}
