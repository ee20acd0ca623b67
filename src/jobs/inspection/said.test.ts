import { expect, test } from "vitest";
import { cpu } from "../../../test/devices.js";
import { conv, type Layer, l2Loss, logisticLoss, softmaxLogLoss } from "../../blocks/index.js";
import type { Image } from "../../data/pictures/image.js";
import { float32 } from "../../graph/tensor.js";
import { batchOf } from "../../inspection/batches.js";
import { openNetwork } from "../../inspection/opened.js";
import { sequential } from "../../network/network.js";
import { type Said, saidOf } from "./said.js";

/** A quarter of 16 pixels is 200, the others are 50. */
const image: Image = {
  ...{ width: 4, height: 4, channels: 1 },
  data: Uint8Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? 200 : 50)),
};

/** What is said by a layer of as many weights for each pixel, or for the picture as a whole. */
async function said(side: number, weights: readonly number[], biases: readonly number[], loss: Layer): Promise<Said> {
  const count = biases.length;
  const network = sequential("one", { channels: 1, height: 4, width: 4 }, [conv(side, count, { name: "only" }), loss]);
  const area = side * side;
  const filters = float32(
    weights.flatMap((weight) => new Array<number>(area).fill(weight / area)),
    [count, 1, side, side],
  );
  const parameters = new Map([
    ["only/filters", filters],
    ["only/biases", float32(biases, [count])],
  ]);
  const model = {
    network,
    parameters,
    classes: ["a", "b", "c"],
    normalization: { mean: [0], scale: 1 },
    history: null,
  };
  const opened = await openNetwork(cpu.engine, model);
  const found = await saidOf(opened, image, batchOf([image]), false);
  await opened.close();
  return found;
}

test("a map of classes is told by the share of the places of each, in the colours of the map", async () => {
  // a is the pixel, b is 100: it wins where the pixel is 50
  const { text, lines, shown } = await said(1, [1, 0], [0, 100], softmaxLogLoss());
  expect(text).toBe("b 75.0 %, a 25.0 % of its places");
  expect(lines.map(({ name, share }) => [name, share])).toEqual([
    ["b", 0.75],
    ["a", 0.25],
  ]);
  const [{ image: map }] = shown;
  const at = (i: number): string =>
    `#${[0, 1, 2].map((c) => map.data[c * 16 + i].toString(16).padStart(2, "0")).join("")}`;
  expect([at(1), at(0)]).toEqual(lines.map(({ colour }) => colour));
});

test("attributes are told where they are above a half, and values as they are", async () => {
  // the mean of the picture is 87.5
  const attributes = await said(4, [1, 0, 0], [-87.5, 2, -1], logisticLoss({ target: "attributes" }));
  // σ(2) = 0.881, σ(0) = 0.5, σ(−1) = 0.269
  expect(attributes.text).toBe("b (0.881)");
  expect(attributes.lines.map(({ name, text }) => `${name} ${text}`)).toEqual(["b 0.881", "a 0.500", "c 0.269"]);
  const values = await said(4, [1, -1], [0, 0], l2Loss({ target: "values" }));
  expect(values.text).toBe("a 87.5, b −87.5");
});

test("of a made picture the mean error is told", async () => {
  // bytes that are 10 too large
  const { text, shown } = await said(1, [1], [10], l2Loss({ target: "picture" }));
  expect(text).toBe("off by 10.0 of 255 on average");
  expect(shown.map(({ caption }) => caption)).toEqual([
    "made of it; its numbers are bytes",
    expect.stringMatching(/dark 0, light 10/),
  ]);
});

test("numbers that are none are told, and nothing is drawn of them", async () => {
  const { text, shown } = await said(1, [1, 0], [Number.POSITIVE_INFINITY, 0], softmaxLogLoss());
  expect(text).toBe("numbers of which some are infinite or none");
  expect(shown).toEqual([]);
});
