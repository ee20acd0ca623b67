/** The table of the lecture's slides: what MatConvNet's `vl_simplenn_display` printed in 1.0-beta7 to beta10. */

import { shortType } from "../../blocks/definitions.js";
import { blockOf, type Layer } from "../../blocks/layer.js";
import { elementCount } from "../../graph/tensor.js";
import { receptiveFields } from "../geometry.js";
import { inputOf, type Network, type PlacedLayer, withoutLoss } from "../network.js";

/**
 * A network in the lecture's own table: layers side by side, in one table however wide it gets. A loss layer is left
 * out, as the lecture removes it before it displays a network.
 *
 * The memory is that of MatConvNet's network structure at the time, where every number outside the filters and biases is a
 * double of 8 bytes:
 *
 * - filters and biases are singles of 4 bytes. A network that ends in a loss is one that has just been trained, and
 *   still carries the momentum of each parameter: they count twice. One without a loss is a model for use: once.
 * - A convolution carries six doubles, 48 bytes: stride, pad and two multipliers each of learning rate and weight decay when it
 *   has been trained; stride (2) and pad (4) when it is a model for use.
 * - A pooling carries its support (2), stride and pad: 32 bytes as single numbers, 64 in a model for use, which has
 *   one number for each axis and side.
 * - A trained network keeps the mean of its images as one single for each channel; a model for use keeps a whole mean image of
 *   doubles.
 *
 * KB and MB are 1024 and 1024² bytes, rounded as C's `printf` does: a half goes to the even neighbour. The second number
 * of each pair is the GPU's memory, which is 0.
 *
 * @returns the table, each line ended by a line feed
 * @example
 * lectureTable(vgg16()).endsWith("total network CPU/GPU memory: 528.9/0 MB\n"); // true
 */
export function lectureTable(network: Network): string {
  const trained = network.layers.some(({ layer }) => layer.type === "loss");
  const { layers } = withoutLoss(network);
  const fields = receptiveFields(network);
  const windows = layers.map(({ layer, inputs }) => blockOf(layer).window(layer, inputs[0].shape));
  const bytes = layers.map((placed) => layerBytes(placed, trained));
  const { channels, height, width } = inputOf(network);
  const mean = trained ? 4 * channels : 8 * channels * height * width;
  const total = bytes.reduce((sum, b) => sum + b, mean);

  const rows: [title: string, cells: string[]][] = [
    ["layer", layers.map(({ number }) => `${number}`)],
    ["type", layers.map(({ layer }) => typeCode(layer))],
    ["support", windows.map(({ support }) => support.join("x"))],
    ["stride", windows.map(({ stride }) => pairText(stride))],
    ["pad", windows.map(({ pad }) => padText(pad))],
    ["out dim", layers.map(({ output }) => `${output.shape.channels}`)],
    ["filt dim", layers.map(({ layer, inputs }) => filterDepth(layer, inputs[0].shape.channels))],
    ["rec. field", layers.map((_, i) => pairText(fields[i].size))],
    ["c/g net KB", bytes.map((b) => `${fixed(b / 1024, 0)}/0`)],
  ];
  const line = ([title, cells]: [string, string[]]): string =>
    `${title.padStart(10)}${cells.map((cell) => `|${cell.padStart(7)}`).join("")}|\n`;
  return `${rows.map(line).join("")}total network CPU/GPU memory: ${fixed(total / 1024 ** 2, 1)}/0 MB\n`;
}

function layerBytes({ layer, parameters }: PlacedLayer, trained: boolean): number {
  const numbers = parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const options = layer.type === "conv" ? 48 : layer.type === "pool" ? (trained ? 32 : 64) : 0;
  return 4 * numbers * (trained ? 2 : 1) + options;
}

function typeCode(layer: Layer): string {
  switch (layer.type) {
    case "conv":
      return "cnv";
    case "pool":
      return layer.method === "max" ? "mpool" : "apool";
    case "softmax":
      return "sftm";
    default:
      return shortType(layer.type);
  }
}

const filterDepth = (layer: Layer, channels: number): string =>
  layer.type === "conv" ? `${channels / layer.groups}` : "n/a";

const pairText = ([vertical, horizontal]: readonly [number, number]): string =>
  vertical === horizontal ? `${vertical}` : `${vertical}x${horizontal}`;

const padText = ([top, bottom, left, right]: readonly [number, number, number, number]): string =>
  top === bottom && top === left && top === right ? `${top}` : `${top},${bottom}x${left},${right}`;

/**
 * A number ≥ 0 as C's `%.<digits>f` prints it. A binary number lies halfway between two decimals of d digits just
 * when it is an odd multiple of 2^−(d+1); `toFixed` then goes up, C to the even one.
 */
function fixed(value: number, digits: number): string {
  const up = value.toFixed(digits);
  const halfway = Number.isInteger(value * 2 ** (digits + 1)) && !Number.isInteger(value * 2 ** digits);
  return halfway && Number(up.at(-1)) % 2 === 1 ? (value - 0.5 * 10 ** -digits).toFixed(digits) : up;
}
