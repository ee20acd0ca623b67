/** A network with its parameters, whatever the format that it was read from. */

import { ModelFormatError } from "../graph/codec/foreign.js";
import type { Evaluator } from "../graph/fold/fold.js";
import type { Tensor } from "../graph/types.js";
import { type ImportOptions, importGraph, outputsNote } from "../network/import/import-graph.js";
import { withScores } from "../network/import/probable-end.js";
import { assignWeights, networkOfWeights } from "../network/import/state-dict.js";
import { YES } from "../network/model/both-sides.js";
import { inputOf, lossesOf, type Network, outputOf, outputsOf, scoresOf } from "../network/network.js";
import type { ImageNetClass } from "../network/zoo/imagenet-classes.js";
import { ZOO } from "../network/zoo/index.js";
import type { Origin } from "../network/zoo/preprocessing.js";
import { originOfNames, variantByNames } from "../network/zoo/variants.js";
import { type ImageShape, shapeText } from "../values/image-shape.js";
import { asFloat32 } from "./elements.js";
import type { ForeignModel } from "./foreign-model.js";

/** What a file of another toolbox may leave open. */
export interface WeightsOptions extends ImportOptions {
  /** the network whose weights it has, where it has nothing else; one of the zoo is recognised */
  readonly network?: Network | undefined;
  /** how the file is called: "tf_efficientnet_lite0-0aa007d2.pth" says which of two networks with the same tensors it is */
  readonly called?: string | undefined;
}

/** A foreign model as a network of ours. */
export interface NetworkWithWeights {
  readonly network: Network;
  /** by the names that `parametersOf(network)` gives */
  readonly parameters: ReadonlyMap<string, Tensor<"float32">>;
  /** what each score stands for, each name once; ImageNet's names of 1000 or 1001 scores for colour pictures, else numbers from 0, where the file has no names */
  readonly classes: readonly string[];
  /** of one score for two names: what it is where it is not the class */
  readonly opposite?: string;
  /** the numbers in WordNet of the classes ("n07720875"), where they are known; "" for the background */
  readonly classIds?: readonly string[];
  /** how many scores stand before that of the first class: 1 where the first one is the background's */
  readonly labelOffset: number;
  /** who calls tensors as the file does, of which there are weights alone; undefined where it is torchvision, or not known */
  readonly origin?: Origin | undefined;
  /** what surprises: one plain sentence each, those of the file first */
  readonly notes: readonly string[];
  /** those of them that are about the classes: no matter to who trains the network for others */
  readonly classNotes: readonly string[];
}

/**
 * The network of a foreign model: layers as the file has them (MatConvNet, Caffe), layers made of its graph (ONNX, TFLite, Keras; see `importGraph`), or the
 * network of the zoo whose weights it has (safetensors, PyTorch).
 *
 * @param foreign what `readForeign` gave
 * @param engine where constants of graphs are computed
 * @param options sizes that the file leaves open
 * @throws ModelFormatError when it is no network of ours, with the reason; UpgradeError, ShapeError as `importGraph`
 * @example
 * const { network, classes } = await modelFromForeign(await readForeign(await readFile("letters.onnx")), engine, {
 *   image: { channels: 1, height: 32, width: 32 },
 * });
 * classes.length; // 26
 */
export async function modelFromForeign(
  foreign: ForeignModel,
  engine: Evaluator,
  options: WeightsOptions = {},
): Promise<NetworkWithWeights> {
  const parts = await partsOf(foreign, engine, options);
  const { parameters, origin } = parts;
  const { network, notes: ended } = await withScores(parts.network, parameters, engine);
  const named = await nameScores(foreign, inputOf(network), outputOf(network).channels);
  // How its classes get probabilities ends with them.
  const classNotes = [...ended, ...named.classNotes];
  const notes = [...foreign.notes, ...parts.notes, ...classNotes];
  return { network, parameters, origin, ...named, classNotes, notes };
}

/**
 * What the scores of a foreign model stand for: as its file says it, or ImageNet's classes where it says nothing.
 *
 * @param image what it takes
 * @param scores how many it gives
 */
export async function nameScores(
  foreign: ForeignModel,
  image: ImageShape,
  scores: number,
): Promise<Pick<NetworkWithWeights, "classes" | "opposite" | "classIds" | "labelOffset" | "classNotes">> {
  const imageNet = await imageNetOf(scores, image);
  const known = foreign.classes ? undefined : imageNet;
  const { classes, opposite, offset, notes } = namedScores(
    foreign.classes ?? known?.map(({ name }) => name),
    scores,
    hasBackground(foreign, scores),
  );
  const isImageNet = imageNet && areNames(classes.slice(-imageNet.length), imageNet);
  const ids = foreign.classIds ?? (isImageNet ? imageNet.map(({ id }) => id) : undefined);
  const before = scores - (ids?.length ?? 0);
  const taken = "The file names no classes: its scores are taken for those of ImageNet's 1000 classes.";
  return {
    ...{ classes, labelOffset: Math.max(offset, foreign.preprocessing?.labelOffset ?? 0) },
    ...(opposite === undefined ? {} : { opposite }),
    ...(ids && (before === 0 || before === 1) ? { classIds: before === 1 ? ["", ...ids] : ids } : {}),
    classNotes: known ? [...notes, taken] : notes,
  };
}

