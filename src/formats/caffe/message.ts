/** Caffe's messages as plain data, whether they were text (prototxt) or binary (caffemodel). */

import { ModelFormatError } from "../../graph/codec/foreign.js";

export type MessageValue = number | string | Float32Array | Message;

/** A message: fields by their names, each with all its values. Words of text are texts, `true` is 1. */
export class Message {
  readonly fields = new Map<string, MessageValue[]>();

  /** @param where what it is, for messages */
  constructor(readonly where: string) {}

  add(name: string, value: MessageValue): void {
    const values = this.fields.get(name);
    if (values) values.push(value);
    else this.fields.set(name, [value]);
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  numbers(name: string): number[] {
    return (this.fields.get(name) ?? []).flatMap((value) => {
      if (typeof value === "number") return [value];
      if (value instanceof Float32Array) return Array.from(value);
      throw this.wrong(name, "numbers", value);
    });
  }

  number(name: string, missing: number): number {
    return this.numbers(name).at(-1) ?? missing;
  }

  texts(name: string): string[] {
    return (this.fields.get(name) ?? []).map((value) => {
      if (typeof value === "string" || typeof value === "number") return `${value}`;
      throw this.wrong(name, "a text", value);
    });
  }

  text(name: string, missing = ""): string {
    return this.texts(name).at(-1) ?? missing;
  }

  messages(name: string): Message[] {
    return (this.fields.get(name) ?? []).map((value) => {
      if (value instanceof Message) return value;
      throw this.wrong(name, "a message", value);
    });
  }

  /** A message; an empty one where there is none. */
  message(name: string): Message {
    return this.messages(name).at(-1) ?? new Message(`${this.where}.${name}`);
  }

  wrong(name: string, expected: string, got: unknown): ModelFormatError {
    const shown = got instanceof Message ? "a message" : got instanceof Float32Array ? "numbers" : `'${String(got)}'`;
    return new ModelFormatError(`Caffe: ${this.where}: ${name}: expected ${expected}, got ${shown}.`);
  }
}
