import { afterAll, expect, test } from "vitest";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { binaryLogLoss } from "../../blocks/loss/attribute-losses.js";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import { withBothSides } from "../../network/model/both-sides.js";
import type { TrainedModel } from "../../network/model/model.js";
import { sequential } from "../../network/network.js";
import { type Opened, openNetwork } from "../opened.js";
import { answerOf, meanEvidence, type Why, whyOf } from "./why.js";

const engine = nodeEngine({ threads: 1 });
const closing: Opened[] = [];
afterAll(() => Promise.all(closing.map((each) => each.close())));

const input = { channels: 1, height: 2, width: 2 };
const image = float32([10, 20, 30, 40], [1, 1, 2, 2]);

async function open(
  layers: Parameters<typeof sequential>[2],
  values: Record<string, readonly number[]>,
  classes: readonly string[],
): Promise<Opened> {
  const network = sequential("tiny", input, layers);
  const specs = network.layers.flatMap(({ parameters }) => parameters);
  const parameters = new Map(specs.map(({ name, shape }) => [name, float32(values[name], shape)]));
  const model: TrainedModel = { network, parameters, classes, history: null, normalization: { mean: [0], scale: 1 } };
  const opened = await openNetwork(engine, withBothSides({ model })?.model ?? model);
  closing.push(opened);
  return opened;
}

const mapsOf = ({ said, other, against }: Why) =>
  [said.found, other?.found, against].map((found) => found && ("map" in found ? [...found.map.data] : found.reason));

const LINEAR = [1, -2, 0, 3, -1, 0, 5, 1, 0, 0, 1, 0];

test("without a layer of places, the reason is told, and saliency explains: of a linear network its weights", async () => {
  const opened = await open([conv(2, 3, { biases: false })], { "conv1/filters": LINEAR }, ["a", "b", "c"]);
  const why = await whyOf(opened, image, answerOf(opened, 0), answerOf(opened, 1));
  expect(why.note).toBe(
    "'tiny' has no layer with places before its scores: there is nowhere to look. It is explained by gradient saliency.",
  );
  expect([why.said.name, why.other?.name, why.said.found.method]).toEqual(["a", "b", "saliency"]);
  // |w_a|, |w_b|, |w_a − w_b|
  expect(mapsOf(why)).toEqual([
    [1, 2, 0, 3],
    [1, 0, 5, 1],
    [2, 2, 5, 2],
  ]);
  const signed = await whyOf(opened, image, answerOf(opened, 0), answerOf(opened, 1), { method: "inputTimesGradient" });
  // w · x, pixel by pixel
  expect([signed.note, mapsOf(signed)[2]]).toEqual([undefined, [20, -40, -150, 80]]);
});

test("Grad-CAM where there are places, and a derivative that is zero everywhere is a reason", async () => {
  const layers = [conv(1, 1), relu(), conv(2, 2)];
  const weights = { "conv1/filters": [1], "conv2/filters": [1, 1, 1, 1, -1, -1, -1, -1], "conv2/biases": [0, 0] };
  const opened = await open(layers, { ...weights, "conv1/biases": [0] }, ["a", "b"]);
  const why = await whyOf(opened, image, answerOf(opened, 0), answerOf(opened, 1));
  // the mean slope is 1: the map itself; for b it is −1, so that no place speaks for it; for a against b it is 2
  expect(mapsOf(why)).toEqual([
    [10, 20, 30, 40],
    [0, 0, 0, 0],
    [20, 40, 60, 80],
  ]);
  // the first rectifier is closed everywhere
  const closed = await open(
    [conv(1, 1), relu(), conv(1, 1, { biases: false }), relu(), conv(2, 2)],
    {
      ...{ "conv1/filters": [1], "conv1/biases": [-1000], "conv2/filters": [1] },
      ...{ "conv3/filters": weights["conv2/filters"], "conv3/biases": [0, 0] },
    },
    ["a", "b"],
  );
  const silent = await whyOf(closed, image, answerOf(closed, 0), undefined, { method: "saliency" });
  expect(mapsOf(silent)[0]).toMatch(/^'tiny': what is explained does not change with the picture: every derivative is/);
});

test("of one score, no is explained by its negative; of attributes, one does not exclude the other", async () => {
  const sides = await open([conv(2, 1, { biases: false })], { "conv1/filters": [1, -2, 2, 3] }, ["cat"]);
  const method = "inputTimesGradient";
  expect(mapsOf(await whyOf(sides, image, answerOf(sides, 0), answerOf(sides, 1), { method }))).toEqual([
    [-10, 40, -60, -120],
    [10, -40, 60, 120],
    undefined,
  ]);
  const layers = [conv(2, 3, { biases: false }), binaryLogLoss()];
  const attributes = await open(layers, { "conv1/filters": LINEAR }, ["a", "b", "c"]);
  const why = await whyOf(attributes, image, answerOf(attributes, 0), answerOf(attributes, 1), { method });
  expect(mapsOf(why)).toEqual([[10, -40, 0, 120], [-10, 0, 150, 40], undefined]);
});

test("the mean of several maps counts each as much", () => {
  const maps = [
    [0, 4],
    [1, -1],
    [0, 0],
  ].map((data) => float32(data, [1, 1, 1, 2]));
  expect([...(meanEvidence(maps)?.data ?? [])]).toEqual([Math.fround(1 / 3), 0]);
  // as strong as 8, 2 and 1: (4/8 − 1/2) / 3
  expect([...(meanEvidence(maps, [8, 2, 1])?.data ?? [])]).toEqual([Math.fround(1 / 6), 0]);
  expect(meanEvidence([])).toBeUndefined();
});
