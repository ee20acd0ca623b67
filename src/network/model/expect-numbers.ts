/** Checks of the numbers that a model's file has. */

import type { Tensor } from "../../graph/types.js";
import { type Network, parametersOf } from "../network.js";

/**
 * @throws RangeError that names a parameter, its first wrong number and the place: one that is no finite number, as of a training that has diverged or
 *   a file that is damaged; or one that is not above 0 where it has to be, such as a deviation of a batch normalisation
 */
export function expectNumbers(network: Network, parameters: ReadonlyMap<string, Tensor<"float32">>): void {
  for (const { name, shape, positiveRows = [] } of parametersOf(network)) {
    const data = parameters.get(name)?.data ?? new Float32Array();
    expectEach(name, shape, data, "finite numbers", (value) => Number.isFinite(value));
    if (positiveRows.length === 0) continue;
    const length = data.length / shape[0];
    const rows = new Set(positiveRows);
    const what = `numbers above 0 in row ${positiveRows.join(", ")}`;
    expectEach(name, shape, data, what, (value, i) => value > 0 || !rows.has(Math.floor(i / length)));
  }
}

function expectEach(
  name: string,
  shape: readonly number[],
  data: Float32Array,
  expected: string,
  fits: (value: number, index: number) => boolean,
): void {
  const first = data.findIndex((value, i) => !fits(value, i));
  if (first < 0) return;
  const place: number[] = [];
  let rest = first;
  for (const size of [...shape].reverse()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  const count = data.reduce((n, value, i) => (fits(value, i) ? n : n + 1), 0);
  throw new RangeError(
    `parameter '${name}': expected ${expected}, got ${data[first]} at [${place.join(", ")}]${count > 1 ? `, and ${count - 1} more such` : ""}.`,
  );
}
