/** The names in a group, and the addresses of what they mean: in messages, or in a tree of tables. */

import { textOf } from "../bytes.js";
import { type Cursor, damaged } from "./cursor.js";
import { block, type Source } from "./source.js";

/** So many objects and nodes are looked at in a group. */
const MOST = 100_000;

/** The link of a message; links that are names of paths are passed over. */
export function linkOf(cursor: Cursor): [string, number][] {
  cursor.skip(1);
  const flags = cursor.number(1);
  const kind = flags & 8 ? cursor.number(1) : 0;
  if (flags & 4) cursor.skip(8);
  if (flags & 16) cursor.skip(1);
  const name = textOf(cursor.take(cursor.number(1 << (flags & 3))));
  return kind === 0 ? [[name, cursor.address()]] : [];
}

/** A block that says how many entries it has, and no more bytes than these. */
function counted(source: Source, address: number, mark: string, at: number, size: number): Cursor {
  const head = block(source, address, at + 2);
  head.mark(mark);
  head.skip(at - 4);
  return block(source, address, 64 + head.number(2) * size);
}

/** The names of a group, in a tree of tables. */
export function symbols(source: Source, root: number, names: Cursor): [string, number][] {
  const found: [string, number][] = [];
  const nodes = [{ address: root, level: 256 }];
  for (let visited = 0; nodes.length > 0; visited++) {
    const node = nodes.shift();
    if (!node || visited > MOST) throw damaged("expected a group of fewer names");
    if (node.level === 0) {
      found.push(...tableAt(source, node.address, names));
      continue;
    }
    const cursor = counted(source, node.address, "TREE", 6, source.widths.address + source.widths.length);
    cursor.mark("TREE");
    const kind = cursor.number(1);
    const level = cursor.number(1);
    if (kind !== 0 || level >= node.level) throw damaged("expected a tree of a group's names");
    const count = cursor.number(2);
    cursor.address();
    cursor.address();
    for (let i = 0; i < count; i++) {
      cursor.length();
      // Below the last trees are the tables; a tree of level 0 stands one above them.
      nodes.push({ address: cursor.address(), level: level === 0 ? 0 : level });
    }
    if (found.length > MOST) throw damaged("expected a group of fewer names");
  }
  return found;
}

function tableAt(source: Source, address: number, names: Cursor): [string, number][] {
  const cursor = counted(source, address, "SNOD", 6, 2 * source.widths.address + 24);
  cursor.mark("SNOD");
  cursor.skip(2);
  const count = cursor.number(2);
  return Array.from({ length: count }, () => {
    const offset = cursor.address();
    const object = cursor.address();
    const kind = cursor.number(4);
    cursor.skip(20);
    if (!(offset < names.bytes.length)) throw damaged("expected the names of a group in its heap");
    names.at = offset;
    // 2: a name of a path
    return kind === 2 ? [] : [[names.name(), object] as [string, number]];
  }).flat();
}
