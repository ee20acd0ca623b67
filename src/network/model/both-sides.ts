/** Models that give one number for a picture, which is a yes or no. */

import { conv } from "../../blocks/convolution/conv.js";
import type { Model } from "../../graph/model.js";
import { float32 } from "../../graph/tensor.js";
import type { Node, Value } from "../../graph/types.js";
import { addLayers } from "../edit/edit.js";
import { layersUpTo, lossesOf, type Network, outputOf, parametersOf, scoresOf, withoutLoss } from "../network.js";
import { type ModelFile, resultOf } from "./model.js";

/** A model that is asked for both answers. */
export interface BothSides extends Pick<ModelFile, "model" | "eightBit"> {
  readonly note: string;
}

/** What the one number of an unnamed model stands for: a label of 1. */
export const YES = "1";

/** What it is, if not that. */
export const oppositeOf = (name: string): string => (name === YES ? "0" : `not ${name}`);

/** What is said of a model that is asked for both answers. @param isProbability whether its number is one already */
export const sidesNote = ([no, yes]: readonly string[], isProbability: boolean): string =>
  isProbability
    ? `The model gives one probability for a picture: that of '${yes}'. The rest is that of '${no}'.`
    : `The model gives one number for a picture, which is no probability: its sigmoid is taken for that of '${yes}', and the rest for that of '${no}'. If the number was trained to be a quantity (a regression), these mean nothing.`;

/**
 * A model of one score s as one of two classes, with the scores 0 and s: their softmax is 1 − σ(s) and σ(s), so that both answers are told, and measured, as any classes are.
 *
 * @param opposite what it is where it is not the model's class; "not …" unless given
 * @returns undefined where the model has another number of scores, or was trained to give a value
 * @example
 * withBothSides({ model }); // undefined: the letters' model has 26 scores
 */
export function withBothSides(
  { model, eightBit }: Pick<ModelFile, "model" | "eightBit">,
  opposite?: string,
): BothSides | undefined {
  const { network, parameters, classes } = model;
  const { channels, height, width } = outputOf(network);
  const { name, squash } = resultOf(network);
  if (channels * height * width !== 1 || classes.length !== 1 || squash !== "Sigmoid") return undefined;
  const layer = conv([1, 1], 2, { name: LAYER, inputs: [name], biases: false });
  const both = addLayers(withoutLoss(layersUpTo(network, name)), [layer]);
  const filters = `${LAYER}/filters`;
  const needed = parametersOf(both).flatMap(({ name: own }) => {
    const value = own === filters ? SIDES : parameters.get(own);
    return value ? [[own, value] as const] : [];
  });
  const sides = [opposite ?? oppositeOf(classes[0]), classes[0]];
  const isProbability = scoresOf(network).name !== name || lossesOf(network).length > 0;
  return {
    model: { ...model, network: both, parameters: new Map(needed), classes: sides },
    note: sidesNote(sides, isProbability),
    ...(eightBit ? { eightBit: programOfBoth(eightBit) } : {}),
  };
}

/** The layer that makes two scores of one. */
const LAYER = "bothSides";

/** Whether a network's two scores are 0 and one score, as {@link withBothSides} makes them: nothing is to be seen of the first alone. */
export const givesBothSides = (network: Network): boolean => resultOf(network).name === LAYER;

/** From s to 0 and s. */
const SIDES = float32([0, 1], [2, 1, 1, 1]);

/** The same of a model as it runs, from `image` to `scores` and `probabilities`. */
function programOfBoth(model: Model): Model {
  const { graph } = model;
  const renamed = (name: string): string => (name === "scores" ? "score" : name);
  const node = (operator: string, inputs: readonly string[], output: string, attributes: Node["attributes"]): Node => ({
    ...{ operator, domain: "", name: output, inputs, outputs: [output], attributes },
  });
  const nodes = graph.nodes
    .filter(({ outputs }) => !outputs.includes("probabilities"))
    .map((each) => ({ ...each, inputs: each.inputs.map(renamed), outputs: each.outputs.map(renamed) }));
  const shape = graph.outputs[0].shape?.map((size, axis) => (axis === 1 ? 2 : size));
  const outputs = ["scores", "probabilities"].map((name): Value => ({ name, type: "float32", shape }));
  const axis = { axis: { type: "int", value: 1 } } as const;
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [
        ...nodes,
        node("Sub", ["score", "score"], "nothing", {}),
        node("Concat", ["nothing", "score"], "scores", axis),
        node("Softmax", ["scores"], "probabilities", axis),
      ],
      outputs,
    },
  };
}
