/**
 * A machine for Python's pickles that executes nothing: a pickle is a program for a stack, and what it would call or import is looked up by
 * its name in a table that the caller gives. What is not in the table is refused.
 *
 * The operations: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { latin1, textOf, viewOf } from "../bytes.js";

/** A list, a tuple or a set. */
export class PickledList {
  constructor(
    readonly kind: "list" | "tuple" | "set",
    readonly items: Pickled[],
  ) {}
}

/** A dictionary; keys are texts and numbers, or whatever else it has. */
export class PickledDict {
  readonly entries = new Map<Pickled, Pickled>();
}

/** A name that the pickle imports: "torch.FloatStorage". */
export class PickledName {
  constructor(readonly name: string) {}
}

/** An object of a known class, whose state is kept. */
export class PickledObject {
  state: Pickled = null;
  constructor(readonly name: string) {}
}

/** What a caller makes of a known name. */
export interface PickledValue {
  readonly made: unknown;
}

export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickledList
  | PickledDict
  | PickledName
  | PickledObject
  | PickledValue;

/** What a pickle may use. */
export interface PickleNames {
  /** @throws ModelFormatError when the name is not known */
  expectKnown(name: string): void;
  /** What a call of a known name gives. */
  call(name: string, args: readonly Pickled[]): Pickled;
  /** What stands elsewhere in the file, by what the pickle says of it. */
  persistent(id: Pickled): Pickled;
}

/** A number of Python may have as many bytes; longer ones are no number of a model. */
const LONGEST = 32;

const MARK = Symbol("mark");

/**
 * Runs one pickle.
 *
 * @param at where it begins
 * @returns what it leaves, and where it ends
 * @throws ModelFormatError when it is damaged, or uses a name that is not known
 */
export function unpickle(bytes: Uint8Array, names: PickleNames, at = 0): { value: Pickled; end: number } {
  const machine = new PickleMachine(bytes, names, at);
  return { value: machine.run(), end: machine.at };
}

class PickleMachine {
  private readonly view: DataView;
  private readonly stack: (Pickled | typeof MARK)[] = [];
  private readonly memo = new Map<number, Pickled>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly names: PickleNames,
    public at: number,
  ) {
    this.view = viewOf(bytes);
  }

  run(): Pickled {
    for (;;) {
      const operation = this.take(1)[0];
      if (operation === 0x2e) return this.pop();
      const step = OPERATIONS.get(operation);
      if (!step) throw this.wrong(`an operation of pickles, got 0x${operation.toString(16)}`, 1);
      step(this);
    }
  }

  /** An error that says where; `back` bytes before what comes next. */
  wrong(expected: string, back = 0): ModelFormatError {
    return new ModelFormatError(`The pickle, byte ${this.at - back}: expected ${expected}.`);
  }

  take(count: number): Uint8Array {
    if (!(this.at + count <= this.bytes.length)) throw this.wrong(`${count} bytes more, but it ends`);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** A whole number of 1, 2, 4 or 8 bytes without a sign. */
  count(size: number): number {
    this.take(size);
    const at = this.at - size;
    if (size === 1) return this.view.getUint8(at);
    if (size === 2) return this.view.getUint16(at, true);
    if (size === 4) return this.view.getUint32(at, true);
    return Number(this.view.getBigUint64(at, true));
  }

  int32(): number {
    this.take(4);
    return this.view.getInt32(this.at - 4, true);
  }

  float64(): number {
    this.take(8);
    return this.view.getFloat64(this.at - 8);
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw this.wrong("the end of a line, but it ends");
    const text = textOf(this.take(end - this.at));
    this.at++;
    return text;
  }

  push(value: Pickled | typeof MARK): void {
    this.stack.push(value);
  }

  pop(): Pickled {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) throw this.wrong("a value on the stack, got none", 1);
    return value;
  }

  peek(): Pickled {
    const value = this.stack.at(-1);
    if (value === undefined || value === MARK) throw this.wrong("a value on the stack, got none", 1);
    return value;
  }

  /** Takes the top off, whatever it is. */
  drop(): void {
    this.stack.pop();
  }

  popText(): string {
    const value = this.pop();
    if (typeof value !== "string") throw this.wrong("a text on the stack", 1);
    return value;
  }

  /** What was pushed since the last mark. */
  sinceMark(): Pickled[] {
    const from = this.stack.lastIndexOf(MARK);
    if (from < 0) throw this.wrong("a mark on the stack, got none", 1);
    const values = this.stack.splice(from) as (Pickled | typeof MARK)[];
    return values.flatMap((value) => (value === MARK ? [] : [value]));
  }

  several(count: number): Pickled[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  remember(place: number): void {
    this.memo.set(place, this.peek());
  }

  get remembered(): number {
    return this.memo.size;
  }

  recall(place: number): void {
    const value = this.memo.get(place);
    if (value === undefined) throw this.wrong(`something remembered as ${place}, got nothing`, 1);
    this.push(value);
  }

  global(name: string): void {
    this.names.expectKnown(name);
    this.push(new PickledName(name));
  }

  call(args: Pickled): void {
    const what = this.pop();
    if (!(what instanceof PickledName) || !(args instanceof PickledList)) throw this.wrong("a name and arguments", 1);
    this.push(this.names.call(what.name, args.items));
  }

  persistent(): void {
    this.push(this.names.persistent(this.pop()));
  }

  append(items: readonly Pickled[]): void {
    const list = this.peek();
    if (!(list instanceof PickledList)) throw this.wrong("a list on the stack", 1);
    for (const item of items) list.items.push(item);
  }

  set(items: readonly Pickled[]): void {
    const dict = this.peek();
    if (!(dict instanceof PickledDict)) throw this.wrong("a dictionary on the stack", 1);
    if (items.length % 2 !== 0) throw this.wrong("keys with values", 1);
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i], items[i + 1]);
  }

  build(): void {
    const state = this.pop();
    const object = this.peek();
    if (object instanceof PickledObject) object.state = state;
  }
}

