import { hann } from "./mel.js";

/** Seconds of the pieces, and how far the next one may move to fit the last. */
const PIECE = 0.03;
const MOVES = 0.008;

/**
 * A sound that lasts longer, or shorter, at the same pitch: pieces are laid half over each other, each taken from where it fits best to what follows the one before
 * (WSOLA, Verhelst and Roelands 1993).
 *
 * @param rate samples a second
 * @param factor how many times as long
 * @returns factor · length samples, rounded
 * @example
 * stretchSound(new Float32Array(8000), 8000, 1.25).length; // 10000
 */
export function stretchSound(sound: Float32Array, rate: number, factor: number): Float32Array {
  const hop = Math.max(2, Math.round((PIECE * rate) / 2));
  const piece = 2 * hop;
  const moves = Math.round(MOVES * rate);
  const length = Math.round(factor * sound.length);
  const made = new Float32Array(length + piece);
  const at = (i: number): number => (i < 0 || i >= sound.length ? 0 : sound[i]);
  let last = -hop;
  for (let to = -hop; to < length; to += hop) {
    const wanted = Math.round((to + hop) / factor) - hop;
    const from = to === -hop ? wanted : bestStart(sound, last + hop, wanted, moves, piece);
    for (let j = Math.max(0, -to); j < piece; j++) made[to + j] += hann(j, piece) * at(from + j);
    last = from;
  }
  return made.subarray(0, length);
}

/** Where near `wanted` a piece begins that is most like the one at `natural`: the largest sum of products, of every second sample. */
function bestStart(sound: Float32Array, natural: number, wanted: number, moves: number, piece: number): number {
  let [best, most] = [wanted, Number.NEGATIVE_INFINITY];
  for (let from = wanted - moves; from <= wanted + moves; from++) {
    let sum = 0;
    const first = Math.max(0, -natural, -from);
    const end = Math.min(piece, sound.length - Math.max(natural, from));
    for (let j = first; j < end; j += 2) sum += sound[natural + j] * sound[from + j];
    if (sum > most) [best, most] = [from, sum];
  }
  return best;
}
