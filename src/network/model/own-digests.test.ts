import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  conv,
  defineBlock,
  defineLoss,
  fromOnnx,
  initialize,
  type Layer,
  modelGraph,
  sequential,
  softmaxLogLoss,
  toOnnx,
} from "../../index.js";
import { compareConfiguration, writeConfiguration } from "../../jobs/run/configuration-file.js";
import { definitionsDigest } from "../../jobs/run/contents-file.js";
import { ownDigests } from "./own-digests.js";

/** What a module would import or read from the environment. */
const read = { factor: 2, inTraining: 1, goal: 1, start: 0 };

const scaled = defineBlock(
  "digest-test/scaled",
  {},
  {
    parameters: () => [{ name: "offset", shape: [1], initialization: { type: "constant", value: read.start } }],
    build: (g, _, [x], { offset }, mode) =>
      g.op("Add", [g.op("Mul", [x, g.scalar(mode.training ? read.inTraining : read.factor)]), offset]),
  },
);
const distance = defineLoss(
  "digest-test/distance",
  "values",
  {},
  { build: (g, _, x, goal) => g.op("Abs", [g.op("Sub", [x, g.op("Mul", [goal, g.scalar(read.goal)])])]) },
);

const networkOf = (loss: Layer = softmaxLogLoss()) =>
  sequential("own", { channels: 1, height: 2, width: 2 }, [
    conv(2, 2, { name: "conv" }),
    scaled({ name: "scaled" }),
    loss,
  ]);
const modelOf = (network = networkOf()) => ({
  ...{ network, parameters: initialize(network, 1), classes: ["a", "b"], normalization: { mean: [0], scale: 1 } },
  history: null,
});

/** Does something while what is read is different. */
function whileReading<R>(other: Partial<typeof read>, body: () => R): R {
  const before = { ...read };
  Object.assign(read, other);
  try {
    return body();
  } finally {
    Object.assign(read, before);
  }
}

test("a model whose definition computes something else than when it was made is refused by the layer's name", () => {
  const bytes = toOnnx(modelOf());
  expect(modelGraph(fromOnnx(bytes))).toEqual(modelGraph(modelOf()));
  whileReading({ factor: -3 }, () =>
    expect(() => fromOnnx(bytes)).toThrow(
      "layer 'scaled': the definition of 'digest-test/scaled' is not the one that the model was trained with",
    ),
  );
  // neither matters where it is used
  whileReading({ inTraining: 5, start: 1 }, () => expect(fromOnnx(bytes).classes).toEqual(["a", "b"]));
});

test("so is one whose loss is another: what it measures would be another number", () => {
  const bytes = toOnnx(modelOf(networkOf(distance({ name: "far" }))));
  expect(fromOnnx(bytes).network.layers).toHaveLength(3);
  whileReading({ goal: 2 }, () => expect(() => fromOnnx(bytes)).toThrow("layer 'far': the definition of"));
});

test("networks of the toolbox's own layers have no such checksum", () => {
  const network = sequential("plain", { channels: 1, height: 2, width: 2 }, [conv(2, 2), softmaxLogLoss()]);
  expect(ownDigests(network)).toEqual({});
  expect(definitionsDigest(network)).toBeUndefined();
});

test("a run does not go on with other definitions, in use, in training or at the beginning", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-definitions-"));
  const configuration = () => ({ contents: { training: "1 samples 0", definitions: definitionsDigest(networkOf()) } });
  await writeConfiguration(folder, configuration());
  expect(await compareConfiguration(folder, configuration())).toEqual([]);
  for (const other of [{ factor: 3 }, { inTraining: 2 }, { start: 1 }]) {
    await expect(compareConfiguration(folder, whileReading(other, configuration))).rejects.toThrow(
      "holds a run with other definitions than before (--define: the module is the same, but not what it imports or reads)",
    );
  }
  await rm(folder, { recursive: true });
});