function dictOf(items: readonly Pickled[], machine: PickleMachine): void {
  machine.push(new PickledDict());
  machine.set(items);
}

const listOf = (kind: PickledList["kind"], items: Pickled[]): PickledList => new PickledList(kind, items);

/** A whole number of little-endian bytes in two's complement. */
function longOf(bytes: Uint8Array, machine: PickleMachine): number | bigint {
  if (bytes.length > LONGEST) throw machine.wrong(`a number of at most ${LONGEST} bytes, got ${bytes.length}`);
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[i]);
  return plain(BigInt.asIntN(Math.max(8 * bytes.length, 1), value));
}

const plain = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

/** The text of a number, as a line. */
function lineNumber(machine: PickleMachine): number | bigint | boolean {
  const text = machine.line().replace(/L$/, "");
  if (text === "00" || text === "01") return text === "01";
  if (!/^-?\d{1,77}$/.test(text)) throw machine.wrong("a whole number", text.length + 1);
  return plain(BigInt(text));
}

function quotedLine(machine: PickleMachine): string {
  const text = machine.line();
  if (!/^(["']).*\1$/.test(text)) throw machine.wrong("a text in quotes", text.length + 1);
  return text.slice(1, -1);
}

type Step = (machine: PickleMachine) => void;

/** What each operation does, by its byte. */
const STEPS: readonly (readonly [string | number, Step])[] = [
  // frames and the version say nothing of the value
  [0x80, (m) => m.take(1)],
  [0x95, (m) => m.take(8)],
  ["(", (m) => m.push(MARK)],
  ["0", (m) => m.drop()],
  ["1", (m) => m.sinceMark()],
  ["2", (m) => m.push(m.peek())],
  // constants
  ["N", (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  // numbers
  ["I", (m) => m.push(lineNumber(m))],
  ["L", (m) => m.push(lineNumber(m))],
  ["J", (m) => m.push(m.int32())],
  ["K", (m) => m.push(m.count(1))],
  ["M", (m) => m.push(m.count(2))],
  [0x8a, (m) => m.push(longOf(m.take(m.count(1)), m))],
  [0x8b, (m) => m.push(longOf(m.take(m.count(4)), m))],
  ["F", (m) => m.push(Number(m.line()))],
  ["G", (m) => m.push(m.float64())],
  // texts and bytes
  ["S", (m) => m.push(quotedLine(m))],
  ["V", (m) => m.push(m.line())],
  ["T", (m) => m.push(latin1(m.take(m.count(4))))],
  ["U", (m) => m.push(latin1(m.take(m.count(1))))],
  ["X", (m) => m.push(textOf(m.take(m.count(4))))],
  [0x8c, (m) => m.push(textOf(m.take(m.count(1))))],
  [0x8d, (m) => m.push(textOf(m.take(m.count(8))))],
  ["B", (m) => m.push(m.take(m.count(4)))],
  ["C", (m) => m.push(m.take(m.count(1)))],
  [0x8e, (m) => m.push(m.take(m.count(8)))],
  [0x96, (m) => m.push(m.take(m.count(8)))],
  // lists, tuples, sets
  ["]", (m) => m.push(listOf("list", []))],
  [")", (m) => m.push(listOf("tuple", []))],
  [0x8f, (m) => m.push(listOf("set", []))],
  ["l", (m) => m.push(listOf("list", m.sinceMark()))],
  ["t", (m) => m.push(listOf("tuple", m.sinceMark()))],
  [0x91, (m) => m.push(listOf("set", m.sinceMark()))],
  [0x85, (m) => m.push(listOf("tuple", m.several(1)))],
  [0x86, (m) => m.push(listOf("tuple", m.several(2)))],
  [0x87, (m) => m.push(listOf("tuple", m.several(3)))],
  ["a", (m) => m.append(m.several(1))],
  ["e", (m) => m.append(m.sinceMark())],
  [0x90, (m) => m.append(m.sinceMark())],
  // dictionaries
  ["}", (m) => dictOf([], m)],
  ["d", (m) => dictOf(m.sinceMark(), m)],
  ["s", (m) => m.set(m.several(2))],
  ["u", (m) => m.set(m.sinceMark())],
  // what was seen before
  ["p", (m) => m.remember(Number(lineNumber(m)))],
  ["q", (m) => m.remember(m.count(1))],
  ["r", (m) => m.remember(m.count(4))],
  [0x94, (m) => m.remember(m.remembered)],
  ["g", (m) => m.recall(Number(lineNumber(m)))],
  ["h", (m) => m.recall(m.count(1))],
  ["j", (m) => m.recall(m.count(4))],
  // names, which are looked up, and their calls, which are answered
  ["c", (m) => m.global(`${m.line()}.${m.line()}`)],
  [0x93, (m) => m.global([m.popText(), m.popText()].reverse().join("."))],
  ["R", (m) => m.call(m.pop())],
  [0x81, (m) => m.call(m.pop())],
  ["Q", (m) => m.persistent()],
  ["b", (m) => m.build()],
];

const OPERATIONS: ReadonlyMap<number, Step> = new Map(
  STEPS.map(([operation, step]) => [typeof operation === "string" ? operation.charCodeAt(0) : operation, step]),
);
