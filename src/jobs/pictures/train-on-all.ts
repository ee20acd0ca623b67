import type { Dataset } from "../../data/sources/dataset.js";
import type { Split } from "../../data/sources/split.js";

/**
 * All pictures for training, those that the data set itself has for validation among them. What it calls test stays apart.
 *
 * @throws RangeError when all pictures are for the test
 */
export function trainOnAll({ items }: Dataset): Split {
  const places = items.map((_, i) => i);
  const test = places.filter((i) => items[i].split === "test");
  const training = places.filter((i) => items[i].split !== "test");
  if (training.length === 0) throw new RangeError("Nothing is left for training: all pictures are in the test part.");
  return { training, validation: [], test };
}
