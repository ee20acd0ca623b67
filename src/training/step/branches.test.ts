/** Training of networks that are no chain: every expected number is worked out by hand. */

import { describe, expect, test } from "vitest";
import { everythingGraph } from "../../../test/support/everything.js";
import { conv } from "../../blocks/convolution/conv.js";
import { l2Loss } from "../../blocks/loss/value-losses.js";
import type { Values } from "../../engine/engine.js";
import { nodeEngine } from "../../engine/node.js";
import { float32, tensor } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { descriptionOf, networkFrom } from "../../network/description.js";
import { freezeLayers } from "../../network/edit/edit.js";
import { modelGraph } from "../../network/model/model.js";
import { dag, type Network, parametersOf } from "../../network/network.js";
import { sgd } from "../solver/solver.js";
import { diagnose } from "../statistics/diagnosis.js";
import { trainingGraph } from "./graphs.js";

const engine = nodeEngine({ threads: 1 });
const pixel = { channels: 1, height: 1, width: 1 };
const number = (value: number): Tensor<"float32"> => float32([value], [1, 1, 1, 1]);

/** A batch of one image of one pixel, as it is. */
const IMAGE = 3;
const plain = { mean: [0], scale: 1 };
const batch = {
  images: tensor("uint8", [1, 1, 1, 1], Uint8Array.of(IMAGE)),
  weights: float32([1], [1]),
};

/** One product of a number of the image and a filter, without a bias. */
const product = (name: string, input: string, parameter = `${name}/filters`) =>
  conv(1, 1, { name, inputs: [input], parameters: { filters: parameter }, biases: false });

/** All that a step computes on the way, as numbers. */
async function inspected(network: Network, values: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const program = await engine.load(everythingGraph(network, plain, 1));
  const inputs = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, number(value)]));
  const results = await program.run({ ...inputs, ...batch });
  await program.close();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Number(data[0])]));
}

/** The sums of one step of plain gradient descent, and the parameters after it. */
async function stepped(
  network: Network,
  values: Readonly<Record<string, number>>,
  learningRate: number,
): Promise<Record<string, number>> {
  const program = await engine.load(trainingGraph(network, plain, { solver: sgd({ momentum: 0, weightDecay: 0 }) }, 1));
  const inputs = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, number(value)]));
  const momenta = Object.fromEntries(parametersOf(network).map(({ name }) => [`momentum/${name}`, number(0)]));
  const given: Values = { ...inputs, ...momenta, ...batch, learningRate: float32([learningRate]), step: float32([1]) };
  const results = await program.run(Object.fromEntries(program.inputs.map(({ name }) => [name, given[name]])));
  await program.close();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Number(data[0])]));
}

/** a = f·image and b = f·other, each with an aim; the second counts half. */
const siamese = dag("siamese", { image: pixel, other: pixel }, [
  product("a", "image", "f"),
  product("b", "other", "f"),
  l2Loss({ name: "first", inputs: ["a"], target: "aimA" }),
  l2Loss({ name: "second", inputs: ["b"], target: "aimB", weight: 0.5 }),
]);

// f = 2 makes a = 2·3 = 6 and b = 2·5 = 10. With the aims 5 and 4: ½(6 − 5)² = ½ and ½(10 − 4)² = 18.
const siameseValues = { f: 2, other: 5, aimA: 5, aimB: 4 };

describe("a siamese pair on two inputs, with two weighted losses", () => {
  test("adds up the gradients of the filters that they share", async () => {
    const { "gradient/f": gradient } = await inspected(siamese, siameseValues);
    // (a − 5)·3 + ½·(b − 4)·5 = 1·3 + ½·6·5
    expect(gradient).toBe(18);
  });

  test("makes a step, and tells every loss", async () => {
    const results = await stepped(siamese, siameseValues, 0.125);
    expect(results).toMatchObject({ objective: 0.5 + 9, "loss/first": 0.5, "loss/second": 18 });
    expect(results["next/f"]).toBe(2 - 18 / 8);
  });

  test("is the same network after JSON, and trains alike", async () => {
    const again = networkFrom(JSON.parse(JSON.stringify(descriptionOf(siamese))));
    expect(again).toEqual(siamese);
    expect(await stepped(again, siameseValues, 0.125)).toEqual(await stepped(siamese, siameseValues, 0.125));
  });

  test("says where its numbers have exploded, also of a parameter with a name of its own", async () => {
    const inputs = Object.fromEntries(Object.entries(siameseValues).map(([name, value]) => [name, number(value)]));
    const exploded = { ...inputs, ...batch, f: number(Number.NaN) };
    const { message } = await diagnose(engine, siamese, plain, exploded, { epoch: 1, batch: 2, learningRate: 1 });
    expect(message).toContain("the parameter 'f' of layer 1 'a' became infinite or not a number");
  });

  test("has one initial value", () => {
    expect(parametersOf(siamese).map(({ name }) => name)).toEqual(["f"]);
  });
});

describe("a variable that two layers read", () => {
  // trunk = 2·3 = 6; left = −1·6, right = 4·6; ½(−6 − 1)² and ½(24 − 20)²
  const fork = dag("fork", { image: pixel }, [
    product("trunk", "image"),
    product("left", "trunk"),
    product("right", "trunk"),
    l2Loss({ inputs: ["left"], target: "aimA" }),
    l2Loss({ inputs: ["right"], target: "aimB" }),
  ]);
  const values = { "trunk/filters": 2, "left/filters": -1, "right/filters": 4, aimA: 1, aimB: 20 };

  test("gets the sum of their gradients", async () => {
    const results = await inspected(fork, values);
    expect(results).toMatchObject({
      // ((−6 − 1)·(−1) + (24 − 20)·4)·3
      "gradient/trunk/filters": 69,
      "gradient/left/filters": -7 * 6,
      "gradient/right/filters": 4 * 6,
    });
  });

  test("does so also when a branch is frozen, which stays as it is", async () => {
    const results = await stepped(freezeLayers(fork, ["left"]), values, 0.125);
    expect(results["next/trunk/filters"]).toBe(2 - 69 / 8);
    expect(results["next/right/filters"]).toBe(4 - 24 / 8);
    expect(Object.keys(results)).not.toContain("next/left/filters");
  });

  test("has two outputs in use", async () => {
    const names = ["trunk/filters", "left/filters", "right/filters"] as const;
    const parameters = new Map(names.map((name) => [name, number(values[name])]));
    const model = { network: fork, parameters, classes: ["left"], normalization: plain, history: null };
    const program = await engine.load(modelGraph(model));
    const results = await program.run({ image: number(IMAGE) });
    await program.close();
    expect(Array.from(results.scores.data, Number)).toEqual([-6]);
    expect(Array.from(results.right.data, Number)).toEqual([24]);
  });
});
