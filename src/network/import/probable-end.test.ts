import { expect, test } from "vitest";
import { clip, hardSigmoid, relu, sigmoid, softmax } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { graphLayer } from "../../blocks/graph/graph-layer.js";
import type { Layer } from "../../blocks/layer.js";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import { modelGraph } from "../model/model.js";
import { sequential } from "../network.js";
import { withScores } from "./probable-end.js";

const engine = nodeEngine({ threads: 1 });
/** scores of one grey pixel v: (v, 0, −v) */
const parameters = new Map([
  ["conv1/filters", float32([1, 0, -1], [3, 1, 1, 1])],
  ["conv1/biases", float32([0, 0, 0], [3])],
]);
const shares = graphLayer({
  reads: [{ value: "x", shape: [3] }],
  nodes: [
    { operator: "Exp", inputs: ["x"], outputs: ["e"] },
    { operator: "ReduceSum", inputs: ["e", "axis"], outputs: ["sum"] },
    { operator: "Div", inputs: ["e", "sum"], outputs: ["p"] },
  ],
  makes: "p",
  constants: [{ value: "axis", tensor: { type: "int64", shape: [1], data: [1] } }],
});

/** What a network that ends so makes of the pixel 2. */
async function asked(...end: readonly Layer[]): Promise<{ probabilities: number[]; notes: readonly string[] }> {
  const bare = sequential("one", { channels: 1, height: 1, width: 1 }, [conv([1, 1], 3), ...end]);
  const { network, notes } = await withScores(bare, parameters, engine);
  const normalization = { mean: [0], scale: 1 };
  const program = await engine.load(
    modelGraph({ network, parameters, classes: ["a", "b", "c"], normalization, history: null }),
  );
  const { probabilities } = await program.run({ image: float32([2], [1, 1, 1, 1]) });
  await program.close();
  return { probabilities: Array.from(probabilities.data, Number), notes };
}

const near = (found: readonly number[], expected: readonly number[]): void =>
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 5);
  });
const powers = [Math.exp(2), 1, Math.exp(-2)];
const softmaxed = powers.map((power) => power / (powers[0] + powers[1] + powers[2]));
const sigmoided = powers.map((power) => power / (1 + power));

test.each<[string, readonly Layer[]]>([
  ["a clipped softmax", [softmax(), clip(1e-7, 1)]],
  ["a softmax that is written out", [shares]],
])("%s is not put through another one", async (_, end) => {
  const { probabilities, notes } = await asked(...end);
  near(probabilities, softmaxed);
  expect(notes).toEqual([
    "The network gives probabilities that add up to 1 by layers of its own, which are taken as they are.",
  ]);
});

test("a clipped sigmoid is not put through a softmax", async () => {
  const { probabilities, notes } = await asked(sigmoid(), clip(1e-7, 1));
  near(probabilities, sigmoided);
  expect(notes).toHaveLength(1);
});

test("a hard sigmoid gives probabilities: (v + 3) / 6", async () => {
  const { probabilities } = await asked(hardSigmoid(1 / 6, 0.5));
  near(probabilities, [5 / 6, 1 / 2, 1 / 6]);
});

test.each<[string, readonly Layer[], readonly number[]]>([
  ["scores", [], softmaxed],
  ["a softmax", [softmax()], softmaxed],
  ["a sigmoid", [sigmoid()], sigmoided],
  ["scores that are never below 0", [relu()], [powers[0], 1, 1].map((power) => power / (powers[0] + 2))],
])("%s stay what they are", async (_, end, expected) => {
  const { probabilities, notes } = await asked(...end);
  near(probabilities, expected);
  expect(notes).toEqual([]);
});
