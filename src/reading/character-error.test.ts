import { describe, expect, it } from "vitest";
import { editDistance } from "../values/nearest.js";
import { characterErrorRate } from "./character-error.js";

describe("editDistance", () => {
  it.each([
    ["kitten", "sitting", 3], // k→s, e→i, +g
    ["", "abc", 3],
    ["abc", "", 3],
    ["same", "same", 0],
    ["the rat", "therat", 1],
    ["modern", "modem", 2], // rn → m
    ["😀a", "a", 1],
  ])("from '%s' to '%s' is %d", (a, b, expected) => {
    expect(editDistance(a, b)).toBe(expected);
    expect(editDistance(b, a)).toBe(expected);
  });
});

describe("characterErrorRate", () => {
  it("divides all errors by all characters that were to be read", () => {
    // 1 of 7 and 1 of 3
    expect(
      characterErrorRate([
        ["the rat", "the cat"],
        ["ate", "at"],
      ]),
    ).toBe(2 / 10);
  });

  it("may be more than one", () => {
    expect(characterErrorRate([["a", "bcd"]])).toBe(3);
  });

  it("needs something to read", () => {
    expect(() => characterErrorRate([["", "abc"]])).toThrow(/at least one character/);
  });
});
