/** The cases of test/fixtures/blocks: one layer each, with numbers that PyTorch has computed. See the README there. */

import { readdirSync, readFileSync } from "node:fs";
import { type Layer, layerFrom } from "../../src/blocks/layer.js";
import { elementCount, float32, int64 } from "../../src/graph/tensor.js";
import type { Tensor } from "../../src/graph/types.js";

/** Numbers as JSON holds them, row-major. */
export interface Listed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

type Named = Readonly<Record<string, Listed>>;

/** What a layer makes of its inputs, and the gradients of Σ y·dy. */
export interface Case {
  readonly name: string;
  /** which function of PyTorch or which formula the numbers are from */
  readonly source: string;
  /** the layer as JSON holds it */
  readonly layer: Readonly<Record<string, unknown>> & { readonly type: string };
  readonly mode: "use" | "training";
  /** N×C×H×W each */
  readonly inputs: readonly Listed[];
  /** what a loss is compared with */
  readonly target?: Listed & { readonly type: "int64" | "float32" };
  /** by their names within the layer */
  readonly parameters: Named;
  readonly y: Listed;
  readonly dy: Listed;
  readonly inputGradients: readonly Listed[];
  /** of those parameters that have one */
  readonly parameterGradients: Named;
  /** what the batch says of the parameters that follow it; only in training */
  readonly averages?: Named;
  /** false where there is a kink or a tie, so that differences say nothing */
  readonly smooth?: false;
  /** true where inputs say the numbers of images: a batch of copies is then something else */
  readonly alone?: true;
}

const FOLDER = new URL("../fixtures/blocks/", import.meta.url);

/** Each family's cases; a family is a file of the folder. */
export const FAMILIES: readonly (readonly [string, readonly Case[]])[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .sort()
  .map((file) => [file.replace(".json", ""), JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"))]);

/** The layer of a case. */
export const layerOf = ({ name, layer }: Case): Layer => layerFrom(layer, name);

/** A case as a tensor of its own type. */
export const tensorOf = (listed: Listed & { readonly type?: "int64" | "float32" }): Tensor =>
  listed.type === "int64" ? int64(listed.data, listed.shape) : float32(listed.data, listed.shape);

/** The same images over and over: what is summed over a batch gets `copies` times as large, all else stays. */
export function repeated(it: Case, copies: number): Case {
  const batch = <L extends Listed>(listed: L): L => ({
    ...listed,
    shape: [listed.shape[0] * copies, ...listed.shape.slice(1)],
    data: Array.from({ length: copies }, () => listed.data).flat(),
  });
  const times = ({ shape, data }: Listed): Listed => ({ shape, data: data.map((value) => value * copies) });
  return {
    ...it,
    inputs: it.inputs.map(batch),
    ...(it.target ? { target: batch(it.target) } : {}),
    y: batch(it.y),
    dy: batch(it.dy),
    inputGradients: it.inputGradients.map(batch),
    parameterGradients: Object.fromEntries(
      Object.entries(it.parameterGradients).map(([name, gradient]) => [name, times(gradient)]),
    ),
  };
}

/** How many copies of a case's images are a batch of at least `least`; one of a case that cannot be repeated. */
export const copiesFor = ({ inputs, alone }: Case, least: number): number =>
  alone ? 1 : Math.ceil(least / inputs[0].shape[0]);

/** The numbers that a case has to be differentiated by: which array, and which of its elements. */
export function coordinates({ inputs, parameters, parameterGradients }: Case): readonly (readonly [string, number])[] {
  const arrays = [
    ...inputs.map(({ shape }, i) => [`x${i}`, shape] as const),
    ...Object.keys(parameterGradients).map((name) => [name, parameters[name].shape] as const),
  ];
  return arrays.flatMap(([name, shape]) => Array.from({ length: elementCount(shape) }, (_, k) => [name, k] as const));
}
