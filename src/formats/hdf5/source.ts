/** An HDF5 file as its parts see it. */

import type { Budget } from "../budget.js";
import type { Bytes } from "../bytes.js";
import { Cursor, damaged, type Widths } from "./cursor.js";

/** A file, and where it begins. */
export interface Source {
  readonly file: Bytes;
  readonly start: number;
  readonly widths: Widths;
  readonly budget: Budget;
}

/** Bytes from an address on, as many as there are and at most so many. */
export function block({ file, start, widths }: Source, address: number, size: number): Cursor {
  const at = start + address;
  if (!(at < file.size)) throw damaged(`expected a block at ${address}, beyond the file's end`);
  return new Cursor(file.at(at, Math.min(size, file.size - at)), widths);
}
