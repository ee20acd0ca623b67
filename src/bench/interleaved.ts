/** Measuring several things side by side, so that a change of the machine's speed touches all of them alike. */

/** One thing that is measured: each call gives the milliseconds of some steps. */
export interface Contender {
  readonly name: string;
  run(steps: number): Promise<readonly number[]>;
}

/** Does something so many times, one after the other, and gathers its milliseconds. */
export async function repeated(once: () => number | Promise<number>, steps: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < steps; i++) times.push(await once());
  return times;
}

/** The median of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** What one contender took: the median of each round, and the median, least and largest of those. */
export interface Measured {
  readonly name: string;
  readonly rounds: readonly number[];
  readonly median: number;
}

/**
 * Runs contenders in turn, A B C A B C …, a few steps each; the first step of a turn is not counted.
 *
 * @returns for each contender its median over the rounds of the median step
 */
export async function interleaved(
  contenders: readonly Contender[],
  rounds: number,
  steps: number,
): Promise<Measured[]> {
  const times = contenders.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const [, ...counted] = await contender.run(steps + 1);
      // The first round warms up.
      if (round > 0) times[i].push(median(counted));
    }
  }
  return contenders.map(({ name }, i) => ({ name, rounds: times[i], median: median(times[i]) }));
}

/** The median over the rounds of how many times as long a takes as b. */
export const ratio = (a: Measured, b: Measured): number =>
  median(a.rounds.map((value, round) => value / b.rounds[round]));

/** "36.1 ms (34.9–38.0)", "0.271 ms (0.265–0.290)" */
export function timeText({ median: middle, rounds }: Measured): string {
  const digits = middle < 10 ? 3 : 1;
  return `${middle.toFixed(digits)} ms (${Math.min(...rounds).toFixed(digits)}–${Math.max(...rounds).toFixed(digits)})`;
}

/** So many rounds and steps of a turn, by how long a step takes. */
export const turnsOf = (milliseconds: number): readonly [rounds: number, steps: number] =>
  milliseconds < 3
    ? [9, 200]
    : milliseconds < 100
      ? [7, 10]
      : milliseconds < 1000
        ? [5, 3]
        : milliseconds < 10_000
          ? [3, 1]
          : [1, 1];
