/**
 * Records whose fields are declared once: what each may be, whether it may be left out, and what it then is. From a declaration follow the
 * type of the record, the check of a function's options, the reading of JSON, the defaults, and the options of the command line.
 */

import { type Kind, objectOf } from "./kind.js";
import { notAmong, suggestion } from "./nearest.js";
import { ARGUMENTS, outOfRange, type Place, within, wrongKind } from "./place.js";

/** Whether a field must be given, may be left out, or then has a default. */
type Presence = "required" | "optional" | "defaulted";

/** A field of a record. */
export interface Field<Out, In = Out, P extends Presence = Presence> {
  readonly kind: Kind<Out, In>;
  readonly presence: P;
  /** what it is when it is left out */
  readonly default?: Out;
  /** what it is for, in a few words, where a command line tells it */
  readonly doc?: string | undefined;
}

/**
 * A field that must be given.
 *
 * @param doc what it is for, where a command line tells it
 * @example
 * const fields = { filters: required(whole(1)) };
 */
export const required = <Out, In>(kind: Kind<Out, In>, doc?: string): Field<Out, In, "required"> => ({
  kind,
  presence: "required",
  doc,
});

/**
 * A field that may be left out.
 *
 * @param doc what it is for, where a command line tells it
 * @example
 * const fields = { classWeights: optional(list(number({ least: 0 }))) };
 */
export const optional = <Out, In>(kind: Kind<Out, In>, doc?: string): Field<Out, In, "optional"> => ({
  kind,
  presence: "optional",
  doc,
});

/**
 * A field that has a value when it is left out.
 *
 * @param doc what it is for, where a command line tells it
 * @example
 * const fields = { method: defaulted(word(["max", "average"]), "max") };
 */
export const defaulted = <Out, In>(kind: Kind<Out, In>, value: In, doc?: string): Field<Out, In, "defaulted"> => ({
  kind,
  presence: "defaulted",
  default: kind.take(value, { path: "default" }),
  doc,
});

/** The fields of a record by their names. */
export type Fields = Readonly<Record<string, Field<unknown, unknown>>>;

/** The same fields, as one type; what their declarations say in comments goes along. */
type Flat<T> = { readonly [K in keyof T]: T[K] };

/** The names of the fields of some presence. */
type Names<F, P extends Presence> = {
  [K in keyof F]: F[K] extends Field<infer _, infer __, infer Q> ? ([Q] extends [P] ? K : never) : never;
}[keyof F];
type Out<F> = F extends Field<infer O, infer _, infer __> ? O : never;
type In<F> = F extends Field<infer _, infer I, infer __> ? I : never;

/** The record that fields declare. */
export type RecordOf<F> = Flat<
  { readonly [K in keyof Pick<F, Names<F, "required" | "defaulted">>]: Out<F[K]> } & {
    readonly [K in keyof Pick<F, Names<F, "optional">>]?: Out<F[K]>;
  }
>;

/** The fields of a record that have a default, with it. */
export type DefaultsOf<F> = { readonly [K in keyof Pick<F, Names<F, "defaulted">>]: Out<F[K]> };

/** What may be given for a record: fields with a default may be left out. */
export type OptionsOf<F> = Flat<
  { readonly [K in keyof Pick<F, Names<F, "required">>]: In<F[K]> } & {
    readonly [K in keyof Pick<F, Names<F, "optional" | "defaulted">>]?: In<F[K]> | undefined;
  }
>;

/** Says that a field is wrong beside the others: what was expected of it. */
export type Refuse = (field: string, expected: string) => never;

/** A record of declared fields. */
export interface RecordKind<F> extends Kind<RecordOf<F>, OptionsOf<F>> {
  readonly fields: F;
  /** the fields that have a value when they are left out, with it */
  readonly defaults: DefaultsOf<F>;
  /** The record for a function's options. @throws TypeError, RangeError as {@link Kind.take} does; for a field that it does not know */
  make(options: OptionsOf<F>): RecordOf<F>;
  /**
   * The record that JSON holds.
   *
   * @param where what it is, for messages: "layer 3"
   * @throws TypeError, RangeError as {@link Kind.take} does; for a field that it does not know
   */
  read(json: unknown, where: string): RecordOf<F>;
}

/**
 * Declares a record.
 *
 * @param fields its fields, in the order in which they are written
 * @param rule what must hold between them
 * @example
 * const decay = record({ rate: required(number({ above: 0 })), every: defaulted(whole(1), 10) });
 * decay.make({ rate: 0.1 }); // {"rate": 0.1, "every": 10}
 */
