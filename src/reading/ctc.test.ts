import { describe, expect, test } from "vitest";
import { float32 } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { stream } from "../random/stream.js";
import { readText } from "./ctc.js";

/** Scores of one image, C×W, at random. */
function randomScores(seed: number, channels: number, width: number): Tensor<"float32"> {
  const random = stream(seed, "scores");
  return float32(
    Array.from({ length: channels * width }, () => 2 * random.normal()),
    [1, channels, 1, width],
  );
}

/** The probability of every text, by writing down all C^W ways. */
function allTexts(
  { data, shape: [, channels, , width] }: Tensor<"float32">,
  names: readonly string[],
): Map<string, number> {
  const softmax = Array.from({ length: width }, (_, t) => {
    const exps = Array.from({ length: channels }, (_, c) => Math.exp(data[c * width + t]));
    const sum = exps.reduce((a, b) => a + b);
    return exps.map((e) => e / sum);
  });
  const texts = new Map<string, number>();
  for (let way = 0; way < channels ** width; way++) {
    const path = Array.from({ length: width }, (_, t) => Math.floor(way / channels ** t) % channels);
    const text = path.flatMap((c, t) => (c === path[t - 1] || c === channels - 1 ? [] : [names[c]])).join("");
    texts.set(text, (texts.get(text) ?? 0) + path.reduce((p, c, t) => p * softmax[t][c], 1));
  }
  return texts;
}

const mostLikely = (texts: Map<string, number>): [string, number] =>
  [...texts].reduce((best, each) => (each[1] > best[1] ? each : best));

describe("a wide beam finds the likeliest of all texts, with its probability", () => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed))("seed %i", (seed) => {
    const scores = randomScores(seed, 3, 6);
    const [text, probability] = mostLikely(allTexts(scores, ["a", "b"]));
    const [found] = readText(scores, ["a", "b"], { beam: 200 });
    expect(found.text).toBe(text);
    expect(Math.exp(found.logProbability)).toBeCloseTo(probability, 10);
  });
});

test("the best way joins repeats and leaves blanks out", () => {
  // a a blank a b b
  const best = [0, 0, 2, 0, 1, 1];
  const scores = float32(
    [0, 1, 2].flatMap((c) => best.map((own) => (own === c ? 3 : 0))),
    [1, 3, 1, 6],
  );
  expect(readText(scores, ["a", "b"])[0].text).toBe("aab");
});

test("the best text is not always that of the best way", () => {
  // the blank is the likeliest in both columns, and "a" in one of them or both is likelier than none
  const scores = float32([Math.log(0.4), Math.log(0.4), Math.log(0.6), Math.log(0.6)], [1, 2, 1, 2]);
  expect(readText(scores, ["a"])[0].text).toBe("");
  const [found] = readText(scores, ["a"], { beam: 4 });
  expect(found.text).toBe("a");
  expect(Math.exp(found.logProbability)).toBeCloseTo(0.64, 6);
});

test("with a list of words the likeliest text of these words is found", () => {
  const names = ["a", "b", " "];
  const words = ["ab", "ba"];
  const isOfWords = (text: string): boolean => text.split(" ").every((word) => words.includes(word)) || text === "";
  for (let seed = 0; seed < 6; seed++) {
    const scores = randomScores(seed, 4, 5);
    const possible = new Map([...allTexts(scores, names)].filter(([text]) => isOfWords(text)));
    expect(readText(scores, names, { beam: 2000, words })[0].text).toBe(mostLikely(possible)[0]);
  }
});

test("what does not fit is refused", () => {
  const scores = randomScores(1, 3, 2);
  expect(() => readText(scores, ["a"])).toThrow(
    "Expected scores of N×2×1×W, for 1 characters and the blank; got 1×3×1×2.",
  );
  expect(() => readText(scores, ["a", "b"], { beam: 0 })).toThrow(
    "beam: expected a whole number of at least 1, got 0.",
  );
  expect(() => readText(scores, ["a", "b"], { words: ["a"] })).toThrow("A list of words needs a beam of more than 1");
});
