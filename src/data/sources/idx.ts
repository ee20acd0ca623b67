/** An array of an IDX file (LeCun's MNIST page): whole numbers 0 … 255 and the sizes of its dimensions. */
export interface IdxArray {
  readonly sizes: readonly number[];
  readonly data: Uint8Array;
}

/** What the head of an IDX file says. */
export interface IdxHead {
  readonly sizes: readonly number[];
  /** how many bytes the head has */
  readonly start: number;
  /** how many bytes the file must have, with the head */
  readonly length: number;
}

/**
 * Reads the head of an IDX file: 0, 0, type (8: bytes), the number of dimensions, each one's size as 32 bits with the highest byte first.
 *
 * @param bytes the first bytes of the file
 * @param dimensions how many there must be: 1 for labels, 3 for pictures
 * @throws Error saying what was expected and what came
 * @example
 * parseIdxHead(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2), 1); // {"sizes": [2], "start": 8, "length": 10}
 */
export function parseIdxHead(bytes: Uint8Array, dimensions: number): IdxHead {
  const start = 4 + 4 * dimensions;
  const magic = [...bytes.subarray(0, 4)];
  if (magic.join() !== [0, 0, 8, dimensions].join()) {
    throw new Error(`expected an IDX file that begins with the bytes 0 0 8 ${dimensions}, got ${magic.join(" ")}`);
  }
  if (bytes.length < start) throw new Error(`expected a head of ${start} bytes, got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sizes = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  return { sizes, start, length: start + sizes.reduce((a, b) => a * b, 1) };
}

/**
 * Reads an IDX file of bytes: its head, and the values, the last dimension running fastest. The values are a view of the bytes given, not
 * a copy.
 *
 * @param dimensions how many there must be: 1 for labels, 3 for pictures
 * @throws Error saying what was expected and what came
 * @example
 * parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9), 1); // {"sizes": [2], "data": [7, 9]}
 */
export function parseIdx(bytes: Uint8Array, dimensions: number): IdxArray {
  const { sizes, start, length } = parseIdxHead(bytes, dimensions);
  if (bytes.length !== length) {
    throw new Error(`expected ${length} bytes for ${sizes.join("×")} values, got ${bytes.length}`);
  }
  return { sizes, data: bytes.subarray(start) };
}
