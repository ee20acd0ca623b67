import { describe, expect, it } from "vitest";
import type { ScoredSegment } from "../ink/segments.js";
import { bestPath } from "./best-path.js";
import { chooseLetters, WEIGHTS } from "./choose-letters.js";
import type { Piece } from "./pieces.js";

describe("bestPath", () => {
  it("takes the sum that is largest, not the best first step", () => {
    // 0–1–2: −1 − 5 = −6; 0–2: −4
    const path = bestPath(2, [
      { from: 0, to: 1, score: -1 },
      { from: 1, to: 2, score: -5 },
      { from: 0, to: 2, score: -4 },
    ]);
    expect(path.map(({ from, to }) => [from, to])).toEqual([[0, 2]]);
  });

  it("covers nothing with nothing", () => {
    expect(bestPath(0, [])).toEqual([]);
  });

  it("says where no candidate leads", () => {
    expect(() => bestPath(2, [{ from: 0, to: 1, score: 0 }])).toThrow(/up to 2 of 2/);
  });
});

describe("chooseLetters", () => {
  const classes = ["n", "m", "r"];
  // scores of ±10: a probability of almost 1
  const sure = (letter: string): Float32Array => Float32Array.from(classes, (c) => (c === letter ? 10 : -10));
  const unsure = new Float32Array(3);
  const segment = (from: number, to: number, left: number, right: number, scores: Float32Array): ScoredSegment => ({
    from,
    to,
    left,
    right,
    alone: scores,
    inLine: scores,
  });
  const apart = (left: number, right: number): Piece => ({ left, right, cut: undefined });

  it("reads what is sure apart as two letters, and what is sure together as one", () => {
    // ink of 10 and 12 pixels: an r and an n of the mean widths; together 24: an m's mean is 19.5
    const pieces = [apart(0, 10), apart(12, 25)];
    const two = [segment(0, 1, 0, 10, sure("r")), segment(1, 2, 12, 25, sure("n")), segment(0, 2, 0, 25, sure("m"))];
    expect(chooseLetters(pieces, two, classes, 1).map((l) => l.letter)).toEqual(["r", "n"]);

    const cut: Piece[] = [apart(0, 10), { left: 10, right: 20, cut: 2 }];
    const one = [segment(0, 1, 0, 10, unsure), segment(1, 2, 10, 20, unsure), segment(0, 2, 0, 20, sure("m"))];
    const [letter, ...none] = chooseLetters(cut, one, classes, 1);
    expect([letter.letter, letter.left, letter.right, none.length]).toEqual(["m", 0, 20, 0]);
  });

  it("is sure of what the network is sure of", () => {
    const [{ confidence }] = chooseLetters([apart(0, 13)], [segment(0, 1, 0, 13, sure("n"))], classes, 1);
    expect(confidence).toBeGreaterThan(0.9);
    const weights = { ...WEIGHTS, width: 0 };
    const [doubt] = chooseLetters([apart(0, 13)], [segment(0, 1, 0, 13, unsure)], classes, 1, weights);
    expect(doubt.confidence).toBeCloseTo(1 / 3);
  });
});
