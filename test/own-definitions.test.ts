/** Blocks and losses of one's own, from training to a deployed model: as those of the toolbox. */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gradients } from "../src/autodiff/index.js";
import { predict } from "../src/evaluation/index.js";
import { GraphBuilder, tensor } from "../src/graph/index.js";
import {
  buildObjective,
  conv,
  deployModel,
  descriptionOf,
  evaluationGraph,
  freezeLayers,
  fromOnnx,
  initialize,
  lectureTable,
  metricNamed,
  metricsOf,
  modelGraph,
  type Network,
  networkFrom,
  networkMermaid,
  networkTable,
  parametersOf,
  relu,
  renameModel,
  replaceLayer,
  sequential,
  sgd,
  type Tensor,
  type TrainedModel,
  type TrainingEvent,
  type TrainingState,
  textTable,
  toOnnx,
  train,
  trainingGraph,
  trainingMode,
  type Values,
} from "../src/index.js";
import { readNewestState, writeState } from "../src/jobs/run/checkpoint-file.js";
import { randomBatch } from "./batches.js";
import { cpu, describeDevices, difference, expectClose, runOn } from "./devices.js";
import { firstSteps } from "./steps.js";
import { centre, focal, NORMALIZATION, ownNetwork, ownSamples, SHAPE } from "./support/own-definitions.js";

const SEED = { randomSeed: tensor("int32", [], Int32Array.of(7)) };

const startOf = (network: Network): Record<string, Tensor<"float32">> => Object.fromEntries(initialize(network, 1));

/** Without kinks, so that differences are slopes. */
const smooth = (): Network =>
  sequential("smooth", SHAPE, [
    conv(3, 2, { name: "before", initialization: { type: "he" } }),
    centre({ name: "centre" }),
    conv([4, 3], 3, { name: "after", initialization: { type: "he" } }),
    focal(),
  ]);

/** The mean objective in training, and its gradients to all that is learned. */
function objectiveGraph(network: Network, batchSize: number) {
  const g = new GraphBuilder("objective");
  for (const { name, shape } of parametersOf(network)) g.input(name, "float32", shape);
  const { mean } = buildObjective(g, network, NORMALIZATION, batchSize, trainingMode(g));
  g.output("mean", mean);
  for (const [name, gradient] of gradients(g, mean, LEARNED)) g.output(`gradient/${name}`, gradient);
  return g.build();
}
const LEARNED = ["before/filters", "centre/gain", "after/biases"];

/** (f(w + h) − f(w − h)) / 2h for each number w of a parameter. */
async function centralDifferences(
  objective: (values: Values) => Promise<number>,
  values: Record<string, Tensor<"float32">>,
  name: string,
): Promise<number[]> {
  const step = 2 ** -6;
  const { shape, data } = values[name];
  const at = (i: number, by: number): Promise<number> => {
    const moved = data.slice();
    moved[i] += by;
    return objective({ ...values, [name]: tensor("float32", shape, moved) });
  };
  const slopes: number[] = [];
  for (let i = 0; i < data.length; i++) slopes.push(((await at(i, step)) - (await at(i, -step))) / (2 * step));
  return slopes;
}

describeDevices("a block and a loss of one's own", (device) => {
  // 4 images are computed in the batch-first layout; 20 in the batch-last layout where the device has one.
  test.each([4, 20])("have the slopes of their values, in batches of %i", async (batchSize) => {
    const network = smooth();
    const start = startOf(network);
    const graph = objectiveGraph(network, batchSize);
    const batch = { ...SEED, ...randomBatch(network, 3, batchSize) };
    const results = await runOn(device, graph, { ...start, ...batch });
    const program = await cpu.engine.load(graph);
    const objective = async (values: Values): Promise<number> =>
      Number((await program.run({ ...values, ...batch })).mean.data[0]);
    for (const name of LEARNED) {
      const expected = await centralDifferences(objective, start, name);
      expect(difference(results[`gradient/${name}`].data, expected), name).toBeLessThanOrEqual(5e-3);
    }
    await program.close();
  });

  test("train as on the processor, step by step", async () => {
    const network = ownNetwork();
    const graph = trainingGraph(network, NORMALIZATION, { solver: sgd() }, 8);
    const batch = { ...SEED, ...randomBatch(network, 3, 8) };
    const run = [graph, startOf(network), batch, 0.1] as const;
    const made = await firstSteps(5, device.engine, ...run);
    const expected = await firstSteps(5, cpu.engine, ...run);
    expect(expected[4].sums.objective).toBeLessThan(expected[0].sums.objective / 2);
    for (const [name, value] of Object.entries(expected[4].state)) {
      // What is added before a mean is taken away has no slope, and stays 0 but for rounding.
      expectClose(made[4].state[name], value, 10 * device.tolerance, `${name} after 5 steps`, 0.1);
    }
  });
});

