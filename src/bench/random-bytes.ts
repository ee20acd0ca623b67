import { stream } from "../random/stream.js";

/** The bytes of pictures in which nothing is to be seen, the same ones each time. */
export function randomBytes(count: number): Uint8Array {
  const random = stream(1, "bench");
  return Uint8Array.from({ length: count }, () => random.integer(0, 255));
}
