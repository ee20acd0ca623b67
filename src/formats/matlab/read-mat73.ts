/** MAT files of version 7.3, which MATLAB writes for variables beyond 2 GB: HDF5 with attributes that say what a data set is. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { type Bytes, headOf, latin1 } from "../bytes.js";
import { type Hdf5Object, type Hdf5Value, hdf5Start, openHdf5 } from "../hdf5/hdf5.js";
import { MatCell, MatNumbers, MatOther, MatStruct, MatText, type MatValue } from "./values.js";

/** So deep may cells and structs lie in each other. */
const DEEPEST = 32;
/** So many values may a file have: references may lead to the same ones again and again. */
const MOST = 100_000;

/** Whether a file is HDF5 behind MATLAB's own head. */
export const isMat73 = (file: Bytes): boolean =>
  latin1(headOf(file, 10)) === "MATLAB 7.3" && (hdf5Start(file) ?? 0) >= 512;

/**
 * The variables of a MAT file by their names.
 *
 * @param unwanted names of variables that are passed over
 * @throws ModelFormatError when it is damaged or cut off
 */
export async function readMat73(file: Bytes, unwanted: ReadonlySet<string>): Promise<Map<string, MatValue>> {
  const root = openHdf5(file);
  const reader = new Mat73Reader(root, file.fresh);
  const variables = new Map<string, MatValue>();
  for (const name of root.names) {
    // "#refs#" and "#subsystem#" hold what others refer to.
    const object = name.startsWith("#") || unwanted.has(name) ? undefined : root.get(name);
    if (object) variables.set(name, await reader.value(object, 0));
  }
  return variables;
}

class Mat73Reader {
  private seen = 0;

  constructor(
    private readonly root: Hdf5Object,
    private readonly isFresh: boolean,
  ) {}

  async value(object: Hdf5Object, depth: number): Promise<MatValue> {
    this.seen++;
    if (depth > DEEPEST || this.seen > MOST) {
      throw new ModelFormatError(
        `The MAT file, ${object.path}: expected at most ${DEEPEST} arrays in each other, and ${MOST} in all, got more.`,
      );
    }
    const kind = classOf(object);
    if (object.attribute("MATLAB_sparse")) return new MatOther("a sparse array");
    if (!object.isDataset) return this.struct(object, depth);
    if (object.attribute("MATLAB_empty")) return emptyOf(kind);
    const value = await object.read();
    const dims = [...object.shape].reverse();
    if (value.kind === "references") {
      const items: MatValue[] = [];
      for (const address of value.addresses) items.push(await this.value(this.root.at(address), depth + 1));
      return new MatCell(dims, items);
    }
    if (value.kind !== "numbers") return new MatOther("texts of HDF5");
    return kind === "char" ? textOf(value, dims) : this.numbers(value, dims, kind);
  }

  private numbers(
    { tensor }: Extract<Hdf5Value, { kind: "numbers" }>,
    dims: readonly number[],
    kind: string,
  ): MatValue {
    if (kind === "function_handle" || kind.includes("object")) return new MatOther("a function or an object");
    const { data } = tensor;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      return new MatNumbers(dims, Float64Array.from(data, Number), true);
    }
    return new MatNumbers(dims, data, this.isFresh);
  }

  /** A record is a group; records are a group whose members, of no class, refer to the values of each. */
  private async struct(group: Hdf5Object, depth: number): Promise<MatStruct> {
    const members = group.names.flatMap((name) => {
      const member = group.get(name);
      return member ? [{ name, isList: member.holdsReferences && classOf(member) === "", member }] : [];
    });
    const values = new Map<string, { isList: boolean; value: MatValue }>();
    for (const { name, isList, member } of members) {
      values.set(name, { isList, value: await this.value(member, depth + 1) });
    }
    const lists = [...values.values()].filter(({ isList }) => isList);
    const lengths = lists.map(({ value }) => (value instanceof MatCell ? value.items.length : 0));
    const count = lists.length === 0 ? 1 : Math.max(...lengths);
    const elements = Array.from({ length: count }, (_, i) => {
      const own = [...values].map(([name, { isList, value }]) => {
        return [name, isList && value instanceof MatCell ? value.items[i] : value] as const;
      });
      return new Map(own.filter(([, value]) => value !== undefined));
    });
    return new MatStruct(elements);
  }
}

function classOf(object: Hdf5Object): string {
  const value = object.attribute("MATLAB_class");
  return value?.kind === "texts" ? (value.texts[0] ?? "") : "";
}

function emptyOf(kind: string): MatValue {
  if (kind === "char") return new MatText([]);
  if (kind === "cell") return new MatCell([0, 0], []);
  if (kind === "struct") return new MatStruct([]);
  return new MatNumbers([0, 0], new Float64Array(), true);
}

/** Characters are numbers of 16 bits; rows lie across. */
function textOf({ tensor }: Extract<Hdf5Value, { kind: "numbers" }>, dims: readonly number[]): MatText {
  const [rows = 1] = dims;
  const lines: string[] = [];
  for (let i = 0; i < tensor.data.length; i++) {
    lines[i % rows] = (lines[i % rows] ?? "") + String.fromCharCode(Number(tensor.data[i]));
  }
  return new MatText(lines);
}
