import { expect, test } from "vitest";
import { chosenOrder, orderClasses, orderWithRule } from "./class-order.js";
import { classProblems, groupProblems } from "./class-problems.js";

test.each([
  ["-2 -1 0 1 2", "numbers"],
  ["0.05 0.1 0.5", "numbers"],
  ["−1.5 0 +0.5 1e3", "numbers"],
  ["0,05 0,1 0,5", "numbers"],
  ["500 1,000 20,000", "numbers"],
  ["-3 -2 -1", "numbers"],
  ["grade-1 grade-2 grade-10", "numbers"],
  ["T-2 T-1 T0 T1", "numbers"],
  ["<5 5-10 10-20 >20", "numbers"],
  ["0-9 10-19 20+", "numbers"],
  ["5% 10% 50%", "numbers"],
  ["I II IV V IX", "roman numerals"],
  ["i ii iii iv", "roman numerals"],
  ["0 I II III", "roman numerals"],
  ["I IIa IIb IIIA IV", "roman numerals"],
  ["C D I M V X", "names"],
  ["a2 a10 b1", "names"],
  ["high low medium", "names"],
])("%s", (names, rule) => {
  const classes = names.split(" ");
  expect(orderWithRule([...classes].reverse())).toEqual({ classes, rule });
});

test("numbers with words", () => {
  expect(orderClasses(["grade 10", "grade 9"])).toEqual(["grade 9", "grade 10"]);
  expect(orderClasses(["Gleason 4", "benign", "Gleason 3"])).toEqual(["benign", "Gleason 3", "Gleason 4"]);
  expect(orderClasses(["0.5 mg", "0.05mg", "0.1 mg"])).toEqual(["0.05mg", "0.1 mg", "0.5 mg"]);
  expect(orderClasses(["Stage IX", "Stage V", "Stage II"])).toEqual(["Stage II", "Stage V", "Stage IX"]);
});

test("an order that was given has each class once", () => {
  const classes = ["high", "low", "medium"];
  expect(chosenOrder(classes, ["low", " medium", "high"])).toEqual(["low", "medium", "high"]);
  expect(chosenOrder(["Käse".normalize("NFC"), "b"], ["b", "Käse".normalize("NFD")])).toEqual([
    "b",
    "Käse".normalize("NFC"),
  ]);
  expect(() => chosenOrder(classes, ["low", "high"])).toThrow(/but medium is missing\.$/);
  expect(() => chosenOrder(classes, ["low", "mid", "high", "low"])).toThrow(
    /expected each of the classes high, low, medium once, lowest first, but medium is missing; mid is no class; low is there twice\.$/,
  );
});

test("names that may be one class are pointed out", () => {
  const said = (...classes: string[]) => classProblems(classes).map(({ path, reason }) => `${path}: ${reason}`);
  expect(said("0", "0.0", "1")).toEqual([
    "0.0: a class whose name differs from '0' in how a number is written; they count as two",
  ]);
  expect(said("Cat", "cat", "dog")).toEqual([
    "cat: a class whose name differs from 'Cat' in case only; they count as two",
  ]);
  expect(said("a b", "a  b")).toEqual([
    "a  b: a class whose name differs from 'a b' in spaces only; they count as two",
  ]);
  expect(said("a", '"a"')).toEqual(["\"a\": a class whose name differs from 'a' in quotes only; they count as two"]);
  expect(said("a", "nan")).toEqual(["nan: a class of this name, as programs write it where a label is missing"]);
  expect(said("-1", "1", "01")).toEqual([
    "01: a class whose name differs from '1' in how a number is written; they count as two",
  ]);
  const differ = (one: string, other: string): string | undefined =>
    /in (.*?) ?(?:only)?;/.exec(said(one, other).join())?.[1];
  expect(differ("0,5", "0.5")).toBe("how a number is written");
  expect(differ("-1", "−1")).toBe("how a number is written");
  expect(differ("1,000", "1000.0")).toBe("how a number is written");
  expect(differ('Lö"we', "Löwe")).toBe("quotes");
  // Cyrillic letters
  expect(differ("cat", "сат")).toBe("letters of another script that look alike");
  expect(differ("Cat", "\u0441at")).toBe("letters of another script that look alike");
  expect(said("а", "б", "б2")).toEqual([]);
});

test("groups that may be one are pointed out, each kind once", () => {
  const said = groupProblems(new Set(["1", "1.0", "01", "P1", "p1", "nan", "NA"]));
  expect(said.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
    "nan: a group of this name, as programs write it where a group is missing, as do 1 more (NA)",
    "p1: a group whose name differs from 'P1' in case only; they count as two",
    "1.0: a group whose name differs from '1' in how a number is written; they count as two, as do 1 more (01)",
  ]);
});
