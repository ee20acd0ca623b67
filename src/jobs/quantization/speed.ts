/** How much faster one program is than another, when both are asked in turn. */

import type { Program, Values } from "../../engine/engine.js";

/** What two programs take for the same. */
export interface SpeedRatio {
  /** pictures that go through the network together */
  readonly pictures: number;
  /** milliseconds of a run, medians; other programs on the machine make both longer */
  readonly float: number;
  readonly eightBit: number;
  /** how many times as fast the one in 8 bits is: the median over the turns */
  readonly ratio: number;
}

/** So long is measured, and so many turns at least and at most. */
const SECONDS = 1.5;
const TURNS = { least: 5, most: 100 };

/** Measures both in turn, so that what else the machine does touches both. */
export async function compareSpeed(
  [float, eightBit]: readonly [Program, Program],
  inputs: Values,
  pictures: number,
  signal?: AbortSignal,
): Promise<SpeedRatio> {
  const timed = async (program: Program): Promise<number> => {
    const begun = performance.now();
    await program.run(inputs);
    return performance.now() - begun;
  };
  for (const program of [float, eightBit]) await program.run(inputs);
  const turns: (readonly [number, number])[] = [];
  const begun = performance.now();
  while (turns.length < TURNS.least || (turns.length < TURNS.most && performance.now() - begun < 1000 * SECONDS)) {
    signal?.throwIfAborted();
    turns.push([await timed(float), await timed(eightBit)]);
  }
  return {
    pictures,
    float: median(turns.map(([a]) => a)),
    eightBit: median(turns.map(([, b]) => b)),
    ratio: median(turns.map(([a, b]) => a / b)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
