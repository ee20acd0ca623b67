/** Caffe's arrays. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { elementCount } from "../../graph/tensor.js";
import type { Message } from "./message.js";

/** The sizes that a blob says: those of its shape, or of the first version's four fields. */
export function blobShape(blob: Message): number[] {
  if (blob.has("shape")) return blob.message("shape").numbers("dim");
  return ["num", "channels", "height", "width"].map((name) => blob.number(name, 1));
}

/** The numbers of a blob. @throws ModelFormatError when they are not as many as its sizes say */
export function blobData(blob: Message, where: string): Float32Array {
  const parts = blob.fields.get("data") ?? [];
  const [first] = parts;
  const data = parts.length === 1 && first instanceof Float32Array ? first : Float32Array.from(blob.numbers("data"));
  const shape = blobShape(blob);
  const isSaid = blob.has("shape") || blob.has("num");
  if (isSaid && elementCount(shape) !== data.length) {
    throw new ModelFormatError(`Caffe: ${where}: expected ${shape.join("×")} numbers, got ${data.length}.`);
  }
  return data;
}
