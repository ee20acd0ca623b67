/** Threads inside of operators beside workers that divide a batch, in words. */

/** Milliseconds of a training step. */
export interface StepTimes {
  /** with so many threads in both ways */
  readonly threads: number;
  /** where the threads share each operator */
  readonly inside: number;
  /** where each is a worker, with its share of the batch */
  readonly workers: number;
}

/** Workers change what batch normalisation sees, or make it wait: they have to be this many times as fast. */
const WORTH_IT = 1.1;

/**
 * What was measured, and what follows from it by the rule that the figures stand for.
 */
export function workersText({ threads, inside, workers }: StepTimes): string[] {
  const ratio = inside / workers;
  const verdict =
    ratio >= WORTH_IT
      ? `Here workers are ${ratio.toFixed(2)} × as fast: --workers ${threads} pays.`
      : `Here workers are ${ratio.toFixed(2)} × as fast: they do not pay.`;
  const ways = [`--threads ${threads}`, `--threads ${threads} --workers ${threads}`];
  const line = (milliseconds: number, way: string, meaning: string): string =>
    `  ${milliseconds.toFixed(1).padStart(6)} ms   ${way.padEnd(ways[1].length)}   ${meaning}`;
  return [
    "a training step of the letters' network, 100 letters:",
    line(inside, ways[0], "operators share the threads"),
    line(workers, ways[1], "each thread has a share of the batch"),
    `Training lets operators share the threads unless --workers is given. That pays where it is at least ${WORTH_IT} × as fast, as batch normalisation then sees one worker's pictures, or with --sync-batch-norm waits for the others. ${verdict}`,
  ];
}
