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
