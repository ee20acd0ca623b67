import { expect, test } from "vitest";
import { matrixFindings } from "./matrix-findings.js";

const classes = ["benign", "Gleason 3", "Gleason 4", "Gleason 5"];
const told = (counts: readonly number[], names: readonly string[] = classes): string[] =>
  matrixFindings({ classes: names, counts: Int32Array.from(counts) }).map((text) => text.replaceAll("\u00a0", " "));

test("the lecture's matrix: which two are confused most, and which class draws others", () => {
  // 16 of 208 are wrong; of 49 Gleason 4 six are taken for Gleason 3, whose column has 6 + 3 of them
  expect(told([51, 0, 0, 0, 3, 46, 3, 1, 0, 6, 43, 0, 0, 3, 0, 52])).toEqual([
    "The most frequent mistake: “Gleason 4” taken for “Gleason 3”, 6 of 16 mistakes (12.2 % of its kind), and 3 the other way round.",
    "“Gleason 3” draws others to itself: 9 of the 16 mistakes are in its column.",
  ]);
});

test("a class that is recognised far less than the others, and one without samples", () => {
  expect(told([20, 0, 0, 0, 0, 20, 0, 0, 4, 0, 6, 0, 0, 0, 0, 0])).toEqual([
    "The most frequent mistake: “Gleason 4” taken for “benign”, 4 of 4 mistakes (40.0 % of its kind).",
    "“Gleason 4” is recognised least: 60.0 %, of all 92.0 %.",
    "No sample is of “Gleason 5”: nothing is known of their recall.",
  ]);
});

test("classes that are recognised least alike", () => {
  expect(told([10, 0, 0, 0, 0, 10, 0, 0, 5, 0, 5, 0, 5, 0, 0, 5])).toContain(
    "“Gleason 4”, “Gleason 5” are recognised least: 50.0 % each, of all 75.0 %.",
  );
});

test("nothing wrong, and mistakes that have nothing in common", () => {
  expect(told([3, 0, 0, 2], ["a", "b"])).toEqual(["All 5 samples were taken for what they are."]);
  expect(told([9, 1, 1, 9], ["a", "b"])).toEqual([
    "No pair of classes stands out: of 2 mistakes, 2 pairs are confused once each.",
  ]);
});
