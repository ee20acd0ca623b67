/** Plain data with large arrays on its way to a worker: copied piece by piece, so that whoever sends them never waits for long. */

/** A large array begins, or a part of one comes. */
export type Arrival =
  | { readonly type: "large"; readonly bytes: number }
  | { readonly type: "part"; readonly array: number; readonly at: number; readonly bytes: Uint8Array };

/** Stands in the place of a large array: its number, and the name of its type. */
class Place {
  readonly array: number;
  readonly kind: string;
  /** that structured clones know it, which have no classes */
  readonly isPlaceOfArray = true;
  constructor(array: number, kind: string) {
    this.array = array;
    this.kind = kind;
  }
}

/** Arrays up to so many bytes are sent with the rest; so many are copied at a time. 4 MiB take some 2 ms. */
const PIECE = 2 ** 22;

const KINDS = { Uint8Array, Int8Array, Uint16Array, Int16Array, Int32Array, Float32Array, Float64Array, BigInt64Array };

const isLarge = (value: ArrayBufferView): boolean =>
  value.byteLength > PIECE && value.buffer instanceof ArrayBuffer && Object.hasOwn(KINDS, value.constructor.name);

/** The same data with each array changed. Only what is plain is looked into: objects, lists, maps. */
function mapArrays(value: unknown, change: (value: object) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const changed = change(value);
  if (changed !== value || ArrayBuffer.isView(value)) return changed;
  if (Array.isArray(value)) return value.map((item) => mapArrays(item, change));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, mapArrays(item, change)]));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapArrays(item, change)]));
}

/**
 * Sends the large arrays in plain data that no memory is shared for.
 *
 * @returns the data with a place for each of them
 */
export async function sendLarge<T>(data: T, post: (message: Arrival, transfer: ArrayBuffer[]) => void): Promise<T> {
  const large: ArrayBufferView[] = [];
  const rest = mapArrays(data, (value) => {
    if (!ArrayBuffer.isView(value) || !isLarge(value)) return value;
    return new Place(large.push(value) - 1, value.constructor.name);
  });
  for (const [array, { buffer, byteOffset, byteLength }] of large.entries()) {
    post({ type: "large", bytes: byteLength }, []);
    for (let at = 0; at < byteLength; at += PIECE) {
      const bytes = new Uint8Array(buffer, byteOffset + at, Math.min(PIECE, byteLength - at)).slice();
      post({ type: "part", array, at, bytes }, [bytes.buffer]);
      await new Promise<void>((resolve) => setTimeout(resolve));
    }
  }
  return rest as T;
}

/** The large arrays that have come so far. */
export class Arrived {
  readonly #arrays: Uint8Array<ArrayBuffer>[] = [];

  take(message: Arrival): void {
    if (message.type === "large") this.#arrays.push(new Uint8Array(message.bytes));
    else this.#arrays[message.array].set(message.bytes, message.at);
  }

  /** The data as it was sent. */
  unpack<T>(data: T): T {
    return mapArrays(data, (value) => {
      if (!("isPlaceOfArray" in value) || !("array" in value) || !("kind" in value)) return value;
      const { buffer } = this.#arrays[Number(value.array)];
      return new KINDS[value.kind as keyof typeof KINDS](buffer);
    }) as T;
  }
}