test("a parameter follows the batches by its share, and is what a layer uses", async () => {
  // All pixels are 192, that is 1 after normalisation: with a share of ½, m goes 0 → ½ → ¾, and x − m is ¼ in use.
  const network = sequential("follows", SHAPE, [centre({ name: "stem", rate: 0 }), conv([6, 5], 3), focal()]);
  const images = tensor("uint8", [4, 2, 6, 5], new Uint8Array(240).fill(192));
  const batch = { ...randomBatch(network, 3, 4), images };
  const graph = trainingGraph(network, NORMALIZATION, { solver: sgd() }, 4);
  const steps = await firstSteps(2, cpu.engine, graph, startOf(network), batch, 0.1);
  expect([...steps[0].state["stem/means"].data]).toEqual([0.5, 0.5]);
  expect([...steps[1].state["stem/means"].data]).toEqual([0.75, 0.75]);
  const inUse = sequential("use", SHAPE, [centre({ name: "stem" })]);
  const parameters = new Map(Object.entries({ ...startOf(inUse), "stem/means": steps[1].state["stem/means"] }));
  const model = { network: inUse, parameters, classes: ["a", "b"], normalization: NORMALIZATION, history: [] };
  const image = tensor("float32", [1, 2, 6, 5], new Float32Array(60).fill(192));
  const { scores } = await runOn(cpu, modelGraph(model), { image });
  expect(new Set(Array.from(scores.data, Number))).toEqual(new Set([0.25]));
});

const samples = ownSamples(24);

const run = (more: { readonly epochs: number; readonly resume?: TrainingState }): AsyncGenerator<TrainingEvent> =>
  train(cpu.engine, ownNetwork(), {
    training: samples,
    validation: samples,
    normalization: NORMALIZATION,
    batchSize: 8,
    learningRate: 0.1,
    layerStatistics: true,
    ...more,
  });

async function stateAfter(events: AsyncIterable<TrainingEvent>): Promise<TrainingState> {
  let state: TrainingState | undefined;
  for await (const event of events) if (event.type === "epoch") state = event.state;
  if (!state) throw new Error("no epoch");
  return state;
}

const frame = { network: ownNetwork(), classes: ["a", "b", "c"], normalization: NORMALIZATION };

const trained = stateAfter(run({ epochs: 4 }));

const trainedModel = async (): Promise<TrainedModel> => {
  const { parameters, history } = await trained;
  return { ...frame, parameters, history };
};

const scoresOf = async (model: TrainedModel): Promise<readonly number[]> => {
  const { images } = randomBatch(model.network, 3, 5);
  const image = tensor("float32", images.shape, Float32Array.from(images.data));
  return Array.from((await runOn(cpu, modelGraph(model), { image })).scores.data, Number);
};

test("what a loss of one's own measures is a metric like others", async () => {
  const { history } = await trained;
  expect(metricsOf(ownNetwork()).map(({ title }) => title)).toEqual(["confidence"]);
  expect(metricNamed("ownTestConfidence").better).toBe("higher");
  const confidence = history.at(-1)?.validation?.metrics.ownTestConfidence ?? 0;
  expect(confidence).toBeGreaterThan(1 / 3);
  expect(confidence).toBeLessThanOrEqual(1);
  expect(history.at(-1)?.layerStatistics?.layers.map(({ layer }) => layer)).toContain("stem");
});

