/**
 * HDF5 files, as Keras and MATLAB (`-v7.3`) write them: groups, attributes, and data sets that lie in one piece or in deflated chunks.
 * Newer layouts (`libver="latest"`) and other compressions are refused by their names.
 *
 * The format: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { elementCount, tensorOfBytes } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { budgetOf } from "../budget.js";
import { type Bytes, bytesAt, hasBytes, headOf, textOf } from "../bytes.js";
import { readChunks } from "./chunks.js";
import { Cursor, damaged, NOWHERE } from "./cursor.js";
import { linkOf, symbols } from "./groups.js";
import { type Message, messagesAt } from "./header.js";
import { block, type Source } from "./source.js";
import { type ElementType, type Filter, type Layout, takeFilters, takeLayout, takeShape, takeType } from "./types.js";

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** The numbers of messages that are read. */
const [SHAPE, LINKS, TYPE, LINK, LAYOUT, FILTERS, ATTRIBUTE, GROUP] = [1, 2, 3, 6, 8, 11, 12, 17];

/** What a data set or an attribute holds. */
export type Hdf5Value =
  | { readonly kind: "numbers"; readonly tensor: Tensor }
  | { readonly kind: "texts"; readonly shape: readonly number[]; readonly texts: readonly string[] }
  /** addresses of objects, for {@link Hdf5Object.at} */
  | { readonly kind: "references"; readonly shape: readonly number[]; readonly addresses: readonly number[] };

/** Where the file's own part begins: at 0, or at 512, 1024 … behind bytes of another format. Undefined where it is no HDF5 file. */
export function hdf5Start(file: Bytes): number | undefined {
  if (hasBytes(headOf(file, 8), SIGNATURE)) return 0;
  for (let at = 512; at + 8 <= file.size && at <= 2 ** 20; at *= 2) {
    if (hasBytes(file.at(at, 8), SIGNATURE)) return at;
  }
  return undefined;
}

/** Whether bytes are an HDF5 file. */
export const isHdf5 = (file: Bytes): boolean => hdf5Start(file) !== undefined;

/**
 * Opens an HDF5 file. Only what is asked for is read.
 *
 * @returns the root group
 * @throws ModelFormatError when it is none, or damaged
 */
export function openHdf5(file: Bytes): Hdf5Object {
  const start = hdf5Start(file);
  if (start === undefined) throw new ModelFormatError("HDF5: expected its signature, got something else.");
  const head = headOf({ ...file, size: file.size - start, at: (at, size) => file.at(start + at, size) }, 128);
  const version = head[8];
  const [address, length] = version < 2 ? [head[13], head[14]] : [head[9], head[10]];
  if (version > 3 || ![4, 8].includes(address) || ![4, 8].includes(length)) {
    throw damaged(`expected a superblock of version 0 to 3, got ${version}`);
  }
  const widths = { address, length };
  const cursor = new Cursor(head, widths, version < 2 ? 24 + 4 * version : 12);
  cursor.skip(version < 2 ? 4 * address : 3 * address);
  if (version < 2) cursor.skip(address);
  const source = { file, start, widths, budget: budgetOf(file.size) };
  return new Hdf5Object(source, cursor.address(), "");
}

/** A group or a data set. */
export class Hdf5Object {
  private readonly messages: readonly Message[];
  private links: ReadonlyMap<string, number> | undefined;

  /** @param path its names from the root on, for messages */
  constructor(
    private readonly source: Source,
    address: number,
    readonly path: string,
  ) {
    this.messages = messagesAt(address, (at, size) => block(source, at, size));
  }

  private message(type: number): Cursor | undefined {
    const found = this.messages.find((message) => message.type === type);
    if (!found) return undefined;
    const { content, isShared } = found;
    // Messages are asked for several times.
    return isShared ? this.shared(type, content) : new Cursor(content.bytes, this.source.widths);
  }

  /** A type that has an object of its own. */
  private shared(type: number, content: Cursor): Cursor | undefined {
    const cursor = new Cursor(content.bytes, this.source.widths);
    const version = cursor.number(1);
    cursor.skip(version === 1 ? 7 : 1);
    const messages = messagesAt(cursor.address(), (at, size) => block(this.source, at, size));
    const found = messages.find((message) => message.type === type && !message.isShared);
    return found && new Cursor(found.content.bytes, this.source.widths);
  }

