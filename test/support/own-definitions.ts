/** A block and a loss of one's own with all that these can have: fields of several kinds, parameters of both kinds, random numbers, a metric. */

import { type ClassTarget, classTarget } from "../../src/data/target.js";
import {
  batchNorm,
  conv,
  defineBlock,
  defineLoss,
  dropNumbers,
  relu,
  type Samples,
  sequential,
} from "../../src/index.js";
import type { Network } from "../../src/network/network.js";
import { defaulted, flag, number, optional, pair, whole, word } from "../../src/values/index.js";
import { randomBatch } from "../batches.js";

const FIELDS = {
  /** the share of the numbers that training leaves out */
  rate: defaulted(number({ least: 0, below: 1 }), 0.25),
  /** the share of the newest batch in the means */
  share: defaulted(number({ least: 0, most: 1 }), 0.5),
  /** which pixels the means are of */
  of: defaulted(word(["channel", "all"]), "channel"),
  /** what is added to the first and the last row */
  edges: defaulted(pair(number()), 0),
  gain: defaulted(flag(), true),
  power: optional(whole(1, 3)),
};

/**
 * y = gain·(x − m) + edges, numbers of it left out at random. In training, m is the mean of the batch; the parameter `means` follows it and is m
 * where the network is used.
 */
export const centre = defineBlock(
  "own-test/centre",
  FIELDS,
  {
    parameters: (layer, { channels }) => [
      ...(layer.gain
        ? [{ name: "gain", shape: [channels], initialization: { type: "constant", value: 1 } } as const]
        : []),
      {
        name: "means",
        shape: [channels],
        initialization: { type: "zeros" },
        update: "average",
        learningRate: layer.share,
      },
    ],
    multiplyAdds: (_, { channels, height, width }) => channels * height * width,
    build(g, layer, [x], { gain, means }, mode) {
      const perChannel = (value: string): string => g.op("Reshape", [value, g.ints(1, -1, 1, 1)]);
      const axes = layer.of === "channel" ? g.ints(0, 2, 3) : g.ints(0, 1, 2, 3);
      const mean = mode.training ? g.op("ReduceMean", [x, axes], { keepdims: 1 }) : perChannel(means);
      if (mode.training)
        mode.average(means, g.op("Expand", [g.op("Reshape", [mean, g.ints(-1)]), g.ints(...g.shape(means))]));
      const moved = g.op("Sub", [x, mean]);
      const y = layer.gain ? g.op("Mul", [moved, perChannel(gain)]) : moved;
      const edged = layer.edges.every((edge) => edge === 0) ? y : g.op("Add", [y, g.scalar(layer.edges[0])]);
      return mode.training && layer.rate > 0 ? dropNumbers(g, edged, layer.rate, mode) : edged;
    },
  },
  ({ of, power }, refuse) => {
    if (of === "all" && power !== undefined) refuse("power", "none of the mean of all");
  },
);

/** −(1 − p)^γ·ln p of the label's probability p (Lin et al. 2017), with the mean of p as a metric. */
export const focal = defineLoss(
  "own-test/focal",
  "classes",
  { gamma: defaulted(number({ least: 0 }), 2) },
  {
    statistics: () => [
      {
        metric: { name: "ownTestConfidence", title: "confidence", short: "conf.", unit: "share", better: "higher" },
        build: (g, x) => g.op("ReduceMax", [g.op("Softmax", [x], { axis: 1 }), g.ints(1, 2, 3)], { keepdims: 1 }),
      },
    ],
    build(g, { gamma }, x, { onehot }) {
      const logs = g.op("LogSoftmax", [x], { axis: 1 });
      const focus = g.op("Pow", [g.op("Sub", [g.scalar(1), g.op("Exp", [logs])]), g.scalar(gamma)]);
      const each = g.op("Mul", [g.op("Mul", [focus, logs]), onehot]);
      return g.op("Neg", [g.op("ReduceSum", [each, g.ints(1)], { keepdims: 1 })]);
    },
  },
);

export const SHAPE = { channels: 2, height: 6, width: 5 };
export const NORMALIZATION = { mean: [128, 128], scale: 1 / 64 };

/** A network with both. */
export const ownNetwork = (): Network =>
  sequential("own", SHAPE, [
    conv(3, 4, { initialization: { type: "he" }, biases: false }),
    batchNorm(),
    centre({ name: "stem" }),
    relu(),
    centre({ edges: [0.5, 0.25] }),
    conv([4, 3], 3, { initialization: { type: "he" } }),
    focal({ gamma: 1 }),
  ]);

/** Random pictures of three classes. */
export function ownSamples(count: number): Samples<ClassTarget> {
  const { images, labels } = randomBatch(ownNetwork(), 3, count);
  const size = SHAPE.channels * SHAPE.height * SHAPE.width;
  return {
    count,
    shape: SHAPE,
    target: classTarget(["a", "b", "c"], Array.from(labels.data, Number)),
    read: (index, _epoch, into, offset) => into.set(images.data.subarray(size * index, size * (index + 1)), offset),
  };
}
