/**
 * Does work for each of many values, so many at a time, in their order.
 *
 * @param width how many at a time
 * @throws what the work throws first; nothing more is begun then
 */
export async function atOnce<T>(
  values: ArrayLike<T>,
  width: number,
  work: (value: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < values.length && !failed) {
      const index = next++;
      try {
        await work(values[index], index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, values.length) }, worker));
}
