import type { DatasetItem } from "./dataset.js";

/** Finds the pictures of files that hold records of `head` bytes and a picture. */
export function recordReader(files: ReadonlyMap<string, Uint8Array>, head: number, size: number) {
  return ({ path, index = 0 }: DatasetItem): Uint8Array => {
    const start = index * (head + size) + head;
    const bytes = files.get(path)?.subarray(start, start + size);
    if (bytes?.length !== size) throw new RangeError(`There is no picture ${path}#${index} in the data set.`);
    return bytes;
  };
}
