/** Trains the layers of a family, some together: each in a small network of its own, and these as branches of one. */

import { sigmoid, softmax } from "../../src/blocks/activation/activation.js";
import { conv } from "../../src/blocks/convolution/conv.js";
import { blockOf, type Layer } from "../../src/blocks/layer.js";
import { softmaxLogLoss } from "../../src/blocks/loss/class-losses.js";
import { comparedBy, type Loss } from "../../src/blocks/loss/loss.js";
import type { Values } from "../../src/engine/engine.js";
import { elementCount, float32, int64, tensor } from "../../src/graph/tensor.js";
import type { Graph, Tensor, Value } from "../../src/graph/types.js";
import { dag, type Network } from "../../src/network/network.js";
import { stream } from "../../src/random/stream.js";
import { sgd } from "../../src/training/solver/solver.js";
import { trainingGraph } from "../../src/training/step/graphs.js";
import { initialize } from "../../src/training/step/initialize.js";
import { lossSum } from "../../src/training/step/objective.js";
import type { TestDevice } from "../devices.js";
import { firstSteps } from "../steps.js";
import { type Case, layerOf } from "./cases.js";
import { inParts } from "./run.js";

const IMAGE = "image";
const CHANNELS = 3;
const CLASSES = 3;
/** A branch that is always there, so that every loss has a sum of its own. */
const COMPANION = "companion";
export const STEPS = 5;
const LEARNING_RATE = 0.0005;
/** Bytes become numbers between ±2. */
const NORMALIZATION = { mean: Array.from({ length: CHANNELS }, () => 127.5), scale: 1 / 64 };

/** The loss of each step, or why there is none. */
export type Training = readonly number[] | Error;

/** The branch of a case is called as the case is: random numbers follow the name, so they are the same in any company. */
const nameOf = ({ name }: Case): string => name;

/** Height and width of an image from which the inputs of all cases can be made. */
export function sizeFor(cases: readonly Case[]): readonly [number, number] {
  const sizes = cases.flatMap(({ inputs }) => inputs.map(({ shape }) => shape));
  return [Math.max(...sizes.map((shape) => shape[2])), Math.max(...sizes.map((shape) => shape[3]))];
}

/**
 * The network in which the layers are trained: image → convolutions that give each layer its inputs → the layer → a fully connected
 * convolution → softmax log-loss. A loss ends its branch itself.
 */
function networkOf(title: string, cases: readonly Case[], [height, width]: readonly [number, number]): Network {
  const full = (support: readonly [number, number], filters: number, name: string, input: string): Layer =>
    conv(support, filters, { name, inputs: [input], initialization: { type: "he" } });
  const branches = cases.flatMap((it): Layer[] => {
    const layer = layerOf(it);
    const own = nameOf(it);
    const before = it.inputs.map(({ shape: [, channels, h, w] }, k) =>
      full([height - h + 1, width - w + 1], channels, `${own}/x${k}`, IMAGE),
    );
    const inputs = before.map(({ name = "" }) => name);
    if (layer.type === "loss") {
      const probability = PROBABILITIES[layer.loss]?.({ name: `${own}/probability`, inputs });
      if (comparedBy(layer) === "nothing") return [...before, { ...layer, name: own, inputs }];
      const target =
        comparedBy(layer) === "classes" ? `${own}/target` : layer.target === "labels" ? "labels" : `${own}/target`;
      const read = probability ? [`${own}/probability`] : inputs;
      const last = { ...layer, name: own, inputs: read, target } as Loss;
      return [...before, ...(probability ? [probability] : []), last];
    }
    const [first, ...others] = it.inputs.map(({ shape: [, channels, h, w] }) => ({ channels, height: h, width: w }));
    const made = blockOf(layer).outputShape(layer, first, ...others);
    const scores = full([made.height, made.width], CLASSES, `${own}/scores`, `${own}/y`);
    const loss = softmaxLogLoss({ name: own, inputs: [`${own}/scores`] });
    return [...before, { ...layer, name: `${own}/y`, inputs }, scores, loss];
  });
  const companion = full([height, width], CLASSES, `${COMPANION}/scores`, IMAGE);
  const loss = softmaxLogLoss({
    name: COMPANION,
    inputs: [`${COMPANION}/scores`],
    target: `${COMPANION}/target`,
  });
  return dag(title, { [IMAGE]: { channels: CHANNELS, height, width } }, [...branches, companion, loss]);
}