  /** Whether it holds numbers or texts itself; else it is a group. */
  get isDataset(): boolean {
    return this.messages.some(({ type }) => type === LAYOUT);
  }

  /** The names in a group, in the order of the file. */
  get names(): readonly string[] {
    return [...this.children().keys()];
  }

  /** What lies at a path from here: "model_weights/conv1". */
  get(path: string): Hdf5Object | undefined {
    const [name, ...rest] = path.split("/").filter((part) => part !== "");
    if (name === undefined) return this;
    const address = this.children().get(name);
    if (address === undefined) return undefined;
    return new Hdf5Object(this.source, address, `${this.path}/${name}`).get(rest.join("/"));
  }

  /** The object that a reference means. */
  at(address: number): Hdf5Object {
    return new Hdf5Object(this.source, address, `${this.path}/…`);
  }

  private children(): ReadonlyMap<string, number> {
    this.links ??= new Map([...this.oldLinks(), ...this.newLinks()]);
    return this.links;
  }

  private newLinks(): [string, number][] {
    const info = this.message(LINKS);
    if (info) {
      info.skip(1);
      const flags = info.number(1);
      if (flags & 1) info.skip(8);
      if (info.address() !== NOWHERE) {
        throw new ModelFormatError(
          `HDF5: group '${this.path}': expected its names in the usual layout, got one of HDF5's newer ones (libver='latest', track_order): write the file with the usual settings.`,
        );
      }
    }
    return this.messages
      .filter(({ type }) => type === LINK)
      .flatMap(({ content }) => linkOf(new Cursor(content.bytes, this.source.widths)));
  }

  private oldLinks(): [string, number][] {
    const group = this.message(GROUP);
    if (!group) return [];
    const tree = group.address();
    const heap = block(this.source, group.address(), 64);
    heap.mark("HEAP");
    heap.skip(4);
    const size = heap.length();
    heap.length();
    const names = block(this.source, heap.address(), size);
    return symbols(this.source, tree, names);
  }

  /** The names of its attributes. */
  get attributes(): readonly string[] {
    return this.messages
      .filter(({ type }) => type === ATTRIBUTE)
      .map(({ content }) => attributeOf(this.source, content).name);
  }

  /** An attribute; undefined where there is none. */
  attribute(name: string): Hdf5Value | undefined {
    for (const { type, content } of this.messages) {
      if (type !== ATTRIBUTE) continue;
      const attribute = attributeOf(this.source, content);
      if (attribute.name !== name) continue;
      const { element, shape, bytes } = attribute;
      return this.valueOf(element, shape, bytes.subarray(0, elementCount(shape) * element.size));
    }
    return undefined;
  }

  /** The sizes of a data set; none for a single element. */
  get shape(): readonly number[] {
    const cursor = this.message(SHAPE);
    return (cursor && takeShape(cursor)) ?? [0];
  }

  private get element(): ElementType {
    const cursor = this.message(TYPE);
    if (!cursor) throw damaged(`'${this.path}' has no type`);
    return takeType(cursor);
  }

  /** Whether a data set holds references to objects. */
  get holdsReferences(): boolean {
    return this.isDataset && this.element.kind === "reference";
  }

  /**
   * Reads a data set; numbers that lie in one piece share memory with bytes in memory, where their alignment permits.
   *
   * @throws ModelFormatError when it is a group, damaged, or of a type that is not read
   */
  async read(): Promise<Hdf5Value> {
    const cursor = this.message(LAYOUT);
    if (!cursor) throw damaged(`'${this.path}' is no data set`);
    const layout = takeLayout(cursor);
    const [shape, element] = [this.shape, this.element];
    const filters = this.message(FILTERS);
    const bytes = await this.bytes(layout, shape, element.size, filters ? takeFilters(filters) : []);
    return this.valueOf(element, shape, bytes);
  }

