/** Parameters that the program of a model file has in another form only: they stand in its metadata, as runtimes warn of tensors that no node reads. */

import { bytesOf, tensorOfBytes } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { byName, text } from "../../values/kind.js";
import { type Network, parametersOf } from "../network.js";

const TEXTS = byName(text());

/** The numbers of parameters as JSON: of each the bytes of float32, the lowest first, in Base64. */
export const besideText = (values: ReadonlyMap<string, Tensor<"float32">>): string =>
  JSON.stringify(Object.fromEntries([...values].map(([name, value]) => [name, base64(bytesOf(value))])));

/**
 * The parameters of a network out of what {@link besideText} gave, read from JSON.
 *
 * @throws TypeError, RangeError when it is something else, or has not as many numbers as a parameter needs
 */
export function besideIn(written: unknown, network: Network): Map<string, Tensor<"float32">> {
  const texts = TEXTS.take(written, { path: "beside" });
  const own = parametersOf(network).filter(({ name }) => Object.hasOwn(texts, name));
  return new Map(own.map(({ name, shape }) => [name, tensorOfBytes("float32", shape, decoded(name, texts[name]))]));
}

const base64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

function decoded(name: string, content: string): Uint8Array {
  try {
    return Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  } catch {
    throw new TypeError(`'${name}': expected numbers in Base64.`);
  }
}
