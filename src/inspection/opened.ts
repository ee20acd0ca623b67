/** A network that is opened up: its values, their derivatives, and what it says when some of them are others. */

import type { Engine, Program } from "../engine/engine.js";
import { ShapeError } from "../graph/shape-error.js";
import { zeros } from "../graph/tensor.js";
import type { Graph, Tensor } from "../graph/types.js";
import { resultOf, type TrainedModel } from "../network/model/model.js";
import { inputOf, withoutLoss } from "../network/network.js";
import { type ImageShape, shapeText } from "../values/image-shape.js";
import { whole } from "../values/kind.js";
import { nearestName } from "../values/nearest.js";
import { inParts } from "./batches.js";
import { givenName, Look, readingOf } from "./look.js";

/** A model in which every value can be looked at. */
export interface Opened {
  readonly model: TrainedModel;
  /** so many pictures go through the network together */
  readonly together: number;
  /** the layer whose maps class activation methods look at, where it is named: see `evidenceLayer` */
  readonly mapLayer?: string | undefined;
  /** "image", the name of each layer that is no loss, "scores", and "probabilities" where the model has them; in this order */
  readonly names: readonly string[];
  /** Makes a graph ready once for each key. */
  kept(key: string, write: () => Graph): Promise<Program>;
  /** Frees what computes. */
  close(): Promise<void>;
}

/** So many pixels go through the network together at most, 4 pictures of 224×224: values of more do not stay near the processor, and take memory. */
const TOGETHER = 4 * 224 * 224;

/**
 * Opens a model, to look inside: {@link activations}, {@link gradient} and {@link replaced} ask it. Values are called by the name of the layer that makes them; "image" is
 * the picture as bytes, before the normalisation, "scores" what the network says of each class before the softmax, "probabilities" after it.
 *
 * @param together so many pictures at a time at most; as many as have the pixels of 4 of 224×224 unless given
 * @param mapLayer the layer whose maps class activation methods look at; that of `evidenceLayer`'s rule unless given
 * @throws RangeError when the network has several inputs, for no pictures at a time, or for a layer that the network has not, or that has no places
 * @example
 * const opened = await openNetwork(engine, model);
 * const { conv1 } = await activations(opened, zeros("float32", [1, 1, 32, 32]), ["conv1"]);
 * conv1.shape; // [1, 20, 28, 28]
 */
export async function openNetwork(
  engine: Engine,
  model: TrainedModel,
  { together, mapLayer }: { readonly together?: number; readonly mapLayer?: string | undefined } = {},
): Promise<Opened> {
  const { network } = model;
  if (network.inputs.length > 1) {
    const others = network.inputs.map(({ name }) => `'${name}'`).join(" and ");
    throw new RangeError(`'${network.name}' reads ${others}: expected a network of one input, a picture.`);
  }
  if (together !== undefined) whole(1).take(together, { path: "together" });
  const { height, width } = inputOf(network);
  const names = namesOf(model);
  if (mapLayer !== undefined) expectMaps(model, names, mapLayer);
  const programs = new Map<string, Promise<Program>>();
  return {
    model,
    mapLayer,
    together: takesSeveral(model) ? (together ?? Math.max(1, Math.floor(TOGETHER / (height * width)))) : 1,
    names,
    kept(key, write) {
      const known = programs.get(key);
      if (known) return known;
      const made = engine.load(write());
      programs.set(key, made);
      return made;
    },
    async close() {
      const loaded = await Promise.allSettled(programs.values());
      programs.clear();
      await Promise.all(loaded.map((one) => (one.status === "fulfilled" ? one.value.close() : undefined)));
    },
  };
}

/** @throws RangeError for a layer that the network has not, or that has no places */
function expectMaps(model: TrainedModel, names: readonly string[], mapLayer: string): void {
  expectNames({ model, names }, [mapLayer]);
  const { output } = model.network.layers.find(({ name }) => name === mapLayer) ?? {};
  if (output && output.shape.height * output.shape.width > 1) return;
  throw new RangeError(
    `'${mapLayer}' has no places in which evidence could lie: expected a layer with maps of several pixels.`,
  );
}