test("a run with them goes on from a checkpoint as if it had not been interrupted, bit by bit", async () => {
  const place = await mkdtemp(join(tmpdir(), "bellpepper-own-"));
  await writeState(place, frame, await stateAfter(run({ epochs: 2 })));
  const notes: string[] = [];
  const resume = await readNewestState(place, await readdir(place), [frame], notes);
  await rm(place, { recursive: true });
  expect({ notes, epoch: resume?.epoch }).toEqual({ notes: [], epoch: 2 });
  const [resumed, whole] = [await stateAfter(run({ epochs: 4, ...(resume ? { resume } : {}) })), await trained];
  for (const [name, { data }] of [...whole.parameters, ...whole.state]) {
    const other = resumed.parameters.get(name) ?? resumed.state.get(name);
    expect(other?.data, name).toEqual(data);
  }
});

test("a model with them comes back from its file, and computes the scores that were measured", async () => {
  const model = await trainedModel();
  const again = fromOnnx(toOnnx(model));
  expect(again.network).toEqual(model.network);
  const { images, labels, weights } = randomBatch(model.network, 3, 5);
  const measure = evaluationGraph(model.network, NORMALIZATION, 5);
  const measured = await runOn(cpu, measure, { ...Object.fromEntries(model.parameters), images, labels, weights });
  expect(difference(await scoresOf(again), Array.from(measured.scores.data, Number))).toBeLessThanOrEqual(1e-6);
  const table = await predict(cpu.engine, again, samples);
  expect(table.scores).toHaveLength(72);
});

test("a network with them is the same after JSON, where defaults may be left out", () => {
  expect(networkFrom(JSON.parse(JSON.stringify(descriptionOf(ownNetwork()))))).toEqual(ownNetwork());
  const short = [
    { type: "own-test/centre", edges: 1 },
    { type: "loss", loss: "own-test/focal" },
  ];
  const { layers } = networkFrom({
    name: "short",
    inputs: { image: { channels: 3, height: 1, width: 1 } },
    layers: short,
  });
  expect(layers.map(({ name, layer }) => [name, layer])).toEqual([
    ["centre1", centre({ edges: [1, 1] })],
    ["loss1", focal()],
  ]);
});

test("they are displayed", () => {
  const text = textTable(networkTable(ownNetwork()), {});
  expect(text).toMatch(/stem +own-test\/centre/);
  expect(text).toMatch(/centre2 +own-test\/centre/);
  expect(text).toMatch(/loss1 +own-test\/focal/);
  expect(networkMermaid(ownNetwork())).toContain("own-test/centre");
  // the lecture's table leaves losses out, and has 7 characters for a type
  expect(lectureTable(ownNetwork()).split("\n")[1]).toBe(
    "      type|    cnv|batchNorm| centre|   relu| centre|    cnv|",
  );
});

test("they are frozen, renamed and replaced like others", async () => {
  const still = freezeLayers(ownNetwork(), ["stem"]);
  const rates = parametersOf(still).filter(({ name }) => name.startsWith("stem/"));
  expect(rates.map(({ name, learningRate }) => [name, learningRate])).toEqual([
    ["stem/gain", 0],
    ["stem/means", 0],
  ]);
  const steps = await firstSteps(
    1,
    cpu.engine,
    trainingGraph(still, NORMALIZATION, { solver: sgd() }, 4),
    startOf(still),
    { ...SEED, ...randomBatch(still, 3, 4) },
    0.1,
  );
  expect(Object.keys(steps[0].state)).not.toContain("stem/means");

  const model = await trainedModel();
  const renamed = renameModel(model, { layers: { stem: "trunk" } });
  expect(renamed.parameters.get("trunk/gain")).toBe(model.parameters.get("stem/gain"));
  expect(await scoresOf(renamed)).toEqual(await scoresOf(model));

  const without = replaceLayer(ownNetwork(), "stem", relu());
  expect(without.layers[2].layer).toEqual(relu({ name: "stem" }));
  expect(replaceLayer(without, "stem", centre())).toEqual(ownNetwork());
});

test("a deployed model keeps a block of one's own, and a softmax in the place of a loss of classes", async () => {
  const model = await trainedModel();
  const ready = deployModel(model);
  expect(ready.network.layers.map(({ layer }) => layer.type)).toEqual([
    ...["conv", "own-test/centre", "relu", "own-test/centre", "conv", "softmax"],
  ]);
  expect(difference(await scoresOf(ready), await scoresOf(model))).toBeLessThanOrEqual(1e-5);
});
