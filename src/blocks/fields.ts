/** Values that came from JSON, checked as they are read. */

import type { Initialization, LayerOptions } from "./block.js";

type Numbers<N extends 2 | 4> = N extends 2 ? readonly [number, number] : readonly [number, number, number, number];

/** An object that came from JSON, read field by field; `where` tells errors what it is. */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;

  /** @throws TypeError when the value is no object */
  constructor(
    value: unknown,
    readonly where: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new TypeError(`${where}: expected an object, got ${brief(value)}.`);
    }
    this.#values = new Map(Object.entries(value));
  }

  get(key: string): unknown {
    return this.#values.get(key);
  }

  number(key: string): number {
    const value = this.get(key);
    if (typeof value !== "number") throw this.wrong(key, "a number");
    return value;
  }

  text(key: string): string {
    const value = this.get(key);
    if (typeof value !== "string") throw this.wrong(key, "text");
    return value;
  }

  flag(key: string): boolean {
    const value = this.get(key);
    if (typeof value !== "boolean") throw this.wrong(key, "true or false");
    return value;
  }

  list(key: string): readonly unknown[] {
    const value: unknown = this.get(key);
    if (!Array.isArray(value)) throw this.wrong(key, "a list");
    return value;
  }

  /** A list of numbers; of exactly so many where a count is given, for which one number may stand. */
  numbers(key: string): readonly number[];
  numbers<N extends 2 | 4>(key: string, count: N): Numbers<N>;
  numbers(key: string, count?: number): readonly number[] {
    const given: unknown = this.get(key);
    const value = count !== undefined && typeof given === "number" ? Array<number>(count).fill(given) : given;
    if (!isNumbers(value) || (count !== undefined && value.length !== count)) {
      throw this.wrong(key, count === undefined ? "a list of numbers" : `${count} numbers`);
    }
    return value;
  }

  /** A list of texts. */
  texts(key: string): readonly string[] {
    const value: unknown = this.get(key);
    if (!isTexts(value)) throw this.wrong(key, "a list of texts");
    return value;
  }

  /** One of a list of words. */
  word<W extends string>(key: string, words: readonly W[]): W {
    const value = this.get(key);
    const found = words.find((word) => word === value);
    if (found === undefined) throw this.wrong(key, `one of ${words.map((word) => `"${word}"`).join(", ")}`);
    return found;
  }

  /** The same fields, and some of others where they are not there. */
  over(defaults: object): Fields {
    return new Fields({ ...defaults, ...Object.fromEntries(this.#values) }, this.where);
  }

  /** An object of fields of its own. */
  object(key: string): Fields {
    return new Fields(this.get(key), `${this.where}: ${key}`);
  }

  /** The names of all fields. */
  keys(): string[] {
    return [...this.#values.keys()];
  }

  /** Reads a field where it is there: `{ [key]: value }`, else nothing. */
  optional<K extends string, V>(key: K, read: (fields: this, key: K) => V): { readonly [P in K]?: V } {
    return this.#values.has(key) ? ({ [key]: read(this, key) } as { readonly [P in K]: V }) : {};
  }

  /** What any layer may carry: its name and its place in the network. */
  placed(): LayerOptions {
    const names = (key: string): Record<string, string> => {
      const entries = this.object(key);
      return Object.fromEntries(entries.keys().map((name) => [name, entries.text(name)]));
    };
    return {
      ...this.optional("name", (f, key) => f.text(key)),
      ...this.optional("inputs", (f, key) => f.texts(key)),
      ...this.optional("output", (f, key) => f.text(key)),
      ...this.optional("parameters", (_, key) => names(key)),
      ...this.optional("frozen", (f, key) => f.flag(key)),
    };
  }

  /** How a parameter begins. */
  initialization(key: string): Initialization {
    const fields = this.object(key);
    const type = fields.word("type", ["gaussian", "xavier", "he", "constant", "rows", "zeros"]);
    switch (type) {
      case "gaussian":
        return { type, deviation: fields.number("deviation") };
      case "he":
        return { type, ...fields.optional("fan", (f, name) => f.word(name, ["in", "out"] as const)) };
      case "constant":
        return { type, value: fields.number("value") };
      case "rows":
        return { type, values: fields.numbers("values") };
      default:
        return { type };
    }
  }

  wrong(key: string, expected: string): TypeError {
    return new TypeError(`${this.where}: ${key}: expected ${expected}, got ${brief(this.get(key))}.`);
  }
}

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((v) => typeof v === "number");

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((v) => typeof v === "string");

const brief = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60));
