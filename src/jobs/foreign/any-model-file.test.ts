import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeSafetensors } from "../../formats/safetensors.js";
import { float32, zeros } from "../../graph/tensor.js";
import { torchShapes } from "../../network/import/state-dict.js";
import { toOnnx } from "../../network/model/model.js";
import { outputOf, parametersOf } from "../../network/network.js";
import { lenet } from "../../network/zoo/lenet.js";
import { initialize } from "../../training/step/initialize.js";
import { readAnyModel } from "./any-model-file.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");

test.each(["onnx-residual.onnx", "onnx-transformer.onnx", "matconvnet-simple.mat", "matconvnet-dag.mat"])(
  "%s becomes a network with all its parameters",
  async (name) => {
    const { network, parameters, classes } = await readAnyModel(join(FIXTURES, name));
    expect([...parameters.keys()].sort()).toEqual(
      parametersOf(network)
        .map((spec) => spec.name)
        .sort(),
    );
    for (const { name: own, shape } of parametersOf(network)) expect(parameters.get(own)?.shape).toEqual(shape);
    expect(classes.length).toBe(outputOf(network).channels);
    expect(new Set(classes).size).toBe(classes.length);
  },
);

test("a model of ours is itself, and weights find their network", async () => {
  const folder = mkdtempSync(join(tmpdir(), "any-model-"));
  const network = lenet();
  const classes = Array.from({ length: outputOf(network).channels }, (_, i) => `class ${i}`);
  const model = {
    network,
    parameters: initialize(network, 1),
    classes,
    normalization: { mean: [0], scale: 1 },
    history: null,
  };
  const own = join(folder, "own");
  writeFileSync(own, toOnnx(model));
  expect(await readAnyModel(own)).toMatchObject({ classes, network, notes: [] });
  const weights = join(folder, "weights");
  writeFileSync(
    weights,
    writeSafetensors(new Map([...torchShapes(network)].map(([name, shape]) => [name, zeros("float32", shape)]))),
  );
  expect((await readAnyModel(weights)).network.name).toBe(network.name);
  writeFileSync(weights, writeSafetensors(new Map([["a.weight", float32([1, 2], [1, 2])]])));
  await expect(readAnyModel(weights)).rejects.toThrow(`${weights}: Expected the tensors of`);
  rmSync(folder, { recursive: true });
});
