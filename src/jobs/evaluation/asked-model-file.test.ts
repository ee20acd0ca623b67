import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { craftPng } from "../../../test/support/crafted.js";
import { GraphBuilder } from "../../graph/builder.js";
import { encodeModel } from "../../graph/codec/codec.js";
import { modelOf } from "../../graph/model.js";
import { float32 } from "../../graph/tensor.js";
import { openClassifier } from "./classifier-file.js";
import { classifyImages } from "./classify-images-file.js";

const folder = mkdtempSync(join(tmpdir(), "plain-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file that gives the means of the colours over 100 as a list without a batch, which is no network; `end` may add to it. */
function plainFile(name: string, end: (g: GraphBuilder, means: string) => string, channelsLast = false): string {
  const g = new GraphBuilder("plain");
  const pixels = g.op("Cast", [g.input("image", "uint8", channelsLast ? [1, 2, 2, 3] : [1, 3, 2, 2])], { to: 1 });
  const axes = channelsLast ? g.ints(0, 1, 2) : g.ints(0, 2, 3);
  g.output("y", end(g, g.op("Div", [g.op("ReduceMean", [pixels, axes], { keepdims: 0 }), g.scalar(100)])));
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, encodeModel(modelOf(g.build())));
  return path;
}

/** Pixels of the colour (200, 100, 0). */
const orange = {
  width: 2,
  height: 2,
  data: Uint8Array.from({ length: 16 }, (_, i) => [200, 100, 0, 255][i % 4]),
};
const powers = [Math.exp(2), Math.exp(1), 1];
const softmaxed = powers.map((power) => power / (powers[0] + powers[1] + 1));

test.each<[string, string, readonly number[]]>([
  ["scores are put through a softmax", plainFile("scores", (_, means) => means), softmaxed],
  ["of pictures row by row, too", plainFile("last", (_, means) => means, true), softmaxed],
  ["probabilities stay what they are", plainFile("softmax", (g, m) => g.op("Softmax", [m], { axis: 0 })), softmaxed],
  [
    "and so does what a sigmoid gives",
    plainFile("sigmoid", (g, m) => g.op("Sigmoid", [m])),
    [2, 1, 0].map((score) => 1 / (1 + Math.exp(-score))),
  ],
])("a model that is no network runs as it is: %s", async (_, path, expected) => {
  const classifier = await openClassifier(path, { threads: 1 });
  const [guesses, again] = await classifier.classify([orange, orange]);
  expect(guesses.map(({ name }) => name)).toEqual(["0", "1", "2"]);
  expect(again).toEqual(guesses);
  guesses.forEach(({ probability }, i) => {
    expect(probability).toBeCloseTo(expected[i], 5);
  });
  await classifier.close();
});

test("what is no network and does not run, either, is refused with both reasons", async () => {
  const write = (name: string, g: GraphBuilder): string => {
    const path = join(folder, `${name}.onnx`);
    writeFileSync(path, encodeModel(modelOf(g.build())));
    return path;
  };
  const unknown = new GraphBuilder("custom");
  const image = unknown.input("image", "float32", [1, 3, 4, 4]);
  unknown.output("y", unknown.op("MyOp", [image], {}, "org.acme"));
  await expect(openClassifier(write("custom", unknown))).rejects.toThrow(
    /got 'y' .*; it is no network\. It does not run as it is, either: .*MyOp/,
  );
  const giant = new GraphBuilder("giant");
  const wide = giant.input("image", "float32", ["N", 3, 60000, 60000]);
  giant.output("y", giant.op("ReduceMean", [wide, giant.ints(2, 3)], { keepdims: 0 }));
  const path = write("giant", giant);
  await expect(openClassifier(path)).rejects.toThrow(`${path}: it takes images of 3×60000×60000, 10800000000 numbers`);
});

test("one number is a yes or no, and both are told; two names are no and yes", async () => {
  const mean = (g: GraphBuilder, means: string) => g.op("ReduceMean", [means, g.ints(0)], { keepdims: 1 });
  const names = join(folder, "two.txt");
  writeFileSync(names, "cat\ndog\n");
  const ask = async (path: string, options = {}) => {
    const classifier = await openClassifier(path, { threads: 1, ...options });
    const { notes } = classifier;
    const guesses = await classifier.classify(orange);
    await classifier.close();
    return {
      guesses: guesses.map(({ name, probability }) => `${name} ${probability.toFixed(4)}`),
      notes: notes.join(" "),
    };
  };
  // the mean of 2, 1 and 0 is 1, and its sigmoid 0.7311
  const bare = await ask(plainFile("one", mean));
  expect(bare.guesses).toEqual(["1 0.7311", "0 0.2689"]);
  expect(bare.notes).toMatch(
    /one number for a picture, which is no probability: its sigmoid .* '1', .* '0'\..*regression/,
  );
  const squashed = plainFile("squashed", (g, means) => g.op("Sigmoid", [mean(g, means)]));
  const named = await ask(squashed, { classes: names });
  expect(named.guesses).toEqual(["dog 0.7311", "cat 0.2689"]);
  expect(named.notes).toContain("one probability for a picture: that of 'dog'. The rest is that of 'cat'.");
});

test("16 bits have one range in all pictures of a call, which is said", async () => {
  const path = plainFile("red", (g, means) => g.op("Mul", [means, g.constant(float32([1, 0, 0], [3]))]));
  const [dim, bright] = ["dim", "bright"].map((name) => join(folder, `${name}.png`));
  const grey = (value: number) =>
    craftPng({ width: 2, height: 2, depth: 16, colour: 0, row: () => [0, 1].flatMap(() => [value >> 8, value & 255]) });
  writeFileSync(dim, grey(819));
  writeFileSync(bright, grey(4000));
  const redOf = async (...pictures: string[]) => {
    const said: string[] = [];
    const numbers: number[] = [];
    for await (const event of classifyImages(path, pictures, { threads: 1, top: 3 })) {
      if (event.type === "loaded") said.push(...event.notes.filter((note) => note.includes("16 bits")));
      if (event.type !== "guessed") continue;
      const [best, other] = event.guesses;
      // e^(v/100) : 1
      numbers.push(100 * Math.log(best.probability / other.probability));
    }
    return { said, numbers: numbers.map((number) => Math.round(number)) };
  };
  // 255 · 819 / 4095 and 255 · 4000 / 4095; alone 255 · 819 / 1023
  expect(await redOf(dim, bright)).toEqual({
    said: ["2 pictures have 16 bits, from 819 to 4000: 0 becomes black and 4095 white, in all of them."],
    numbers: [51, 249],
  });
  expect((await redOf(dim)).numbers).toEqual([204]);
});

test("of several outputs it is said which is taken", async () => {
  const path = plainFile("several", (g, means) => {
    g.output("other", g.op("Exp", [means]));
    return means;
  });
  const { notes, close } = await openClassifier(path, { threads: 1 });
  await close();
  expect(notes.join(" ")).toContain("The model has 2 outputs, 'other' (3), 'y' (3): 'other' is taken for its scores.");
});

test("what gives no number for each class is refused as no network", async () => {
  const path = plainFile("map", (g, m) => g.op("ArgMax", [m], { axis: 0 }));
  await expect(openClassifier(path)).rejects.toThrow("is no network");
  const names = join(folder, "names.txt");
  writeFileSync(names, "a\nb\nc\nd\ne\n");
  await expect(openClassifier(join(folder, "scores.onnx"), { classes: names })).rejects.toThrow(
    "expected 3 names, one for each score of the network, got 5",
  );
});
