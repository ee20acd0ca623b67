/** Keeps what a protobuf message holds beyond the fields that the toolbox understands. */

import { type DescMessage, type MessageShape, mergeFromBinary, toBinary } from "@bufbuild/protobuf";
import type { Foreign } from "../types.js";
import type { StringStringEntryProto } from "./onnx_pb.js";

/** Bytes that are no model, or one that contradicts itself. */
export class ModelFormatError extends Error {
  override readonly name = "ModelFormatError";
}

/** What is left in a message after its understood fields were taken out. */
export function remainder<S extends DescMessage>(schema: S, message: MessageShape<S>): Foreign {
  const foreign = toBinary(schema, message);
  return foreign.length === 0 ? {} : { foreign };
}

/** Puts a remainder back: its single fields are set, its lists appended. */
export function restore<S extends DescMessage>(
  schema: S,
  message: MessageShape<S>,
  { foreign }: Foreign,
): MessageShape<S> {
  return foreign ? mergeFromBinary(schema, message, foreign) : message;
}

/** Text entries by key, and the entries that have no place there: repeated keys, and those with unknown fields. */
export function takeEntries(entries: readonly StringStringEntryProto[]): {
  readonly taken: Readonly<Record<string, string>>;
  readonly left: StringStringEntryProto[];
} {
  const taken = new Map<string, string>();
  const left = entries.filter((entry) => {
    const key = entry.key ?? "";
    if (entry.$unknown || taken.has(key)) return true;
    taken.set(key, entry.value ?? "");
    return false;
  });
  return { taken: Object.fromEntries(taken), left };
}

/** An integer of a file: a bigint only where a number would round it. */
export function wholeNumber(value: bigint): number | bigint {
  const rounded = Number(value);
  return Number.isSafeInteger(rounded) ? rounded : value;
}
