/** Small sets of pictures whose class is decided by a cause at a known place: a mark in a corner, a texture, a shape. */

import { relu } from "../../src/blocks/activation/activation.js";
import { conv } from "../../src/blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../src/blocks/loss/class-losses.js";
import { batchNorm } from "../../src/blocks/normalization/batch-norm.js";
import { globalAveragePool } from "../../src/blocks/pooling/global-pool.js";
import { maxPool } from "../../src/blocks/pooling/pool.js";
import type { Samples } from "../../src/data/samples.js";
import type { Box } from "../../src/data/sources/dataset.js";
import { classTarget } from "../../src/data/target.js";
import type { Engine } from "../../src/engine/engine.js";
import type { TrainedModel } from "../../src/network/model/model.js";
import { sequential } from "../../src/network/network.js";
import { type Stream, stream } from "../../src/random/stream.js";
import { modelParameters, train } from "../../src/training/index.js";
import { adam } from "../../src/training/solver/solver.js";

/** Height and width of a picture. */
export const SIDE = 24;

/** What decides a class, by whether it is of the first kind or of the second; each is drawn in a box of its own place. */
type Cause = (isFirst: boolean, random: Stream) => { readonly box: Box; ink(x: number, y: number): number };

const at = (size: number, x: number, y: number): Box => ({ x, y, width: size, height: size });
/** A box at a random place. */
const anywhere = (size: number, { integer }: Stream): Box =>
  at(size, integer(1, SIDE - size - 1), integer(1, SIDE - size - 1));

/** What is drawn of a box is 1, what is not is 0. */
export const CAUSES: Readonly<Record<"corner" | "texture" | "shape", Cause>> = {
  /** "+" or "×", always in the upper left corner; the other corner has a square, whatever the class is */
  corner: (isFirst) => ({
    box: at(5, 1, 1),
    ink: (x, y) => ((isFirst ? x === 2 || y === 2 : x === y || x + y === 4) ? 1 : 0),
  }),
  /** stripes across or down, anywhere */
  texture: (isFirst, random) => ({
    box: anywhere(10, random),
    ink: (x, y) => ((isFirst ? x : y) % 4 < 2 ? 1 : 0),
  }),
  /** a ring or a triangle, anywhere */
  shape: (isFirst, random) => ({
    box: anywhere(9, random),
    ink: (x, y) => {
      const far = Math.hypot(x - 4, y - 4);
      const inTriangle = Math.abs(x - 4) <= y / 2;
      return (isFirst ? far < 4.6 && far > 2.6 : inTriangle) ? 1 : 0;
    },
  }),
};

/** A set of pictures with the box of each cause. */
export interface Planted extends Samples {
  readonly boxes: readonly Box[];
}

/** Grey noise with a few blots that say nothing, and the cause; the class changes from picture to picture. */
export function planted(cause: Cause, count: number, seed: number): Planted {
  const boxes: Box[] = [];
  const pictures = Array.from({ length: count }, (_, k) => {
    const random = stream(seed, "planted", k);
    const data = Uint8Array.from({ length: SIDE * SIDE }, () => 110 + Math.round(12 * random.normal()));
    const fill = ({ x, y, width, height }: Box, ink: (x: number, y: number) => number): void => {
      for (let i = 0; i < width * height; i++) {
        const [dx, dy] = [i % width, Math.floor(i / width)];
        if (ink(dx, dy) > 0) data[(y + dy) * SIDE + x + dx] = 210;
      }
    };
    for (let blot = 0; blot < 3; blot++) fill(anywhere(3, random), () => 1);
    const { box, ink } = cause(k % 2 === 0, random);
    for (let i = 0; i < box.width * box.height; i++) {
      data[(box.y + Math.floor(i / box.width)) * SIDE + box.x + (i % box.width)] = 110;
    }
    fill(box, ink);
    boxes.push(box);
    return data;
  });
  return {
    ...{ boxes, count, shape: { channels: 1, height: SIDE, width: SIDE } },
    target: classTarget(
      ["first", "second"],
      Uint8Array.from({ length: count }, (_, k) => k % 2),
    ),
    read: (index, _epoch, into, offset) => into.set(pictures[index], offset),
  };
}

/** A small network that has learned to tell both kinds of a cause. */
export async function trainedOn(
  engine: Engine,
  training: Planted,
  validation: Planted,
): Promise<{ model: TrainedModel; error: number }> {
  const network = sequential("planted", training.shape, [
    conv(5, 8, { name: "conv1", pad: 2 }),
    batchNorm({ name: "norm1" }),
    relu({ name: "relu1" }),
    maxPool(2, { name: "pool1", stride: 2 }),
    conv(3, 12, { name: "conv2", pad: 1 }),
    batchNorm({ name: "norm2" }),
    relu({ name: "relu2" }),
    conv(3, 12, { name: "conv3", pad: 1 }),
    batchNorm({ name: "norm3" }),
    relu({ name: "relu3" }),
    globalAveragePool({ name: "mean" }),
    conv(1, 2, { name: "classes" }),
    softmaxLogLoss(),
  ]);
  const normalization = { mean: [110], scale: 1 / 50 };
  const options = {
    training,
    validation,
    normalization,
    epochs: 8,
    batchSize: 20,
    seed: 3,
    solver: adam(),
    learningRate: 0.003,
  };
  for await (const event of train(engine, network, options)) {
    if (event.type !== "epoch" || event.epoch < options.epochs) continue;
    const parameters = modelParameters(event.state);
    const model = { network, parameters, classes: ["first", "second"], normalization, history: null };
    return { model, error: event.validation?.metrics.top1Error ?? 1 };
  }
  throw new Error("The training has not ended.");
}
