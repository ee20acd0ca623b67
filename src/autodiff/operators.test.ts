/** docs/operators.md: what is known of each operator of ONNX. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CASES, operatorOf } from "../../test/gradients/all.js";
import { INFERRED } from "../graph/infer/infer.js";
import { ATTRIBUTES } from "../graph/operators.js";
import { type Differentiable, flat, RULES } from "./rules.js";

const OPERATORS = Object.keys(ATTRIBUTES).sort();

/** How many cases with PyTorch's numbers each operator has. */
const fromPyTorch = ["gradients.json", "operators.json"].flatMap((file): string[] =>
  JSON.parse(readFileSync(new URL(`../../test/fixtures/${file}`, import.meta.url), "utf8")).map(
    ({ operator }: { operator: string }) => operator,
  ),
);

const count = (names: readonly string[], operator: string): number => names.filter((name) => name === operator).length;
const rules: Readonly<Record<string, unknown>> = RULES;

/** The operators that read nothing: what they make is constant, or random. */
const SOURCES = [
  ...["BlackmanWindow", "Constant", "HammingWindow", "HannWindow", "MelWeightMatrix"],
  ...["RandomNormal", "RandomUniform", "SequenceEmpty"],
];

/** "yes", "flat" or "–" for none. */
function gradientOf(operator: string): string {
  if (SOURCES.includes(operator)) return "flat";
  if (!Object.hasOwn(RULES, operator)) return "–";
  return rules[operator] === flat ? "flat" : "yes";
}

function page(): string {
  const cases = Object.keys(CASES).map(operatorOf);
  const rows = OPERATORS.map((operator) => {
    const gradient = gradientOf(operator);
    const checks = [cases, fromPyTorch].map((names) => count(names, operator) || "");
    return `| ${[operator, INFERRED.includes(operator) ? "yes" : "–", gradient, ...checks].join(" | ")} |`;
  });
  const total = (gradient: string): number => OPERATORS.filter((operator) => gradientOf(operator) === gradient).length;
  return `${[
    "# Operators",
    "",
    "Written by `npm run operators` from the tables of the program; a test fails where they say something else.",
    "",
    "Every operator of ONNX's version 20 runs as the runtime runs it. Of each, this says whether the types and shapes of its outputs are",
    "inferred, and whether a gradient goes through it, so that what is before it can be trained:",
    "",
    "- **yes**: its gradient is compared with central differences of its own values, on each device, and with PyTorch's numbers, in as many",
    "  cases as are said (`test/gradients` and `test/fixtures` in the repository)",
    "- **flat**: it changes in jumps, or makes whole numbers, truth values or random numbers: its gradient is zero, as in PyTorch",
    "- **–**: there is none, and training names the operator",
    "",
    `Of ${OPERATORS.length}, ${total("yes")} have a gradient, ${total("flat")} are flat, and ${total("–")} have none.`,
    "",
    "| operator | inferred | gradient | by differences | by PyTorch |",
    "| --- | --- | --- | ---: | ---: |",
    ...rows,
  ].join("\n")}\n`;
}

test("docs/operators.md says what the tables say", async () => {
  await expect(page()).toMatchFileSnapshot("../../docs/operators.md");
});

test("every rule is of an operator that ONNX has, or of one of our own", () => {
  const stray = Object.keys(RULES).filter((name) => !name.startsWith("bellpepper.") && !OPERATORS.includes(name));
  expect(stray).toEqual([]);
});

test("every operator with a gradient has inferred types, on which its rule relies", () => {
  const without = (Object.keys(RULES) as Differentiable[]).filter(
    (name) => !name.startsWith("bellpepper.") && gradientOf(name) === "yes" && !INFERRED.includes(name),
  );
  expect(without).toEqual([]);
});
