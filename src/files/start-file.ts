import { close, closeSync, open, openSync, read, readSync } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";

/** Where a file is read faster than in so many milliseconds, others will be, too: it is in the system's memory. */
const NEAR = 0.2;
/** After so many milliseconds others have a turn. */
const TURN = 20;

/** how long the files took that were read last: a running mean, in milliseconds */
let usual = 0;
let turn: { readonly begun: number; over?: Promise<void> } = { begun: 0 };

/**
 * The first bytes of a file: so many of them, or all where it has fewer.
 *
 * A file in the system's memory is read in some 20 µs, and handing it to Node's pool takes four times as long. So files are read at once as long as
 * that goes fast, with a pause now and then; what is far away (a disk, a network) is read by the pool, several at a time.
 *
 * @throws the system's error when it cannot be opened or read
 */
export async function readStart(path: string, length: number): Promise<Uint8Array> {
  const now = performance.now();
  if (now - turn.begun > TURN) {
    turn.over ??= breathe().then(() => {
      turn = { begun: performance.now() };
    });
    await turn.over;
  }
  // Now and then one is tried again.
  if (usual > NEAR) {
    usual *= 0.99;
    return readByPool(path, length);
  }
  const begun = performance.now();
  try {
    return readNow(path, length);
  } finally {
    usual += (performance.now() - begun - usual) / 16;
  }
}

/** where files are read to before it is known how many bytes they have */
let desk = Buffer.allocUnsafe(2 ** 15);

function readNow(path: string, length: number): Uint8Array {
  const file = openSync(path, "r");
  try {
    if (length > desk.length) desk = Buffer.allocUnsafe(length);
    return Uint8Array.prototype.slice.call(desk, 0, readSync(file, desk, 0, length, 0));
  } finally {
    closeSync(file);
  }
}

const readByPool = (path: string, length: number): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    open(path, "r", (failure, file) => {
      if (failure) return reject(failure);
      const bytes = Buffer.allocUnsafe(length);
      read(file, bytes, 0, length, 0, (error, count) => {
        close(file, () => (error ? reject(error) : resolve(bytes.subarray(0, count))));
      });
    });
  });
