/**
 * What TFLite's metadata says of a model: how its pictures are made, and what its scores stand for. Names of classes lie as text files in an archive
 * behind the model.
 *
 * The schema: https://github.com/google-ai-edge/LiteRT-API (metadata_schema.fbs)
 */

import type { Budget } from "../budget.js";
import { type Bytes, textOf } from "../bytes.js";
import { readZip, type Zip } from "../zip.js";
import { rootOf, type Table } from "./flatbuffer.js";

/** What is read of the metadata. */
export interface TfliteMetadata {
  readonly name: string;
  readonly texts: Readonly<Record<string, string>>;
  /** taken away from the pixels, and what they are divided by: one number, or one for each channel */
  readonly normalization?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  readonly channelOrder?: "rgb";
  readonly classes?: readonly string[];
  readonly notes: readonly string[];
}

const NORMALIZATION = 1;
const IMAGE = 2;
const RGB = 1;
/** kinds of associated files: names along an axis, names of values */
const LABELS: readonly number[] = [2, 3];

/** @throws ModelFormatError when it is damaged */
export async function readMetadata(bytes: Uint8Array, file: Bytes, budget: Budget): Promise<TfliteMetadata> {
  const root = rootOf(bytes, budget, "TFLite's metadata");
  const [graph] = root.tables(3);
  const texts = Object.entries({ description: 1, version: 2, author: 4, license: 5 }).flatMap(([key, field]) => {
    const text = root.text(field);
    return text === "" ? [] : [[key, text] as const];
  });
  const [input] = graph?.tables(2) ?? [];
  const [output] = graph?.tables(3) ?? [];
  return {
    name: root.text(0),
    texts: Object.fromEntries(texts),
    ...inputOf(input),
    notes: [],
    ...(output ? await classesOf(output, file, budget) : {}),
  };
}

function inputOf(input: Table | undefined): Pick<TfliteMetadata, "normalization" | "channelOrder"> {
  const unit = input
    ?.tables(4)
    .find((table) => table.int8(0) === NORMALIZATION)
    ?.table(1);
  const content = input?.table(3);
  const image = content?.int8(0) === IMAGE ? content.table(1) : undefined;
  return {
    ...(unit ? { normalization: { mean: unit.floats(0), deviation: unit.floats(1) } } : {}),
    ...(image?.int8(0) === RGB ? { channelOrder: "rgb" } : {}),
  };
}

async function classesOf(output: Table, file: Bytes, budget: Budget): Promise<Partial<TfliteMetadata>> {
  // Of the files of several languages the first one counts.
  const name = output
    .tables(6)
    .find((table) => LABELS.includes(table.int8(2)))
    ?.text(0);
  if (name === undefined) return {};
  const zip = archiveOf(file);
  if (!zip?.names.includes(name)) return { notes: [`The names of the classes, '${name}', are not in the file.`] };
  const content = await zip.file(name, budget);
  const lines = textOf(content.at(0, content.size)).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return { classes: lines };
}

/** The archive behind the model, if there is one. */
function archiveOf(file: Bytes): Zip | undefined {
  try {
    return readZip(file);
  } catch {
    return undefined;
  }
}
