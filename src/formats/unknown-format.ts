/** What is said of a file that is of no format that is read. */

import { ModelFormatError } from "../graph/codec/foreign.js";
import { type Bytes, hasBytes, headOf, latin1 } from "./bytes.js";

/** How files begin that are often taken for models, or hold models of formats that are not read. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ["version https://git-lfs", "a pointer of Git LFS in place of the file: fetch it with 'git lfs pull'"],
  ["\x1f\x8b", "a gzip file: unpack it first"],
  ["BZh", "a compressed archive: unpack it first"],
  ["\xfd7zXZ", "a compressed archive: unpack it first"],
  ["PK\x03\x04", "a zip archive that is no model of a format that is read"],
  ["PK\x05\x06", "an empty zip archive"],
  ["\x89HDF\r\n", "an HDF5 file that is no model of a format that is read"],
  ["\x93NUMPY", "an array of NumPy's"],
  ["\x08", "an ONNX model that is cut off or damaged"],
  ["GGUF", "a model of llama.cpp (GGUF)"],
  ["MATLAB", "a MAT file of a version that is not read"],
  ...["\x02", "\x03", "\x04", "\x05"].map(
    (version) => [`\x80${version}`, "a pickle that torch.save has not written"] as const,
  ),
];

/** The same of texts, which may begin with white or comments. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^\s*(<!doctype|<html|<\?xml)/i, "a page of the web or XML in place of the file: it was not downloaded as it is"],
  [/^(#[^\n]*\n|\s)*(net|train_net|test_net|base_lr)\s*:/, "a text of Caffe's solver, in place of the network's"],
  [/^\s*[{[]/, "JSON"],
];

/** In a tar archive this stands at byte 257. */
const TAR = Array.from("ustar", (character) => character.charCodeAt(0));

/** The error for a file that no reader knows. @param formats those that are read */
export function unknownFormat(name: string, file: Bytes | undefined, formats: readonly string[]): ModelFormatError {
  return new ModelFormatError(`${name}: expected a model (${formats.join(", ")}), got ${shown(file)}.`);
}

function shown(file: Bytes | undefined): string {
  if (!file || file.size === 0) return "nothing";
  const head = headOf(file, 512);
  if (hasBytes(head, TAR, 257)) return "a tar archive: PyTorch's files from before 2017 and packed models are not read";
  const text = latin1(head);
  const known = BEGINNINGS.find(([start]) => text.startsWith(start)) ?? TEXTS.find(([pattern]) => pattern.test(text));
  if (known) return known[1];
  const hex = Array.from(head.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${file.size} bytes that begin with ${hex}`;
}
