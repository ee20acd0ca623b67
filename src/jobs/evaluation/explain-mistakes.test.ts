import { afterAll, expect, test } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import { classTable } from "../../evaluation/table/predictions.js";
import { float32 } from "../../graph/tensor.js";
import { type Opened, openNetwork } from "../../inspection/opened.js";
import type { TrainedModel } from "../../network/model/model.js";
import { sequential } from "../../network/network.js";
import type { ExplainedCells } from "../../report/evaluation/sections/explained-cells-section.js";
import { explainMistakes, type Judged } from "./explain-mistakes.js";

const engine = nodeEngine({ threads: 1 });
const opened: Opened[] = [];
afterAll(() => Promise.all(opened.map((each) => each.close())));

const classes = ["a", "b"];
const network = sequential("judge", { channels: 1, height: 1, width: 2 }, [conv([1, 2], 2, { biases: false })]);

/** A judge that says b by one of the two pixels. */
async function judge(pixel: number): Promise<Opened> {
  const filters = float32([0, 0, pixel === 0 ? 1 : 0, pixel === 1 ? 1 : 0], [2, 1, 1, 2]);
  const model: TrainedModel = {
    ...{ network, classes, history: null, normalization: { mean: [0], scale: 1 } },
    parameters: new Map([["conv1/filters", filters]]),
  };
  const own = await openNetwork(engine, model);
  opened.push(own);
  return own;
}

/** Pixels 1 and 2 of each sample, and its label: all are taken for b, by the judges 0 and 1 in turn. */
const PIXELS = [
  [10, 20, 0],
  [30, 40, 0],
  [50, 60, 1],
  [70, 80, 0],
];
const samples: Samples = {
  ...{ count: 4, shape: { channels: 1, height: 1, width: 2 } },
  target: classTarget(
    classes,
    Int32Array.from(PIXELS, ([, , label]) => label),
  ),
  read: (index, _, into, offset) => into.set(PIXELS[index].slice(0, 2), offset),
};
// the third is right; the last is the surest
const scores = Float32Array.of(0, 1, 0, 2, 0, 9, 0, 3);
const table = classTable(classes, Int32Array.of(0, 0, 1, 0), scores, {
  paths: ["0", "1", "2", "3"],
  folds: Int32Array.of(0, 1, 0, 1),
});
const judged: Judged = {
  ...{ table, samples, open: judge, method: "inputTimesGradient" },
  judgeOf: (sample) => table.folds?.[sample] ?? 0,
};

async function explained(own: Judged, stop = new AbortController(), after = 99): Promise<ExplainedCells> {
  const work = explainMistakes(own, stop.signal);
  for (let step = await work.next(); ; step = await work.next()) {
    if (step.done) return step.value;
    if (step.value.done === after) stop.abort();
  }
}

test("each mistake is explained by the model that judged it, the surest first", async () => {
  const { cells, notes, leftCells } = await explained(judged);
  expect([notes, leftCells, cells.length]).toEqual([[], 0, 1]);
  const [{ truth, guess, count, mistakes }] = cells;
  expect([truth, guess, count, mistakes.map(({ source }) => source)]).toEqual([0, 1, 3, ["3", "1", "0"]]);
  // for b: the pixel that the picture's own judge looks at
  const maps = mistakes.map(({ why }) => "map" in why.said.found && [...why.said.found.map.data]);
  expect(maps).toEqual([
    [0, 80],
    [0, 40],
    [10, 0],
  ]);
  expect(mistakes.every(({ otherwise }) => otherwise === undefined)).toBe(true);
});

test("what a model cannot be opened for is said, and where the model says something else now", async () => {
  const open = (fold: number): Promise<Opened> =>
    fold === 0 ? Promise.reject(new Error("fold-1/model.onnx: there is no such file.")) : judge(1);
  const { cells, notes } = await explained({ ...judged, open });
  expect(notes).toEqual([
    "Not explained are pictures (1) whose model cannot be looked into: fold-1/model.onnx: there is no such file.",
  ]);
  expect(cells[0].mistakes.map(({ source }) => source)).toEqual(["3", "1"]);
  // a table of what other views said: of the picture as it is, a
  const turned = { ...table, labels: Int32Array.of(1, 1, 1, 1), scores: scores.map((score) => -score) };
  const other = await explained({ ...judged, table: turned });
  expect(other.cells[0].mistakes.map(({ otherwise }) => otherwise)).toEqual(["b", "b", "b", "b"]);
});

test("stopped, it gives what is explained by then", async () => {
  const { cells, notes } = await explained(judged, new AbortController(), 1);
  expect(cells[0].mistakes.map(({ source }) => source)).toEqual(["0"]);
  expect(notes).toEqual(["It was stopped: 1 of 3 pictures are explained."]);
});