/** Losses of probabilities, and what makes them. */
const PROBABILITIES: Readonly<Record<string, typeof softmax | typeof sigmoid>> = { log: softmax, binaryLog: sigmoid };

/** A random batch; what is no label is compared with what the case has, over and over. */
function batchOf(graph: Graph, cases: readonly Case[], parameters: ReadonlySet<string>): Values {
  const targets = new Map(cases.map((it) => [`${nameOf(it)}/target`, it.target?.data ?? []]));
  const wanted = graph.inputs.filter(
    ({ name }) => !parameters.has(name) && !["learningRate", "step"].includes(name) && !name.startsWith("momentum/"),
  );
  return Object.fromEntries(wanted.map((value) => [value.name, random(value, targets.get(value.name))]));
}

function random({ name, type, shape = [] }: Value, target: readonly number[] = [1]): Tensor {
  const sizes = shape.map(Number);
  const draw = stream(1, "battery", name);
  const numbers = (least: number, most: number): number[] =>
    Array.from({ length: elementCount(sizes) }, () => draw.integer(least, most));
  if (type === "uint8") return tensor(type, sizes, Uint8Array.from(numbers(0, 255)));
  if (type === "int64") return int64(numbers(0, CLASSES - 1), sizes);
  if (type === "int32") return tensor(type, sizes, Int32Array.from(numbers(1, 1000)));
  return float32(
    numbers(0, 0).map((_, k) => target[k % target.length]),
    sizes,
  );
}

/** Trains cases for a few steps on one batch, in parts; where one fails, each of its cases by itself, to find out which. */
export const train = (
  device: TestDevice,
  title: string,
  cases: readonly Case[],
  imageSize: readonly [number, number],
  batchSize: number,
): Promise<Training[]> => inParts(cases, (part) => trainPart(device, title, part, imageSize, batchSize));

async function trainPart(
  device: TestDevice,
  title: string,
  cases: readonly Case[],
  imageSize: readonly [number, number],
  batchSize: number,
): Promise<Training[]> {
  try {
    const network = networkOf(title, cases, imageSize);
    const graph = trainingGraph(network, NORMALIZATION, { solver: sgd() }, batchSize);
    const parameters = initialize(network, 1);
    const batch = batchOf(graph, cases, new Set(parameters.keys()));
    const start = Object.fromEntries(parameters);
    const made = await firstSteps(STEPS, device.engine, graph, start, batch, LEARNING_RATE);
    return cases.map((it) => made.map(({ sums }) => sums[lossSum(nameOf(it))]));
  } catch (error) {
    if (cases.length === 1) return [error instanceof Error ? error : new Error(String(error))];
    const each: Training[] = [];
    for (const it of cases) each.push(...(await trainPart(device, `${title}: ${it.name}`, [it], imageSize, batchSize)));
    return each;
  }
}

/**
 * The cases that are worth training, in groups that can be in one network. Of cases with equal layers those are left out that differ
 * in their numbers only, or in how large their images are; losses that share the labels of the images want maps of the same size.
 */
export function groupsOf(cases: readonly Case[]): Case[][] {
  const different = new Map<string, Case>();
  for (const it of cases) {
    const kinds = it.inputs.map(({ shape: [, channels, h, w] }) => [channels === 1, h * w === 1]);
    const key = JSON.stringify([it.layer, kinds]);
    if (!different.has(key)) different.set(key, it);
  }
  const groups = new Map<string, Case[]>();
  for (const it of different.values()) {
    const layer = layerOf(it);
    const shared = layer.type === "loss" && layer.target === "labels" && comparedBy(layer) !== "classes";
    const key = shared ? it.inputs[0].shape.slice(2).join("×") : "1×1";
    groups.set(key, [...(groups.get(key) ?? []), it]);
  }
  return [...groups.values()];
}
