/** Draws the pictures of docs/lecture.md and the README: `npm run pictures`, `npm run pictures -- reading` for one. Not part of the package. */

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gradients } from "../autodiff/differentiate.js";
import { elu, gelu, leakyRelu, relu, sigmoid, tanh } from "../blocks/activation/activation.js";
import { FOR_USE, type ParameterSpec } from "../blocks/block.js";
import { conv } from "../blocks/convolution/conv.js";
import { blockOf, type Layer } from "../blocks/layer.js";
import { logisticLoss } from "../blocks/loss/attribute-losses.js";
import { maxPool } from "../blocks/pooling/pool.js";
import { clouds, POINT_NORMALIZATION, rings } from "../data/clouds.js";
import { loadLetters } from "../data/letters/letters-file.js";
import { encodeWithPalette } from "../data/pictures/formats/sharp-file.js";
import { readImage } from "../data/pictures/image-file.js";
import type { Samples } from "../data/samples.js";
import type { ClassTarget } from "../data/target.js";
import type { Markup } from "../drawing/markup.js";
import type { Engine } from "../engine/engine.js";
import { nodeEngine } from "../engine/node.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { truncateModel } from "../network/edit/edit.js";
import { fromOnnx, modelGraph, type TrainedModel } from "../network/model/model.js";
import { sequential } from "../network/network.js";
import { type LineReading, lineReader } from "../reading/read-line.js";
import { pngFromSvg } from "../report/page/pictures/raster-file.js";
import { scoresFigure } from "../report/reading/sentence-figures.js";
import { minimize } from "../training/solver/minimize.js";
import { sgd } from "../training/solver/solver.js";
import { solverStep } from "../training/solver/solver-step.js";
import {
  type Activation,
  activationFigure,
  type Boundary,
  boundaryFigure,
  type Descent,
  descentFigure,
  EDGE,
  type Place,
  type Plane,
  planesFigure,
} from "./figures.js";

const engine = nodeEngine();
const project = new URL("../../", import.meta.url);