/** Whether the first score is that of the background: the file says it, or there are as many as TensorFlow's networks have for ImageNet, 1001. */
export const hasBackground = ({ preprocessing }: ForeignModel, scores: number): boolean =>
  scores === 1001 || preprocessing?.labelOffset === 1;

/** ImageNet's classes, where so many scores for colour pictures are theirs, with or without a background. */
const imageNetOf = async (scores: number, { channels }: ImageShape): Promise<readonly ImageNetClass[] | undefined> =>
  channels === 3 && (scores === 1000 || scores === 1001)
    ? (await import("../network/zoo/imagenet-classes.js")).imageNetClasses()
    : undefined;

async function partsOf(
  { graph, network, parameters, tensors, format, metadata }: ForeignModel,
  engine: Evaluator,
  options: WeightsOptions,
): Promise<Omit<NetworkWithWeights, "classes" | "classIds" | "labelOffset" | "classNotes">> {
  if (network && parameters) return { network, parameters, notes: severalOutputs(network) };
  if (graph) return importGraph(graph, engine, options);
  if (!tensors) throw new ModelFormatError(`Expected a network or its weights, got neither from a file of ${format}.`);
  const weights = new Map([...tensors].map(([name, value]) => [name, asFloat32(value)] as const));
  const origin = originOfNames(weights.keys());
  if (options.network) return { network: options.network, origin, ...assignWeights(options.network, weights) };
  const said = [metadata?.arch, metadata?.architecture, options.called].filter((text) => text !== undefined);
  const { network: found, note } = variantByNames(networkOfWeights(weights, ZOO), weights.keys(), said);
  const assigned = assignWeights(found, weights);
  return {
    ...assigned,
    network: found,
    origin,
    notes: note === undefined ? assigned.notes : [note, ...assigned.notes],
  };
}

/** What is said where a network gives more than its scores. */
function severalOutputs(network: Network): string[] {
  const losses = lossesOf(network).map(({ output }) => output.name);
  const given = outputsOf(network).filter(({ name }) => !losses.includes(name));
  const taken = scoresOf(network);
  return outputsNote(
    given.map(({ name, shape }) => ({ name, size: shapeText(shape) })),
    taken.name,
  );
}

/** Whether names are those of ImageNet's classes in their order, by one of their synonyms: most of them, as files spell some otherwise. */
function areNames(names: readonly string[], classes: readonly ImageNetClass[]): boolean {
  const same = names.filter((name, i) => name.toLowerCase().split(", ").includes(classes[i].name.toLowerCase()));
  return same.length > 0.8 * classes.length;
}

/** What scores stand for, each name once. */
interface NamedScores {
  readonly classes: readonly string[];
  /** of one score for two names: the first of them */
  readonly opposite?: string;
  /** how many scores stand before that of the first class that was named */
  readonly offset: number;
  /** one plain sentence each */
  readonly notes: readonly string[];
}

/**
 * A name for each score, each name once; numbers from 0 where there are no names. One score says how likely the second of two names is, and the label 1 where there are none. Where there is one name
 * less than scores, and the first score is the background's, so it is called.
 *
 * @param given the names, if any
 * @param count how many scores there are
 */
function namedScores(given: readonly string[] | undefined, count: number, background: boolean): NamedScores {
  const numbers = Array.from({ length: count }, (_, i) => `${i}`);
  if (!given) return { classes: count === 1 ? [YES] : numbers, offset: 0, notes: [] };
  if (count === 1 && given.length === 2) return { classes: [given[1]], opposite: given[0], offset: 0, notes: [] };
  if (background && given.length === count - 1) {
    const note = `The first of ${count} scores is taken for the background, as there are ${given.length} names.`;
    return { classes: unique(["background", ...given], 0).classes, offset: 1, notes: [note] };
  }
  if (given.length !== count) {
    const note = `The file names ${given.length} classes, and its network has ${count} scores: they are numbered.`;
    return { classes: numbers, offset: 0, notes: [note] };
  }
  return { ...unique(given, background ? 0 : 1), offset: 0 };
}

/**
 * The same names, with their number behind those that are there several times.
 *
 * @param first the number of the first: 0 where it is the background's
 */
function unique(given: readonly string[], first = 1): Pick<NamedScores, "classes" | "notes"> {
  const counts = new Map<string, number>();
  for (const name of given) counts.set(name, (counts.get(name) ?? 0) + 1);
  const twice = [...counts].filter(([, often]) => often > 1).map(([name]) => name);
  const notes =
    twice.length === 0
      ? []
      : [`Several classes have the same name, and a number behind it here: ${twice.slice(0, 3).join(", ")}.`];
  return { classes: given.map((name, i) => (twice.includes(name) ? `${name} (${i + first})` : name)), notes };
}
