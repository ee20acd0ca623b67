/** Which ranges the values of a graph have, on samples of what it is used on. */

import type { Engine, Values } from "../engine/engine.js";
import { modelOf } from "../graph/model.js";
import { elementCount, expectType } from "../graph/tensor.js";
import type { Graph, Tensor, Value } from "../graph/types.js";
import type { Range } from "./eight-bit.js";

/** How often numbers of a value are in each of equal parts of its range; exact zeros are not counted, which 8 bits keep. */
export interface Histogram extends Range {
  readonly counts: Float64Array;
  /** the mean of each channel, along axis 1; none of values with fewer axes */
  readonly means: Float64Array | undefined;
}

/** As finely a range is counted. */
const BINS = 2048;

/**
 * Runs a graph over batches, twice, and counts the numbers of some of its values.
 *
 * @param batches gives the batches anew each time that it is called
 * @throws RangeError when a value is no number, or there is no batch; the value is named
 */
export async function countValues(
  engine: Engine,
  graph: Graph,
  names: readonly string[],
  batches: () => AsyncIterable<Values> | Iterable<Values>,
): Promise<ReadonlyMap<string, Histogram>> {
  const fed = new Set(graph.inputs.map(({ name }) => name));
  const made = names.filter((name) => !fed.has(name));
  const outputs = made.map((name): Value => ({ name, type: "float32", shape: undefined }));
  // A graph without outputs does not run.
  const program = made.length === 0 ? undefined : await engine.load(modelOf({ ...graph, outputs }), { seldom: true });
  const eachValue = async (take: (name: string, value: Tensor<"float32">) => void): Promise<void> => {
    for await (const batch of batches()) {
      const values = { ...batch, ...(await program?.run(batch)) };
      for (const name of names) take(name, expectType(values[name], "float32", `the value '${name}'`));
    }
  };
  try {
    const found = new Map<string, { low: number; high: number; sums: ChannelSums }>();
    await eachValue((name, value) => {
      const known = found.get(name) ?? {
        low: Number.POSITIVE_INFINITY,
        high: Number.NEGATIVE_INFINITY,
        sums: noSums(),
      };
      found.set(name, known);
      const { data } = value;
      let { low, high } = known;
      let sum = 0;
      for (let i = 0; i < data.length; i++) {
        const x = data[i];
        if (x < low) low = x;
        if (x > high) high = x;
        sum += x;
      }
      if (!Number.isFinite(sum)) {
        const wrong = data.find((x) => !Number.isFinite(x));
        throw new RangeError(`The value '${name}' has ${wrong} among its numbers: it cannot be rounded to 8 bits.`);
      }
      known.low = low;
      known.high = high;
      addSums(known.sums, value);
    });
    const histograms = new Map<string, Histogram>();
    for (const name of names) {
      const known = found.get(name);
      if (!known || known.low > known.high)
        throw new RangeError("Expected at least one sample to find ranges on, got none.");
      const { low, high, sums } = known;
      histograms.set(name, { low, high, counts: new Float64Array(BINS), means: meansOf(sums) });
    }
    await eachValue((name, { data }) => {
      const histogram = histograms.get(name);
      if (histogram) count(histogram, data);
    });
    return histograms;
  } finally {
    await program?.close();
  }
}

function count({ low, high, counts }: Histogram, data: Float32Array): void {
  const bins = BINS / (high - low);
  if (!(bins > 0) || !Number.isFinite(bins)) return;
  for (let i = 0; i < data.length; i++) {
    const x = data[i];
    if (x !== 0) counts[Math.min(BINS - 1, Math.floor((x - low) * bins))]++;
  }
}

/** Sums over the numbers of each channel. */
interface ChannelSums {
  sums: Float64Array;
  count: number;
}

const noSums = (): ChannelSums => ({ sums: new Float64Array(0), count: 0 });

function addSums(into: ChannelSums, { shape, data }: Tensor<"float32">): void {
  if (shape.length < 2) return;
  const channels = shape[1];
  const inner = elementCount(shape.slice(2));
  if (into.sums.length !== channels) into.sums = new Float64Array(channels);
  into.count += shape[0] * inner;
  for (let i = 0; i < data.length; i += inner) {
    let sum = 0;
    for (let j = 0; j < inner; j++) sum += data[i + j];
    into.sums[(i / inner) % channels] += sum;
  }
}

const meansOf = ({ sums, count }: ChannelSums): Float64Array | undefined =>
  count > 0 ? sums.map((sum) => sum / count) : undefined;

/** The range in which 8 bits lose least in the mean square: what lies outside is cut off, and inside the steps are finer. */
export function bestRange({ low, high, counts }: Histogram): Range {
  const width = (high - low) / counts.length;
  if (!(width > 0)) return { low, high };
  const lossOf = (least: number, largest: number): number => {
    const step = (largest - least) / 255;
    const within = step ** 2 / 12;
    let loss = 0;
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue;
      const x = low + (i + 0.5) * width;
      const over = x > largest ? x - largest : x < least ? least - x : 0;
      loss += counts[i] * (over > 0 ? over ** 2 : within);
    }
    return loss;
  };
  let best = { low: Math.min(0, low), high: Math.max(0, high) };
  let least = lossOf(best.low, best.high);
  for (const side of ["high", "low", "high", "low"] as const) {
    const from = side === "high" ? Math.max(0, high) : Math.min(0, low);
    for (let part = 1; part > 0.05; part -= 0.01) {
      const tried = { ...best, [side]: from * part };
      const loss = lossOf(tried.low, tried.high);
      if (loss < least) [best, least] = [tried, loss];
    }
  }
  return best;
}