export function record<F extends Fields>(
  fields: F,
  rule?: (values: RecordOf<F>, refuse: Refuse) => void,
): RecordKind<F> {
  const names = Object.keys(fields);
  const take = (value: unknown, at: Place): RecordOf<F> => {
    const given = new Map(Object.entries(objectOf(value, at)));
    refuseUnknown(given, names, at);
    const entries = names.flatMap((name): [string, unknown][] => {
      const { kind, presence, default: fallback } = fields[name];
      const own = given.get(name);
      if (own !== undefined) return [[name, kind.take(own, within(at, name))]];
      if (presence === "required") throw wrongKind(within(at, name), kind.expected, own);
      return presence === "defaulted" ? [[name, fallback]] : [];
    });
    const values = Object.fromEntries(entries) as RecordOf<F>;
    rule?.(values, (field, expected) => {
      throw outOfRange(within(at, field), expected, new Map(entries).get(field));
    });
    return values;
  };
  const withDefault = names.filter((name) => fields[name].presence === "defaulted");
  return {
    fields,
    defaults: Object.fromEntries(withDefault.map((name) => [name, fields[name].default])) as DefaultsOf<F>,
    expected: "an object",
    take,
    make: (options) => take(options, ARGUMENTS),
    read: (json, where) => take(json, { where, path: "" }),
  };
}

/** The same field, required where it has a default. */
type Demanded<F> =
  F extends Field<infer O, infer I, infer P> ? Field<O, I, P extends "defaulted" ? "required" : P> : never;

/** The fields of what a record made: it has those with a default, too. */
export const withoutDefaults = <F extends Fields>(fields: F): { readonly [K in keyof F]: Demanded<F[K]> } =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { kind, presence, doc }]) => [
      name,
      { kind, doc, presence: presence === "defaulted" ? "required" : presence },
    ]),
  ) as { readonly [K in keyof F]: Demanded<F[K]> };

/** The same fields, each of which may be left out and then has no value. */
export const partial = <F extends Fields>(
  fields: F,
): { readonly [K in keyof F]: F[K] extends Field<infer O, infer I, infer _> ? Field<O, I, "optional"> : never } =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { kind, doc }]) => [name, { kind, doc, presence: "optional" }]),
  ) as { readonly [K in keyof F]: F[K] extends Field<infer O, infer I, infer _> ? Field<O, I, "optional"> : never };

/** Those values of a larger record that belong to some fields. */
export const pick = <F extends Fields>(fields: F, values: RecordOf<F>): RecordOf<F> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(fields, name))) as RecordOf<F>;

/**
 * Refuses a field that a record does not have, and says the nearest that it has.
 *
 * @throws TypeError for the first one that is given: "Unknown option 'epoch': did you mean 'epochs'?"
 */
export function refuseUnknown(given: ReadonlyMap<string, unknown>, known: readonly string[], at: Place): void {
  const unknown = [...given].find(([name, value]) => value !== undefined && !known.includes(name));
  if (unknown === undefined) return;
  const { where, path } = at;
  const owner = where === undefined ? path : path === "" ? where : `${where}: ${path}`;
  const begin = owner === "" ? "Unknown option" : `${owner}: unknown field`;
  throw new TypeError(`${begin} '${unknown[0]}': ${suggestion(unknown[0], known)}.`);
}

/** The type of one of several records that are told apart by a field. */
export type OneOf<T extends string, R> = {
  readonly [K in keyof R]: R[K] extends RecordKind<infer F> ? Flat<{ readonly [P in T]: K } & RecordOf<F>> : never;
}[keyof R];

/** What may be given for one of several records. */
export type OptionsOfOne<T extends string, R> = {
  readonly [K in keyof R]: R[K] extends RecordKind<infer F> ? Flat<{ readonly [P in T]: K } & OptionsOf<F>> : never;
}[keyof R];

/**
 * Records of several types, told apart by a field that names the type.
 *
 * @param tag the field's name
 * @param records the fields of each type beside it
 * @example
 * const start = oneOf("type", { zeros: record({}), constant: record({ value: required(number()) }) });
 * start.take({ type: "constant", value: 2 }, { path: "start" }); // {"type": "constant", "value": 2}
 */
export function oneOf<T extends string, R extends Readonly<Record<string, RecordKind<Fields>>>>(
  tag: T,
  records: R,
): Kind<OneOf<T, R>, OptionsOfOne<T, R>> {
  const names = Object.keys(records);
  return {
    expected: "an object",
    take(value, at) {
      const { [tag]: type, ...rest } = objectOf(value, at) as Record<string, unknown>;
      if (typeof type !== "string" || !Object.hasOwn(records, type)) {
        throw notAmong(within(at, tag), names, type);
      }
      return { [tag]: type, ...records[type].take(rest, at) } as OneOf<T, R>;
    },
  };
}
