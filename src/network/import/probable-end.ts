/** Networks that end in probabilities by other layers than a softmax or a sigmoid. */

import { sigmoid, softmax } from "../../blocks/activation/activation.js";
import { graphLayer } from "../../blocks/graph/graph-layer.js";
import type { Layer } from "../../blocks/layer.js";
import type { Evaluator } from "../../graph/fold/fold.js";
import { modelOf } from "../../graph/model.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { stream } from "../../random/stream.js";
import { addLayers } from "../edit/edit.js";
import { modelGraph } from "../model/model.js";
import { inputOf, lossesOf, type Network, outputOf, type PlacedLayer, scoresOf } from "../network.js";

/** Layers whose output says by itself what it is: what is not squashed, and what is squashed last. */
const PLAIN_ENDS: readonly string[] = ["conv", "softmax", "sigmoid"];

/** So many images of noise are looked at. */
const IMAGES = 3;

/** At so many places of a map of scores at most is looked. */
const PLACES = 64;

/**
 * A network that gives scores, where its end gives probabilities already: a second softmax behind these would make others of them. Its output p is then followed by
 * s = ln p and a softmax, or by s = ln p − ln(1 − p) and a sigmoid, which both give p again.
 *
 * Probabilities of classes are what is nowhere below 0 and adds up to 1 for every image of noise; those of attributes lie between 0 and 1 behind a sigmoid, with layers between
 * that neither mix nor weigh.
 *
 * @returns the network itself where it ends in scores, in a softmax or in a sigmoid
 */
export async function withScores(
  network: Network,
  parameters: ReadonlyMap<string, Tensor<"float32">>,
  engine: Evaluator,
): Promise<{ readonly network: Network; readonly notes: readonly string[] }> {
  const end = makerOf(network, scoresOf(network).name);
  const isSaid = !end || PLAIN_ENDS.includes(end.layer.type) || lossesOf(network).length > 0;
  if (isSaid || network.inputs.length > 1) return { network, notes: [] };
  // what does not run is told where it is to run
  const maps = await ofNoise(network, parameters, engine).catch(() => undefined);
  if (!maps) return { network, notes: [] };
  const from = scoresOf(network).name;
  const adding = (layers: readonly Layer[], what: string) => ({
    network: addLayers(network, layers),
    notes: [`The network gives ${what} by layers of its own, which are taken as they are.`],
  });
  if (maps.every((map) => map.every(areShares)))
    return adding([logarithm(from), softmax()], "probabilities that add up to 1");
  const isShare = (value: number): boolean => value >= 0 && value <= 1;
  if (isSquashed(network, end) && maps.every((map) => map.every((values) => values.every(isShare)))) {
    return adding([logit(from), sigmoid()], "a probability for each class");
  }
  return { network, notes: [] };
}

const makerOf = ({ layers }: Network, name: string): PlacedLayer | undefined =>
  layers.find(({ output }) => output.name === name);

/** What a network gives for images of noise: of each the scores of places. */
async function ofNoise(
  network: Network,
  parameters: ReadonlyMap<string, Tensor<"float32">>,
  engine: Evaluator,
): Promise<readonly (readonly number[][])[]> {
  const { channels, height, width } = inputOf(network);
  const { channels: count, height: rows, width: columns } = outputOf(network);
  const area = rows * columns;
  const classes = Array.from({ length: count }, (_, i) => `${i}`);
  const normalization = { mean: new Array<number>(channels).fill(0), scale: 1 };
  const program = await engine.load(
    modelOf(modelGraph({ network, parameters, classes, normalization, history: null })),
  );
  try {
    const maps: number[][][] = [];
    for (let seed = 1; seed <= IMAGES; seed++) {
      const noise = stream(seed, "noise");
      const image = Float32Array.from({ length: channels * height * width }, () => 4 * noise.uniform() - 2);
      const { scores } = await program.run({ image: float32(image, [1, channels, height, width]) });
      const step = Math.ceil(area / PLACES);
      maps.push(
        Array.from({ length: Math.ceil(area / step) }, (_, i) =>
          Array.from({ length: count }, (_, k) => Number(scores.data[k * area + i * step])),
        ),
      );
    }
    return maps;
  } finally {
    await program.close();
  }
}

/** Whether numbers, several of them, are shares of 1; float16 adds up to it by a thousandth. */
export const areShares = (values: readonly number[]): boolean =>
  values.length > 1 &&
  values.every((value) => value >= 0) &&
  Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) < 2e-3;

const SQUASHING: readonly string[] = ["softmax", "sigmoid", "hardSigmoid"];
const OPERATORS: readonly string[] = ["Softmax", "Sigmoid", "HardSigmoid"];

/** Whether one of the last layers, which read one value each and have no weights, squashes it. */
function isSquashed(network: Network, end: PlacedLayer | undefined): boolean {
  for (let layer = end; layer && layer.inputs.length === 1; layer = makerOf(network, layer.inputs[0].name)) {
    if (SQUASHING.includes(layer.layer.type)) return true;
    if (layer.layer.type === "graph" && layer.layer.nodes.some(({ operator }) => OPERATORS.includes(operator)))
      return true;
    if (layer.layer.type === "conv") return false;
  }
  return false;
}

/** The least number of which float32 knows all digits. */
const LEAST = 1.2e-38;

const constant = (value: string, number: number) => ({
  value,
  tensor: { type: "float32" as const, shape: [], data: [number] },
});

/** ln p */
const logarithm = (from: string): Layer =>
  graphLayer({
    ...{ inputs: [from], reads: [{ value: "p" }], makes: "s", constants: [constant("least", LEAST)] },
    nodes: [
      { operator: "Max", inputs: ["p", "least"], outputs: ["above"] },
      { operator: "Log", inputs: ["above"], outputs: ["s"] },
    ],
  });

/** ln p − ln(1 − p) */
const logit = (from: string): Layer =>
  graphLayer({
    ...{ inputs: [from], reads: [{ value: "p" }], makes: "s" },
    constants: [constant("least", LEAST), constant("one", 1)],
    nodes: [
      { operator: "Sub", inputs: ["one", "p"], outputs: ["q"] },
      { operator: "Max", inputs: ["p", "least"], outputs: ["yes"] },
      { operator: "Max", inputs: ["q", "least"], outputs: ["no"] },
      { operator: "Log", inputs: ["yes"], outputs: ["logYes"] },
      { operator: "Log", inputs: ["no"], outputs: ["logNo"] },
      { operator: "Sub", inputs: ["logYes", "logNo"], outputs: ["s"] },
    ],
  });
