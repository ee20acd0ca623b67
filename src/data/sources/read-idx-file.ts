import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { errorText } from "../../values/error-text.js";
import { type IdxArray, type IdxHead, parseIdx, parseIdxHead } from "./idx.js";

/** More bytes than these, 2 GiB, do not stay in memory as they are. */
const MOST_BYTES = 2 ** 31;
/** Deflate makes of a byte at most so many (Gailly and Adler, "zlib Technical Details"). */
const MOST_RATIO = 1032;

/**
 * Reads an IDX file, packed by gzip or not. No more is unpacked than its head says there is.
 *
 * @param dimensions how many there must be: 1 for labels, 3 for pictures
 * @throws Error that names the file, and says what was expected and what came
 */
export async function readIdx(path: string, dimensions: number): Promise<IdxArray> {
  try {
    const { start, size } = await look(path);
    // browsers unpack what they load, and leave the name as it was
    const isPacked = start[0] === 0x1f && start[1] === 0x8b;
    if (/\.gz$/i.test(path) && !isPacked && start[0] !== 0) throw new Error("it is cut off or no gzip");
    const most = isPacked ? size * MOST_RATIO : size;
    const bytes = await readStated(path, isPacked, (first) => {
      const head = parseIdxHead(first, dimensions);
      if (head.length > MOST_BYTES) throw expected(head, `at most ${MOST_BYTES} are read`);
      if (head.length > most) throw expected(head, isPacked ? `its ${size} packed bytes hold fewer` : `got ${size}`);
      return head;
    });
    return parseIdx(bytes, dimensions);
  } catch (error) {
    throw new Error(`${path}: ${errorText(error)}.`, { cause: error });
  }
}

const expected = ({ sizes, length }: IdxHead, but: string): Error =>
  new Error(`expected ${length} bytes for ${sizes.join("×")} values, ${but.startsWith("got") ? but : `but ${but}`}`);

/** The first bytes of a file, and how many it has. */
async function look(path: string): Promise<{ readonly start: Uint8Array; readonly size: number }> {
  const file = await open(path);
  try {
    const start = new Uint8Array(2);
    await file.read(start, 0, 2, 0);
    return { start, size: (await file.stat()).size };
  } finally {
    await file.close();
  }
}

/** The head with the most dimensions. */
const LONGEST_HEAD = 16;

/** Reads, and unpacks, as many bytes as the head of the file says there are, or those that there are if they are fewer. */
async function readStated(
  path: string,
  isPacked: boolean,
  headOf: (first: Uint8Array) => IdxHead,
): Promise<Uint8Array> {
  let first: Uint8Array = new Uint8Array(0);
  let all: Uint8Array | undefined;
  let head: IdxHead | undefined;
  let count = 0;
  let refusal: unknown;
  const add = (chunk: Uint8Array): void => {
    if (all === undefined) {
      first = Buffer.concat([first, chunk]);
      if (first.length < LONGEST_HEAD) return;
    }
    const next = all === undefined ? first : chunk;
    head ??= headOf(first);
    all ??= new Uint8Array(head.length);
    if (count + next.length > head.length) throw expected(head, isPacked ? "it unpacks to more" : "it has more");
    all.set(next, count);
    count += next.length;
  };
  const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of chunks) {
      try {
        add(chunk);
      } catch (error) {
        refusal = error;
        throw error;
      }
    }
  };
  try {
    if (isPacked) await pipeline(createReadStream(path), createGunzip(), collect);
    else await pipeline(createReadStream(path), collect);
  } catch (error) {
    // the pipeline may say only that it was ended
    if (refusal !== undefined) throw refusal;
    if (!isPacked || !(error instanceof Error)) throw error;
    throw new Error(`it is cut off or no gzip (${error.message})`, { cause: error });
  }
  return all === undefined ? first : all.subarray(0, count);
}
