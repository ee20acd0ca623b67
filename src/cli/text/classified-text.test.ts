import { expect, test } from "vitest";
import { classifiedText } from "./classified-text.js";

test("of one picture the classes with their probabilities, the likeliest first", () => {
  const text = classifiedText({
    classes: ["cat", "horse"],
    pictures: [{ path: "1.png", probabilities: [0.03, 0.97] }],
  });
  expect(text).toBe("1.png\n  horse  97.00 %\n  cat     3.00 %\n");
});

test("of several the likeliest class of each, and how many each class has", () => {
  const pictures = [
    { path: "1.png", probabilities: [0.25, 0.75] },
    { path: "10.png", probabilities: [1, 0] },
    { path: "2.png", probabilities: [0.4, 0.6] },
  ];
  expect(classifiedText({ classes: ["cat", "horse"], pictures })).toBe(
    [
      '3 pictures, which nobody has labelled: 2 × "horse", 1 × "cat"',
      "  1.png   horse   75.00 %",
      "  10.png  cat    100.00 %",
      "  2.png   horse   60.00 %",
      "",
    ].join("\n"),
  );
});

test("of many the first ones", () => {
  const probabilities = Array.from({ length: 12 }, () => 1 / 12);
  const classes = probabilities.map((_, k) => `class ${k}`);
  expect(classifiedText({ classes, pictures: [{ path: "1.png", probabilities }] })).toContain(
    "and 2 classes more, in predictions.csv",
  );
  const pictures = Array.from({ length: 21 }, (_, i) => ({ path: `${i}.png`, probabilities }));
  expect(classifiedText({ classes, pictures })).toContain("and 1 picture more, in predictions.csv");
});
