/** What a user may do with what a job has made: commands that can be typed as they are. */

import { type NextStep, shellWord } from "../../report/page/text/next-steps.js";
import { optionName } from "../../values/option-name.js";

/** The modules that define a program's own blocks, which a command must be told again. */
type Define = readonly string[] | undefined;

const commandOf = (words: readonly string[], define: Define): string =>
  ["bellpepper", ...words, ...(define ?? []).flatMap((path) => ["--define", path])].map(shellWord).join(" ");

/** Measures a model on other pictures. */
export const measureElsewhere = (model: string, define: Define): NextStep => ({
  command: commandOf(["evaluate", model, "OTHER-PICTURES"], define),
  why: "measures it on other pictures",
});

/** Shows what a model has learned. */
export const lookInside = (model: string, data: string, define: Define): NextStep => ({
  command: commandOf(["inspect", model, "--data", data], define),
  why: "shows what it has learned, and why it says what it says",
});

/**
 * Measures how good such a model is, and makes one of all pictures.
 *
 * @param asked what was asked of its training, by the fields' names
 */
export function crossvalidateFinal(data: string, define: Define, asked: Readonly<Record<string, unknown>>): NextStep {
  const options = Object.entries(asked).map(([name, value]) => [optionName(name), valueText(value)] as const);
  const words = options.flatMap(([name, text]) => (text === undefined ? [] : [name, text]));
  const others = options.flatMap(([name, text]) => (text === undefined ? [name] : []));
  const add = others.length === 0 ? "" : `; add what this run was told of ${others.join(", ")}`;
  return {
    command: commandOf(["crossvalidate", data, "--final", ...words], define),
    why: `judges every picture by a network that has not seen it, then trains one on all${add}`,
  };
}

/** A value as a command line takes it; undefined for one of several parts. */
function valueText(value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "number") return `${value}`;
  if (value instanceof RegExp) return value.source;
  const isSize = typeof value === "object" && value !== null && "width" in value && "height" in value;
  return isSize ? `${value.width}x${value.height}` : undefined;
}

/** Trains one model on all pictures after a cross-validation. */
export const FINAL_TOO: NextStep = {
  command: "--final",
  why: "with the same command trains one model on all pictures, the one to use",
};

/** Compares another model on the same pictures. */
export const compareWith = (predictions: string, data: string, define: Define): NextStep => ({
  command: commandOf(["evaluate", "OTHER-MODEL.onnx", data, "--against", predictions], define),
  why: "compares another model on the same pictures",
});

/** Reads a line of text. */
export const readLineOf = (model: string): NextStep => ({
  command: commandOf(["read", model, "LINE.png"], undefined),
  why: "reads a line of text",
});
