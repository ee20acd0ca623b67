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
import { elman } from "../blocks/recurrent/recurrent.js";
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
import { buildNetwork } from "../network/build-network.js";
import { truncateModel } from "../network/edit/edit.js";
import { fromOnnx, modelGraph, type TrainedModel } from "../network/model/model.js";
import { parametersOf, sequential } from "../network/network.js";
import { stream } from "../random/stream.js";
import { type LineReading, lineReader } from "../reading/read-line.js";
import { pngFromSvg } from "../report/page/pictures/raster-file.js";
import { scoresFigure } from "../report/reading/sentence-figures.js";
import { clipGradients } from "../training/solver/clip.js";
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
  type Powers,
  planesFigure,
  powersFigure,
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

/** How the last of 41 states depends on each of its columns, where all are 0: the length of its derivatives, by how many columns lie between. */
async function dependence(size: number): Promise<Place[]> {
  const [units, width] = [32, 41];
  const network = sequential("through time", { channels: units, height: 1, width }, [elman(units)]);
  const g = new GraphBuilder("through time");
  for (const { name, shape } of parametersOf(network)) g.input(name, "float32", shape);
  const x = g.input("image", "float32", [1, units, 1, width]);
  const states = buildNetwork(g, network, { image: x }).get("elman1") ?? "";
  const first = g.op("Slice", [states, g.ints(0, width - 1), g.ints(1, width), g.ints(1, 3)]);
  const objective = g.op("ReduceSum", [first], { keepdims: 0 });
  g.output("dx", gradients(g, objective, [x]).get(x) ?? "");
  const draw = stream(1, "through time");
  const identity = Array.from({ length: units ** 2 }, (_, i) => (i % (units + 1) === 0 ? 1 : 0));
  const random = Array.from({ length: units ** 2 }, () => (draw.normal() * size) / Math.sqrt(units));
  const { dx } = await outputs(g.build(), {
    image: float32(Array<number>(units * width).fill(0), [1, units, 1, width]),
    "elman1/filters": float32(identity, [units, units]),
    "elman1/stateFilters": float32(random, [units, units]),
    "elman1/biases": float32(Array<number>(units).fill(0), [units]),
  });
  return Array.from({ length: width }, (_, back) => {
    const column = Array.from({ length: units }, (_, k) => dx[k * width + width - 1 - back]);
    return { x: back, y: Math.log10(Math.hypot(...column)) };
  });
}

/** The objective ½·(w²⁰ − 1)² of one unit with a rectifier that keeps a 1 for 20 columns, in 40 steps from w = 1.3. */
async function kept(limit: number | undefined): Promise<Place[]> {
  const width = 21;
  const network = sequential("keeps", { channels: 1, height: 1, width }, [elman(1, { activation: "relu" })]);
  const g = new GraphBuilder("keeps");
  for (const { name, shape } of parametersOf(network)) g.input(name, "float32", shape);
  const image = g.input("image", "float32", [1, 1, 1, width]);
  const states = buildNetwork(g, network, { image }).get("elman1") ?? "";
  const last = g.op("Slice", [states, g.ints(width - 1), g.ints(width), g.ints(3)]);
  const off = g.op("Sub", [last, g.scalar(1)]);
  const objective = g.op("ReduceSum", [g.op("Mul", [g.op("Mul", [off, off]), g.scalar(0.5)])], { keepdims: 0 });
  const raw = gradients(g, objective, ["elman1/stateFilters"]).get("elman1/stateFilters") ?? "";
  const [slope] = limit === undefined ? [raw] : clipGradients(g, [raw], { norm: limit });
  g.output("objective", objective);
  g.output("next", g.op("Sub", ["elman1/stateFilters", g.op("Mul", [slope, g.scalar(0.001)])]));
  const program = await engine.load(g.build());
  const one = [1, ...Array<number>(width - 1).fill(0)];
  let weight = float32([1.3], [1, 1]);
  const way: Place[] = [];
  for (let step = 0; step <= 40; step++) {
    const made = await program.run({
      image: float32(one, [1, 1, 1, width]),
      "elman1/filters": float32([1], [1, 1]),
      "elman1/stateFilters": weight,
      "elman1/biases": float32([0], [1]),
    });
    way.push({ x: step, y: Math.log10(Math.max(Number(made.objective.data[0]), 1e-6)) });
    weight = float32(Array.from(made.next.data, Number), [1, 1]);
  }
  await program.close();
  return way;
}

/** What becomes of gradients on the way back through time, and what a limit does against it. */
async function throughTime(): Promise<Powers[]> {
  const sizes = [1.5, 1, 0.7];
  const columns = await Promise.all(sizes.map(dependence));
  return [
    {
      title: "the last state by an earlier column",
      below: "columns between them",
      ticks: [-9, -6, -3, 0, 3, 6, 9],
      curves: columns.map((places, i) => ({ name: `size ${sizes[i]}`, places, strong: i === 0 })),
    },
    {
      title: "the objective of keeping a 1",
      below: "steps",
      ticks: [-6, -3, 0, 3, 6],
      curves: [
        { name: "no limit", places: await kept(undefined), strong: true },
        { name: "at most 20", places: await kept(20), strong: false },
      ],
    },
  ];
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
  feedback: async () => powersFigure(await throughTime(), "Gradients through time, and a limit to them"),
  reading: async () => scoresFigure(await read()),
};

const asked = process.argv.slice(2);
for (const [name, draw] of Object.entries(pictures)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const path = new URL(`docs/pictures/${name}.png`, project);
  await writeFile(path, await encodeWithPalette(await pngFromSvg((await draw()).text)));
  console.log(fileURLToPath(path));
}
