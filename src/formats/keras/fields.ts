/** The fields of a layer's configuration in Keras's JSON, each checked where it is read. */

import { ModelFormatError } from "../../graph/codec/foreign.js";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** A value for a message, in a few words. */
const shown = (value: Json | undefined): string => {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

/** An object of JSON. Fields that are left out, or null, have the default that is given. */
export class Fields {
  constructor(
    readonly object: JsonObject,
    /** where it stands, for messages */
    readonly where: string,
  ) {}

  get(name: string): Json | undefined {
    const value = Object.hasOwn(this.object, name) ? this.object[name] : undefined;
    return value === null ? undefined : value;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  wrong(name: string, expected: string): ModelFormatError {
    return new ModelFormatError(`${this.where}: ${name}: expected ${expected}, got ${shown(this.get(name))}.`);
  }

  text(name: string, otherwise?: string): string {
    const value = this.get(name) ?? otherwise;
    if (typeof value !== "string") throw this.wrong(name, "a text");
    return value;
  }

  /** One of several texts. */
  choice<T extends string>(name: string, of: readonly T[], otherwise?: T): T {
    const value = this.get(name) ?? otherwise;
    const found = of.find((choice) => choice === value);
    if (found === undefined) throw this.wrong(name, of.map((choice) => `'${choice}'`).join(" or "));
    return found;
  }

  bool(name: string, otherwise: boolean): boolean {
    const value = this.get(name) ?? otherwise;
    if (typeof value !== "boolean") throw this.wrong(name, "true or false");
    return value;
  }

  number(name: string, otherwise?: number): number {
    const value = this.get(name) ?? otherwise;
    if (typeof value !== "number") throw this.wrong(name, "a number");
    return value;
  }

  /** A whole number that is not negative. */
  count(name: string, otherwise?: number): number {
    const value = this.number(name, otherwise);
    if (!(Number.isSafeInteger(value) && value >= 0)) throw this.wrong(name, "a whole number");
    return value;
  }

  /** Whole numbers, as many as an image has sides; a single one counts for each. */
  sides(name: string, count: number, otherwise?: readonly number[]): number[] {
    const value = this.get(name) ?? otherwise;
    const list = typeof value === "number" ? Array.from({ length: count }, () => value) : value;
    if (!isList(list) || list.length !== count || !list.every((n) => Number.isSafeInteger(n) && Number(n) >= 0)) {
      throw this.wrong(name, `${count} whole numbers`);
    }
    return list.map(Number);
  }

  /** How many before and behind each side: one number, one for each side, or two for each. */
  pairs(name: string, count: number): [number, number][] {
    const value = this.get(name);
    if (typeof value === "number") return this.sides(name, count).map((n) => [n, n]);
    if (!isList(value)) throw this.wrong(name, `${count} pairs of whole numbers`);
    // Of a single side the two numbers stand alone.
    const list = count === 1 && value.length === 2 && value.every((n) => typeof n === "number") ? [value] : value;
    const pairs = list.map((entry) => (typeof entry === "number" ? [entry, entry] : entry));
    const isRight = (pair: Json): pair is readonly number[] =>
      isList(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && Number(n) >= 0);
    if (pairs.length !== count) throw this.wrong(name, `${count} pairs of whole numbers`);
    return pairs.map((pair) => {
      if (!isRight(pair)) throw this.wrong(name, `${count} pairs of whole numbers`);
      return [pair[0], pair[1]];
    });
  }

  /** A number or several. */
  numbers(name: string): number[] {
    const value = this.get(name);
    const list: Json[] = [];
    // Keras writes arrays of several axes of size 1.
    const collect = (entry: Json | undefined, depth: number): void => {
      if (isList(entry) && depth < 8) for (const inner of entry) collect(inner, depth + 1);
      else if (entry !== undefined) list.push(entry);
    };
    collect(value, 0);
    if (list.length === 0 || !list.every((n) => typeof n === "number")) throw this.wrong(name, "numbers");
    return list.map(Number);
  }

  /** Whole numbers, also negative ones. */
  integers(name: string, otherwise?: readonly number[]): number[] {
    const value = this.get(name) ?? otherwise;
    const list = typeof value === "number" ? [value] : value;
    if (!isList(list) || !list.every((n) => Number.isSafeInteger(n))) throw this.wrong(name, "whole numbers");
    return list.map(Number);
  }

  objects(name: string): JsonObject[] {
    const value = this.get(name) ?? [];
    if (!isList(value) || !value.every(isObject)) throw this.wrong(name, "a list of objects");
    return [...value];
  }

  /** An object's fields. */
  fields(name: string): Fields {
    const value = this.get(name);
    if (!isObject(value)) throw this.wrong(name, "an object");
    return new Fields(value, this.where);
  }
}