/** The outputs of a graph as lists of numbers. */
async function outputs(graph: Graph, inputs: Parameters<Awaited<ReturnType<Engine["load"]>>["run"]>[0]) {
  const program = await engine.load(graph);
  const results = await program.run(inputs);
  await program.close();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

/** A block's values and slopes from −4 to 4, as the block itself computes them. */
async function activation(title: string, layer: Layer): Promise<Activation> {
  const xs = Array.from({ length: 400 }, (_, i) => -4 + (8 * (i + 0.5)) / 400);
  const g = new GraphBuilder(title);
  const x = g.input("x", "float32", [xs.length, 1, 1, 1]);
  const y = blockOf(layer).build(g, layer, [x], {}, FOR_USE);
  const dx = gradients(g, g.op("ReduceSum", [y], { keepdims: 0 }), [x]).get(x) ?? "";
  g.output("y", y);
  g.output("dx", dx);
  const made = await outputs(g.build(), { x: float32(xs, [xs.length, 1, 1, 1]) });
  const along = (values: readonly number[]): Place[] => values.map((value, i) => ({ x: xs[i], y: value }));
  return { title, curve: along(made.y), slope: along(made.dx) };
}

/** The optimum of a network on points, seen over the plane. */
async function boundary(
  title: string,
  samples: Samples<ClassTarget>,
  layers: readonly Layer[],
  cost: number,
): Promise<Boundary> {
  const network = sequential(title, samples.shape, [...layers, logisticLoss()]);
  const normalization = POINT_NORMALIZATION;
  const { parameters } = await minimize(engine, network, { samples, normalization, cost });
  const side = 161;
  const [origin, unit] = [normalization.mean[0], 1 / normalization.scale];
  const bytes = Array.from({ length: side * side }, (_, i) =>
    [i % side, Math.floor(i / side)].map((k) => origin + unit * EDGE * (-1 + (2 * (k + 0.5)) / side)),
  );
  const model: TrainedModel = { network, parameters, classes: ["yes"], normalization, history: [] };
  const { probabilities } = await outputs(modelGraph(model), { image: float32(bytes.flat(), [side * side, 2, 1, 1]) });
  const points = Array.from({ length: samples.count }, (_, i) => {
    const own = new Uint8Array(2);
    samples.read(i, 0, own, 0);
    const [x, y] = Array.from(own, (byte) => (byte - origin) / unit);
    return { x, y, label: samples.target.labels[i] };
  });
  return { title, points, probabilities };
}

/** The valley ½·(x² + 10·y²). */
const CURVATURE = [1, 10] as const;
const valley = (x: number, y: number): number => (CURVATURE[0] * x * x + CURVATURE[1] * y * y) / 2;

/** Thirty steps of the solver down the valley. */
async function descent(title: string, below: string, learningRate: number, momentum: number): Promise<Descent> {
  const spec: ParameterSpec = {
    name: "w",
    shape: [2],
    initialization: { type: "zeros" },
    update: "gradient",
    learningRate: 1,
    weightDecay: 0,
  };
  const g = new GraphBuilder("descent");
  for (const name of ["w", "m"]) g.input(name, "float32", [2]);
  const slope = g.op("Mul", ["w", g.constant(float32(CURVATURE, [2]))]);
  const rate = g.scalar(learningRate);
  const after = solverStep(g, sgd({ momentum, weightDecay: 0 }), spec, slope, { momentum: "m" }, rate, g.scalar(1));
  g.output("next/w", after.parameter);
  g.output("next/m", after.state.momentum ?? "");
  const program = await engine.load(g.build());
  let state = { w: float32([-3.4, 1.2], [2]), m: float32([0, 0], [2]) };
  const way: Place[] = [];
  for (let step = 0; step <= 30; step++) {
    way.push({ x: state.w.data[0], y: state.w.data[1] });
    const next = await program.run(state);
    state = {
      w: float32(Array.from(next["next/w"].data, Number), [2]),
      m: float32(Array.from(next["next/m"].data, Number), [2]),
    };
  }
  await program.close();
  return { title, below, way };
}

/** What two filters of the network for letters, and the blocks after them, make of an "a". */
async function filtered(): Promise<Plane[][]> {
  const { parameters } = fromOnnx(await readFile(new URL("assets/ocr.onnx", project)));
  const { training } = await loadLetters();
  const letter = new Uint8Array(32 * 32);
  training.read(0, 0, letter, 0);
  const all = parameters.get("conv1/filters");
  if (!all) throw new Error("The model has no first filters.");
  const network = sequential("filter", training.shape, [
    conv(5, 1, { biases: false }),
    relu(),
    maxPool(2, { stride: 2 }),
  ]);
  const normalization = { mean: [255], scale: 1 };
  return Promise.all(
    FILTERS.map(async (filter) => {
      const weights = all.data.slice(25 * filter, 25 * (filter + 1));
      const own = new Map([["conv1/filters", float32(weights, [1, 1, 5, 5])]]);
      const model: TrainedModel = { network, parameters: own, classes: ["y"], normalization, history: [] };
      const plane = async (variable: string, title: string, below: string, side: number): Promise<Plane> => {
        const graph = modelGraph(truncateModel(model, variable));
        const { scores } = await outputs(graph, { image: float32(letter, [1, 1, 32, 32]) });
        return { title, below, height: side, width: side, values: scores };
      };
      return [
        {
          title: "image",
          below: "32×32, white is zero",
          height: 32,
          width: 32,
          values: Array.from(letter, (v) => v - 255),
        },
        { title: "filter", below: "5×5", height: 5, width: 5, values: weights },
        await plane("conv1", "conv(5, 1)", "28×28", 28),
        await plane("relu1", "relu()", "28×28", 28),
        await plane("pool1", "maxPool(2, { stride: 2 })", "14×14", 14),
      ];
    }),
  );
}
const FILTERS = [3, 7];

/** The lecture's sentence, as the packaged model reads it. */
async function read(): Promise<LineReading> {
  const model = fromOnnx(await readFile(new URL("assets/ocr.onnx", project)));
  const image = await readImage(fileURLToPath(new URL("assets/sentence-lato.png", project)), { channels: 3 });
  const reader = await lineReader(engine, model);
  const reading = await reader.read(image);
  await reader.close();
  return reading;
}

const initialization = { type: "he" } as const;
const pictures: Readonly<Record<string, () => Promise<Markup>>> = {
  activations: async () =>
    activationFigure([
      await activation("sigmoid", sigmoid()),
      await activation("tanh", tanh()),
      await activation("ReLU", relu()),
      await activation("leaky ReLU, slope 0.1", leakyRelu(0.1)),
      await activation("ELU", elu()),
      await activation("GELU", gelu()),
    ]),
  boundaries: async () =>
    boundaryFigure([
      await boundary("one neuron", clouds(200), [conv(1, 1)], 1),
      await boundary("one neuron", rings(200), [conv(1, 1)], 1),
      await boundary(
        "eight hidden neurons",
        rings(200),
        [conv(1, 8, { initialization }), relu(), conv(1, 1, { initialization })],
        10,
      ),
    ]),
  descent: async () =>
    descentFigure(
      [
        await descent("rate 0.003", "too small: nothing happens", 0.003, 0),
        await descent("rate 0.12", "arrives", 0.12, 0),
        await descent("rate 0.12, momentum 0.5", "arrives sooner", 0.12, 0.5),
        await descent("rate 0.205", "too large: the steps grow, parameters explode", 0.205, 0),
      ],
      valley,
    ),
  convolution: async () => planesFigure(await filtered()),
  reading: async () => scoresFigure(await read()),
};

const asked = process.argv.slice(2);
for (const [name, draw] of Object.entries(pictures)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const path = new URL(`docs/pictures/${name}.png`, project);
  await writeFile(path, await encodeWithPalette(await pngFromSvg((await draw()).text)));
  console.log(fileURLToPath(path));
}
