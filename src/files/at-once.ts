/**
 * Does work for each of many values, so many at a time, in their order.
 *
 * @param width how many at a time
 * @throws what the work throws first; nothing more is begun then, and what was begun has ended
 */
export async function atOnce<T>(
  values: ArrayLike<T>,
  width: number,
  work: (value: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (next < values.length && failures.length === 0) {
      const index = next++;
      try {
        await work(values[index], index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, values.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

/**
 * A line in which work waits until fewer than so much other work of the line is under way; it begins in the order of the calls.
 *
 * @param width how much at a time
 * @example
 * const line = waitingLine(2);
 * const [a, b, c] = await Promise.all([1, 2, 3].map((i) => line(async () => i * i))); // c begins when a or b has ended
 */
export function waitingLine(width: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = width;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
