import { describe, expect, it } from "vitest";
import { type LetterPictures, parseTypefaces, splitLetters, validationCount } from "./letters.js";

/** Pictures of 1×2 pixels: typeface t, letter l is [t, l]. */
function pictures(families: readonly string[]): LetterPictures {
  const pixels = families.flatMap((_, t) => Array.from({ length: 26 }, (_, l) => [t, l]).flat());
  const typefaces = families.map((family) => ({ family, style: "Regular", source: "here" }));
  return { typefaces, height: 1, width: 2, pixels: Uint8Array.from(pixels) };
}

describe("splitLetters", () => {
  const families = ["Arvo", "Lato", "Latona", "Lora", "Lato Black", "Muli", "Nunito", "Oswald"];
  const { training, validation, heldOut, mean } = splitLetters(pictures(families));

  it("validates on the last quarter of a small set and leaves Lato's families out", () => {
    expect(training.typefaces.map((t) => t.family)).toEqual(["Arvo", "Latona", "Lora", "Muli"]);
    expect(validation.typefaces.map((t) => t.family)).toEqual(["Nunito", "Oswald"]);
    expect(heldOut.typefaces.map((t) => t.family)).toEqual(["Lato", "Lato Black"]);
  });

  it("counts typeface after typeface, letter by letter", () => {
    // sample 26 · 2 + 3 of training: the third typeface that is left, Lora, number 3 of the set; letter 3, d
    expect(training.count).toBe(4 * 26);
    const into = new Uint8Array(4).fill(9);
    training.read(55, 0, into, 1);
    expect([...into]).toEqual([9, 3, 3, 9]);
    expect(training.letter(55)).toBe("d");
    expect(training.target.names[training.target.labels[55]]).toBe("d");
    expect(training.typeface(55).family).toBe("Lora");
    expect(training.groups?.[55]).toBe(2);
  });

  it("takes the mean over the training images alone", () => {
    // first bytes 0, 2, 3, 5: 2.5 on average; second bytes 0 … 25: 12.5
    expect(mean).toBe((2.5 + 12.5) / 2);
  });

  it("rejects samples that are not there", () => {
    expect(() => training.read(104, 0, new Uint8Array(2), 0)).toThrow("There is no sample 104: expected 0 to 103.");
    expect(() => training.letter(-1)).toThrow(RangeError);
  });

  it("takes other families out on demand", () => {
    const split = splitLetters(pictures(families), { heldOut: [] });
    expect([split.training.count, split.validation.count, split.heldOut.count]).toEqual([6 * 26, 2 * 26, 0]);
  });

  it("says when nothing is left to train on", () => {
    expect(() => splitLetters(pictures(["Lato", "Oswald"]))).toThrow(/2 typefaces cannot be split.*got 0 and 1/);
    expect(() => splitLetters(pictures([]))).toThrow(/0 typefaces cannot be split/);
  });
});

describe("validationCount", () => {
  it.each([
    [946, 350],
    [700, 350],
    [699, 175],
    [10, 3],
    [2, 1],
  ])("of %d typefaces is %d", (typefaces, expected) => {
    expect(validationCount(typefaces)).toBe(expected);
  });
});

describe("parseTypefaces", () => {
  it("reads family, style and source", () => {
    expect(parseTypefaces("family\tstyle\tpackage\r\nLora\tBold\tlora.ttf\r\n")).toEqual([
      { family: "Lora", style: "Bold", source: "lora.ttf" },
    ]);
  });

  it("names the line that is wrong", () => {
    expect(() => parseTypefaces("family\tstyle\tsource\nLora Bold\n")).toThrow(/line 2: expected 3 fields.*got 1/);
    expect(() => parseTypefaces("Lora\tBold\tlora.ttf\n")).toThrow(/line 1: expected the heading/);
    expect(() => parseTypefaces("")).toThrow(/line 1/);
  });
});
