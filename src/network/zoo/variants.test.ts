/** Networks of timm and transformers that have the shapes of one of the zoo, against what they compute there. */

import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { cpu, runOn } from "../../../test/devices.js";
import facts from "../../../test/fixtures/variants.json" with { type: "json" };
import { hashed } from "../../../test/support/hashed.js";
import { GraphBuilder } from "../../graph/builder.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { buildNetwork } from "../build-network.js";
import { assignWeights, networkOfWeights } from "../import/state-dict.js";
import { ZOO } from "./index.js";
import { knownPreprocessing } from "./preprocessing.js";
import { asVariant, originOfNames, variantByNames } from "./variants.js";

interface Scores {
  readonly scores: readonly number[];
  readonly deviation: number;
}

const cases = Object.entries(facts).flatMap(([name, { tensors, variants }]) =>
  Object.entries<Scores>(variants).map(([variant, scores]) => ({ name, variant, tensors, ...scores })),
);

const SIDE = 64;

function weightsOf(lines: readonly string[]): Map<string, Tensor<"float32">> {
  return new Map(
    lines.map((line) => {
      const [name, text] = line.split(" ");
      const shape = text.split("×").map(Number);
      const u = hashed(crc32(name) & 0xffff, elementCount(shape));
      const scale = Math.sqrt(24 / elementCount(shape.slice(1)));
      const number = name.endsWith("running_var")
        ? (v: number) => 0.02 * (1 + v)
        : shape.length > 1
          ? (v: number) => v * scale
          : name.endsWith("weight")
            ? (v: number) => 0.2 * (1 + 0.5 * v)
            : (v: number) => 0.2 * v;
      return [name, float32(u.map(number), shape)];
    }),
  );
}

test.each(cases)("$variant computes the same", async ({ name, variant, tensors, scores, deviation }) => {
  const weights = weightsOf(tensors);
  const network = asVariant(ZOO[name](1000, SIDE), variant);
  const { parameters } = assignWeights(network, weights);
  const g = new GraphBuilder(variant);
  for (const [parameter, value] of parameters) g.initializer(parameter, value);
  const image = g.input("image", "float32", [1, 3, SIDE, SIDE]);
  const last = network.layers.at(-1)?.inputs[0].name ?? "";
  g.output("scores", buildNetwork(g, network, { image }).get(last) ?? "");
  const picture = hashed(9999, 3 * SIDE * SIDE).map((v) => v * 4);
  const { scores: found } = await runOn(cpu, g.build(), { image: float32(picture, [1, 3, SIDE, SIDE]) });
  expect(scores.length).toBe(8);
  // variances are small, so that ε counts: rounding does, too
  for (const [i, score] of scores.entries()) {
    expect(Math.abs(Number(found.data[125 * i]) - score)).toBeLessThan(2e-3 * deviation);
  }
});

test("which of two networks with the same tensors it is", () => {
  const { tensors } = facts.efficientnetLite0;
  const weights = weightsOf(tensors);
  const network = networkOfWeights(weights, ZOO);
  expect(network.name).toBe("efficientnetLite0");
  const taken = (...said: string[]) => variantByNames(network, weights.keys(), said);
  expect(taken("weights.pth").network.name).toBe("efficientnet_lite0");
  expect(taken("weights.pth").note).toBe(
    "timm's efficientnet_lite0 and tf_efficientnet_lite0 have the same tensors and differ in padding and ε: it is taken for efficientnet_lite0, as nothing says which it is. Of classify, evaluate, quantize and convert --network tf_efficientnet_lite0 says that it is the other.",
  );
  expect(taken("tf_efficientnet_lite0-0aa007d2.pth").network.name).toBe("tf_efficientnet_lite0");
  expect(taken("tf_efficientnet_lite0-0aa007d2.pth").note).toContain("as the file's name says");
  // a checkpoint's own word
  expect(taken("efficientnet_lite0", "tf.pth").note).toBeUndefined();
  expect(taken("tf_efficientnet_lite0", "model.pth")).toMatchObject({ network: { name: "tf_efficientnet_lite0" } });
  expect(originOfNames(weights.keys())).toBe("timm");
  // only one has these names
  const transformers = weightsOf(facts.mobilenetV2.tensors);
  expect(variantByNames(networkOfWeights(transformers, ZOO), transformers.keys(), []).network.name).toBe(
    "mobilenet_v2",
  );
  // the package that the zoo's names are of
  expect(variantByNames(network, ["_conv_stem.weight"], []).network).toBe(network);
});

test("pictures are prepared as timm's default_cfg says", () => {
  // timm 1.0.31: mean and std .5, crop_pct .875, bicubic
  expect(knownPreprocessing("tf_efficientnet_lite0", "timm")).toMatchObject({
    preprocessing: { fit: "crop", border: [32, 32], resampling: "pil-bicubic" },
    normalization: { mean: [127.5, 127.5, 127.5], scale: 1 / 127.5 },
  });
  // resnet50.a1_in1k: crop_pct .95, of which ⌊224 / .95⌋ = 235
  expect(knownPreprocessing("resnet50", "timm")?.preprocessing.border).toEqual([11, 11]);
});
