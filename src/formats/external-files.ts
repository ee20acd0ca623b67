/** The files beside an ONNX model that hold elements of its tensors. */

import type { ExternalFiles } from "../graph/codec/external-data.js";
import { ModelFormatError } from "../graph/codec/foreign.js";
import { type Budget, budgetOf } from "./budget.js";
import { type Bytes, bytesAt } from "./bytes.js";

/**
 * Whether a path leads from a folder into it: it begins at no root, and never goes up. A model may come from anywhere, and nothing but its own files is read for it.
 *
 * @example
 * isWithin("weights/model.data"); // true
 * isWithin("../../etc/passwd"); // false
 */
export const isWithin = (location: string): boolean =>
  location !== "" && !/^[a-z]:|^[\\/]|\0/i.test(location) && !location.split(/[\\/]/).includes("..");

/**
 * What reads the elements of tensors out of the files beside a model. Tensors that name the same bytes share them.
 *
 * @param beside a file by its path from the model's folder on; undefined where there is none
 * @param used is told the path of each file that is read
 */
export function externalFiles(
  beside: (location: string) => Bytes | undefined,
  used: (location: string) => void,
): ExternalFiles {
  const opened = new Map<string, { readonly file: Bytes; readonly budget: Budget }>();
  const taken = new Map<string, Uint8Array>();
  return ({ tensor, location, offset, length }) => {
    const what = `Tensor '${tensor}', whose numbers lie in '${location}'`;
    if (!isWithin(location)) {
      throw new ModelFormatError(`${what}: expected a file in the model's folder, or in a folder in it.`);
    }
    let known = opened.get(location);
    if (!known) {
      const file = beside(location);
      if (!file) throw new ModelFormatError(`${what}: there is no such file beside the model.`);
      known = { file, budget: budgetOf(file.size) };
      opened.set(location, known);
      used(location);
    }
    const { file } = known;
    const count = length ?? file.size - offset;
    const key = JSON.stringify([location, offset, count]);
    const before = taken.get(key);
    if (before) return before;
    known.budget.take(count, what);
    const bytes = bytesAt(file, offset, count, what);
    taken.set(key, bytes);
    return bytes;
  };
}
