import { relu } from "../../src/blocks/activation/activation.js";
import { conv } from "../../src/blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../src/blocks/loss/class-losses.js";
import type { Samples } from "../../src/data/samples.js";
import { type ClassTarget, classTarget } from "../../src/data/target.js";
import { type ClassTable, classTable, type Origins } from "../../src/evaluation/table/predictions.js";
import { float32 } from "../../src/graph/tensor.js";
import type { TrainedModel } from "../../src/network/model/model.js";
import { sequential } from "../../src/network/network.js";
import type { EpochStatistics } from "../../src/training/statistics/epoch-statistics.js";
import { history } from "./training-history.js";

/** What the pages of the tests are about: six classes of pictures of 8×8 pixels, all from formulas. */
export const CLASSES = ["cat", "dog", "owl", "a horse & its <rider>", "fox", "hen"];
const SIDE = 8;

/** So many pictures of each class in turn: bows whose bend is the class's and whose brightness is the picture's. */
export const pictures = (count: number, bright = 0): Samples<ClassTarget> => ({
  count,
  shape: { channels: 1, height: SIDE, width: SIDE },
  target: classTarget(
    CLASSES,
    Array.from({ length: count }, (_, i) => i % CLASSES.length),
  ),
  read(index, epoch, into, offset) {
    for (let i = 0; i < SIDE * SIDE; i++) {
      const [x, y] = [(i % SIDE) - 3, Math.floor(i / SIDE) - 3];
      const ink = Math.abs(y - ((index % CLASSES.length) - 2) * x) < 2;
      into[offset + i] = ink ? 20 + ((3 * index + 30 * epoch) % 60) : 200 + ((index + bright) % 50);
    }
  },
});

const weights = (shape: readonly number[]) =>
  float32(
    Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((i * 37) % 23) / 11 - 1),
    shape,
  );

/** A network of two convolutions that gives six scores. */
export const model: TrainedModel = {
  network: sequential("small", { channels: 1, height: SIDE, width: SIDE }, [
    conv(3, 8),
    relu(),
    conv(6, CLASSES.length, { name: "prediction" }),
    softmaxLogLoss(),
  ]),
  parameters: new Map([
    ["conv1/filters", weights([8, 1, 3, 3])],
    ["conv1/biases", weights([8])],
    ["prediction/filters", weights([CLASSES.length, 8, 6, 6])],
    ["prediction/biases", weights([CLASSES.length])],
  ]),
  classes: CLASSES,
  normalization: { mean: [127.5], scale: 1 / 255 },
  history: null,
};

/**
 * What a network says of so many pictures in turn: every seventh is taken for the class after its own, every thirteenth for the one before;
 * how sure it is differs from picture to picture.
 */
export function predictions(count: number, origins: Origins = {}): ClassTable {
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES.length);
  const scores = Float32Array.from({ length: count * CLASSES.length }, (_, place) => {
    const [sample, k] = [Math.floor(place / CLASSES.length), place % CLASSES.length];
    const said = labels[sample] + (sample % 7 === 3 ? 1 : sample % 13 === 5 ? -1 : 0);
    if (k === (said + CLASSES.length) % CLASSES.length) return 1.5 + ((sample * 5) % 16) / 4;
    return k === labels[sample] ? 1 : ((sample + k) % 4) / 4;
  });
  return classTable(CLASSES, labels, scores, origins);
}

/** A training in which the network was looked into. */
export const inspected = (epochs: number): EpochStatistics[] =>
  history(epochs).map((statistics) => {
    const shrinks = 1 / statistics.epoch;
    return {
      ...statistics,
      layerStatistics: {
        layers: ["conv1", "relu1", "prediction"].map((layer, i) => ({
          layer,
          mean: 0.25 * i - 0.25,
          deviation: 1 + i,
          largest: 4 + i,
          zeros: i === 1 ? 0.5 : 0,
          dead: i === 1 ? 0.125 : 0,
          gradient: shrinks * 10 ** (i - 4),
        })),
        parameters: [...model.parameters.keys()].map((parameter, i) => ({
          parameter,
          weight: parameter === "prediction/biases" ? 0 : 0.5,
          gradient: shrinks / 8,
          update: shrinks * 4 ** -i * 1e-2,
        })),
      },
    };
  });
