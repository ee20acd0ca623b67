/** What MATLAB's variables hold. Arrays are column-major, as MATLAB has them: the first index moves fastest. */

import { ModelFormatError } from "../../graph/codec/foreign.js";

/** Numbers as they are stored; MATLAB stores those of a class in a smaller type where they fit. */
export type NumberArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** An array of numbers, or of truth values. */
export class MatNumbers {
  constructor(
    readonly dims: readonly number[],
    readonly data: NumberArray,
    /** whether the memory is the reader's own, and may be changed */
    readonly isOwn: boolean,
  ) {}
}

/** Rows of characters; a text has one, or none. */
export class MatText {
  constructor(readonly rows: readonly string[]) {}
}

/** An array of anything. */
export class MatCell {
  constructor(
    readonly dims: readonly number[],
    readonly items: readonly MatValue[],
  ) {}
}

/** An array of records that have the same fields. */
export class MatStruct {
  constructor(readonly elements: readonly ReadonlyMap<string, MatValue>[]) {}
}

/** What is not read, and said where it is needed: "a sparse array". */
export class MatOther {
  constructor(readonly what: string) {}
}

export type MatValue = MatNumbers | MatText | MatCell | MatStruct | MatOther;

/** The variables of a file, or the fields of a record, with their place for messages. */
export class MatFields {
  constructor(
    readonly fields: ReadonlyMap<string, MatValue>,
    readonly where: string,
  ) {}

  /** A field, where it is there and not empty. */
  get(name: string): MatValue | undefined {
    const value = this.fields.get(name);
    return value instanceof MatNumbers && value.data.length === 0 ? undefined : value;
  }

  at(name: string): string {
    return this.where === "" ? name : `${this.where}.${name}`;
  }

  /** A record. */
  record(name: string): MatFields | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (value instanceof MatStruct && value.elements.length === 1)
      return new MatFields(value.elements[0], this.at(name));
    throw wrongValue(this.at(name), "a struct", value);
  }

  /** Records: those of an array of structs, or of a cell of structs. */
  records(name: string): MatFields[] {
    const value = this.get(name);
    if (value === undefined) return [];
    const items = value instanceof MatCell ? value.items : [value];
    return items.flatMap((item, i) => {
      if (!(item instanceof MatStruct)) throw wrongValue(`${this.at(name)}{${i + 1}}`, "a struct", item);
      const brackets = value instanceof MatCell ? `{${i + 1}}` : undefined;
      return item.elements.map((fields, k) => new MatFields(fields, `${this.at(name)}${brackets ?? `(${k + 1})`}`));
    });
  }

  text(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : textOfValue(value, this.at(name));
  }

  /** Texts: those of a cell, or a single one. */
  texts(name: string): string[] {
    const value = this.get(name);
    if (value === undefined) return [];
    if (value instanceof MatText && value.rows.length > 1) return value.rows.map((row) => row.trimEnd());
    const items = value instanceof MatCell ? value.items : [value];
    return items.map((item, i) => textOfValue(item, `${this.at(name)}{${i + 1}}`));
  }

  numbers(name: string): MatNumbers | undefined {
    const value = this.get(name);
    if (value === undefined || value instanceof MatNumbers) return value;
    throw wrongValue(this.at(name), "numbers", value);
  }

  /** A few numbers, such as those of a pad. */
  list(name: string): readonly number[] | undefined {
    const value = this.numbers(name);
    if (value && value.data.length > 4096) throw wrongValue(this.at(name), "a few numbers", value);
    return value && Array.from(value.data);
  }

  /** One number, or a truth value. */
  number(name: string): number | undefined {
    const list = this.list(name);
    if (list && list.length !== 1) throw wrongValue(this.at(name), "one number", this.get(name));
    return list?.[0];
  }
}

function textOfValue(value: MatValue, where: string): string {
  if (value instanceof MatText && value.rows.length <= 1) return value.rows[0] ?? "";
  if (value instanceof MatNumbers && value.data.length === 0) return "";
  throw wrongValue(where, "a text", value);
}

/** The error for a value of another kind. */
export function wrongValue(where: string, expected: string, value: MatValue | undefined): ModelFormatError {
  return new ModelFormatError(`${where}: expected ${expected}, got ${describe(value)}.`);
}

function describe(value: MatValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value instanceof MatOther) return value.what;
  if (value instanceof MatNumbers) return `${value.dims.join("×")} numbers`;
  if (value instanceof MatText) return "a text";
  if (value instanceof MatCell) return `a cell of ${value.items.length}`;
  return `${value.elements.length} structs`;
}
