import { expect, test } from "vitest";
import type { Samples } from "../../data/samples.js";
import { type ClassTarget, classTarget } from "../../data/target.js";
import { alignClasses, alignmentNotes } from "./origins.js";

const samples = (...names: string[]): Samples<ClassTarget> => ({
  count: names.length,
  shape: { channels: 1, height: 1, width: 1 },
  target: classTarget(
    names,
    Int32Array.from(names, (_, i) => i),
  ),
  read: () => undefined,
});
const labelsOf = (names: readonly string[], classes: readonly string[], ids?: readonly string[]) =>
  Array.from(alignClasses(samples(...names), classes, ids).target.labels);

test("classes by their names, WordNet's numbers and synonyms", () => {
  const classes = ["tench, Tinca tinca", "crane", "crane, machine"];
  const ids = ["n01440764", "n02012849", "n03126707"];
  expect(labelsOf(["crane", "Tench"], classes)).toEqual([1, 0]);
  expect(labelsOf(["n03126707", "n01440764"], classes, ids)).toEqual([2, 0]);
  // "machine" is one class, "Crane" might be two
  expect(labelsOf(["machine"], classes)).toEqual([2]);
  expect(() => labelsOf(["Crane"], classes)).toThrow("does not know the class Crane");
  expect(() => labelsOf(["n01440764", "tench"], classes, ids)).toThrow(
    "'n01440764' and 'tench' are both the model's class 'tench, Tinca tinca'",
  );
});

test("numbers are the places of a model's classes, without the background; what is found otherwise than by its name is said", () => {
  expect(labelsOf(["0", "2"], ["tench", "goldfish", "ray"])).toEqual([0, 2]);
  expect(labelsOf(["0", "1"], ["background", "tench", "goldfish"])).toEqual([1, 2]);
  expect(labelsOf(["1", "2"], ["2", "1"])).toEqual([1, 0]);
  expect(() => labelsOf(["0", "3"], ["tench", "goldfish", "ray"])).toThrow(
    "The model has no class of the number 3: expected 0 to 2.",
  );
  expect(() => labelsOf(["0", "ray"], ["tench", "goldfish", "ray"])).toThrow("does not know the class 0");
  expect(alignmentNotes(["0", "2"], ["tench", "goldfish", "ray"])).toEqual([
    "2\u00A0classes of the data found by the place among the model's classes, from 0: '0' is 'tench', '2' is 'ray'.",
  ]);
  expect(alignmentNotes(["n1", "ray", "Goldfish"], ["tench", "goldfish", "ray"], ["n1", "n2", "n3"])).toEqual([
    "1\u00A0class of the data found by the number in WordNet: 'n1' is 'tench'.",
    "1\u00A0class of the data found by one of several names, or in other letters: 'Goldfish' is 'goldfish'.",
  ]);
});