/** Whether several pictures go through a network together: another toolbox's may be written for one. */
function takesSeveral(model: TrainedModel): boolean {
  const { channels, height, width } = inputOf(model.network);
  try {
    new Look(model, [2, channels, height, width]);
    return true;
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}

function namesOf({ network }: TrainedModel): string[] {
  const layers = withoutLoss(network).layers.map(({ name }) => name);
  const own = ["image", ...layers, "scores"];
  return [...new Set(resultOf(network).squash ? [...own, "probabilities"] : own)];
}

/**
 * What layers make of pictures.
 *
 * @param images N×C×H×W, from 0 to 255
 * @param names of layers, or "scores" and "probabilities"
 * @returns each value under its name; the first dimension is N
 * @throws RangeError for a name that the network has not, with the nearest that it has, or images of another size
 * @example
 * const { scores } = await activations(opened, zeros("float32", [3, 1, 32, 32]), ["scores"]);
 * scores.shape; // [3, 26, 1, 1]
 */
export async function activations(
  opened: Opened,
  images: Tensor<"float32">,
  names: readonly string[],
): Promise<Record<string, Tensor<"float32">>> {
  expectNames(opened, names);
  expectImages(opened, images);
  if (names.length === 0) return {};
  return inParts(opened, { image: images }, async (part, count) => {
    const program = await opened.kept(JSON.stringify(["activations", part.image.shape, names]), () => {
      return new Look(opened.model, part.image.shape).reading(names);
    });
    return readingOf(await program.run(part), names, count);
  });
}

/**
 * What the network says when the values of some layers are given: they are not computed, and what stands behind them is.
 *
 * @param values by the names of layers; the first dimension of each is N
 * @param names what is read
 * @param images N×C×H×W, where something of them still comes through beside the given values; zeros unless given
 * @throws RangeError for a name that the network has not, a value of another size than the layer's, or not as many of one as of another
 * @example
 * const { pool1 } = await activations(opened, zeros("float32", [1, 1, 32, 32]), ["pool1"]);
 * const { scores } = await replaced(opened, { pool1: zeros("float32", pool1.shape) }, ["scores"]);
 * scores.shape; // [1, 26, 1, 1]: what is said when all of the first pooling is silent
 */
export async function replaced(
  opened: Opened,
  values: Readonly<Record<string, Tensor<"float32">>>,
  names: readonly string[],
  images?: Tensor<"float32">,
): Promise<Record<string, Tensor<"float32">>> {
  const given = Object.keys(values).filter((name) => name !== "image");
  expectNames(opened, [...given, ...names]);
  const [count] = Object.values(values)[0]?.shape ?? [images?.shape[0] ?? 0];
  const { channels, height, width } = inputOf(opened.model.network);
  const image = values.image ?? images ?? zeros("float32", [count, channels, height, width]);
  expectImages(opened, image);
  const inputs = { ...Object.fromEntries(given.map((name) => [givenName(name), values[name]])), image };
  return inParts(opened, inputs, async (part, few) => {
    const shapes = Object.values(part).map(({ shape }) => shape);
    const program = await opened.kept(JSON.stringify(["replaced", given, shapes, names]), () => {
      const instead = new Map(given.map((name) => [name, part[givenName(name)].shape]));
      expectSizes(new Look(opened.model, part.image.shape), instead);
      return new Look(opened.model, part.image.shape, instead).reading(names);
    });
    return readingOf(await program.run(part), names, few);
  });
}

/** @throws RangeError for a value of another size than the layer's */
function expectSizes(look: Look, given: ReadonlyMap<string, readonly number[]>): void {
  for (const [name, shape] of given) {
    const [got, expected] = [shape, look.g.shape(look.valueOf(name))].map((sizes) => sizes.slice(1).join("×"));
    if (got !== expected) throw new RangeError(`Values of '${name}' are numbers of N×${expected}, got N×${got}.`);
  }
}

/** @throws RangeError for a name that the network has not */
export function expectNames({ model, names }: Pick<Opened, "model" | "names">, asked: readonly string[]): void {
  for (const name of asked) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    const hint = nearest === undefined ? `it has ${names.join(", ")}` : `did you mean '${nearest}'?`;
    throw new RangeError(`'${model.network.name}' has no layer '${name}'; ${hint}`);
  }
}

/** @throws RangeError for images that do not fit the network, or hold what is no number */
export function expectImages({ model }: Opened, { shape, data }: Tensor<"float32">): void {
  const expected = inputOf(model.network);
  const [count, channels, height, width] = shape;
  const got: ImageShape = { channels, height, width };
  if (shape.length !== 4 || count < 1 || shapeText(got) !== shapeText(expected)) {
    throw new RangeError(
      `Expected images of N×${shapeText(expected)}, at least one, got numbers of ${shape.join("×")}.`,
    );
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`Expected images of finite numbers, got ${data[bad]} as number ${bad + 1}.`);
}