  private async bytes(
    layout: Layout,
    shape: readonly number[],
    size: number,
    filters: readonly Filter[],
  ): Promise<Uint8Array> {
    const count = elementCount(shape) * size;
    const where = `HDF5: '${this.path}'`;
    if (layout.kind === "compact") return layout.bytes.subarray(0, count);
    if (layout.kind === "contiguous" && layout.address !== NOWHERE) {
      return bytesAt(this.source.file, this.source.start + layout.address, count, where);
    }
    // What was never written is zero.
    this.source.budget.take(count, where);
    const bytes = new Uint8Array(count);
    if (layout.kind === "chunked" && layout.tree !== NOWHERE && count > 0) {
      await readChunks(this.source, layout, { shape, size, filters, where, into: bytes });
    }
    return bytes;
  }

  private valueOf(element: ElementType, shape: readonly number[], bytes: Uint8Array): Hdf5Value {
    const count = elementCount(shape);
    const where = `HDF5: '${this.path}'`;
    if (bytes.length !== count * element.size) {
      throw damaged(`'${this.path}': expected ${count * element.size} bytes, got ${bytes.length}`);
    }
    const each = (i: number): Uint8Array => bytes.subarray(i * element.size, (i + 1) * element.size);
    if (element.kind === "number") {
      const ordered = element.little || element.size === 1 ? bytes : swapped(bytes, element.size);
      return { kind: "numbers", tensor: tensorOfBytes(element.type, shape, ordered) };
    }
    if (element.kind === "text") {
      return { kind: "texts", shape, texts: Array.from({ length: count }, (_, i) => fixedText(each(i))) };
    }
    if (element.kind === "reference") {
      const addresses = Array.from({ length: count }, (_, i) => new Cursor(each(i), this.source.widths).address());
      return { kind: "references", shape, addresses };
    }
    if (element.kind === "longText") {
      const texts = Array.from({ length: count }, (_, i) => longText(this.source, each(i)));
      return { kind: "texts", shape, texts };
    }
    throw new ModelFormatError(`${where}: expected numbers or texts, got ${element.what}, which are not read.`);
  }
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (let i = 0; i < copy.length; i += size) copy.subarray(i, i + size).reverse();
  return copy;
}

/** A text of fixed length ends at a zero; spaces may fill it up. */
function fixedText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOf(end < 0 ? bytes : bytes.subarray(0, end)).trimEnd();
}

/** A text that lies in a heap of the file: its length, the heap's address, its number there. */
function longText(source: Source, bytes: Uint8Array): string {
  const cursor = new Cursor(bytes, source.widths);
  const length = cursor.number(4);
  const address = cursor.address();
  const index = cursor.number(4);
  if (length === 0 || address === NOWHERE || address === 0) return "";
  const head = block(source, address, 16 + source.widths.length);
  head.mark("GCOL");
  head.skip(4);
  const heap = block(source, address, head.length());
  heap.skip(8 + source.widths.length);
  source.budget.take(length, "HDF5: a text");
  while (heap.left >= 8 + source.widths.length) {
    const number = heap.number(2);
    heap.skip(6);
    const size = heap.length();
    if (number === index) return textOf(heap.take(Math.min(length, size)));
    if (number === 0) break;
    heap.skip(Math.min(Math.ceil(size / 8) * 8, heap.left));
  }
  throw damaged(`expected a text ${index} in the heap at ${address}`);
}

function attributeOf(source: Source, content: Cursor) {
  const cursor = new Cursor(content.bytes, source.widths);
  const version = cursor.number(1);
  const flags = cursor.number(1);
  const [nameSize, typeSize, shapeSize] = [cursor.number(2), cursor.number(2), cursor.number(2)];
  if (version === 3) cursor.skip(1);
  if (version > 3 || (version > 1 && flags !== 0)) {
    throw new ModelFormatError("HDF5: expected an attribute of version 1 to 3 with a type of its own.");
  }
  const padded = (size: number): number => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const name = new Cursor(cursor.take(padded(nameSize)), source.widths).name();
  const element = takeType(cursor.part(padded(typeSize)));
  const shape = takeShape(cursor.part(padded(shapeSize))) ?? [0];
  return { name, element, shape, bytes: cursor.take(cursor.left) };
}
