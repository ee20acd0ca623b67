/** The header of an object in an HDF5 file: its messages, whose block may go on elsewhere. */

import { latin1 } from "../bytes.js";
import { type Cursor, damaged } from "./cursor.js";

/** A message of an object's header. */
export interface Message {
  readonly type: number;
  /** whether what follows is the address of a message that objects share, and not the message */
  readonly isShared: boolean;
  readonly content: Cursor;
}

/** Blocks that a header goes on in, at most. */
const MOST_BLOCKS = 256;
const CONTINUATION = 0x10;

/**
 * The messages of the object at an address.
 *
 * @param block bytes of the file from an address on, as many as said, or as there are
 */
export function messagesAt(address: number, block: (address: number, size: number) => Cursor): Message[] {
  const head = block(address, 64);
  const isNew = latin1(head.bytes.subarray(0, 4)) === "OHDR";
  return isNew ? newMessages(address, block) : oldMessages(address, block);
}

type Block = (address: number, size: number) => Cursor;

function oldMessages(address: number, block: Block): Message[] {
  const head = block(address, 16);
  const version = head.number(1);
  if (version !== 1) throw damaged(`expected an object's header at ${address}`);
  head.skip(1);
  const count = head.number(2);
  head.skip(4);
  const size = head.number(4);
  const messages: Message[] = [];
  const blocks = [block(address + 16, size)];
  for (let i = 0; i < blocks.length && i < MOST_BLOCKS; i++) {
    const cursor = blocks[i];
    while (cursor.left >= 8 && messages.length < count) {
      const type = cursor.number(2);
      const length = cursor.number(2);
      const flags = cursor.number(1);
      cursor.skip(3);
      add(type, flags, cursor, length, blocks, messages, block);
    }
  }
  return messages;
}

function newMessages(address: number, block: Block): Message[] {
  const head = block(address, 64);
  head.mark("OHDR");
  const version = head.number(1);
  const flags = head.number(1);
  if (version !== 2) throw damaged(`expected an object's header of version 2, got ${version}`);
  if (flags & 0x20) head.skip(16);
  if (flags & 0x10) head.skip(4);
  const size = head.number(1 << (flags & 3));
  const messages: Message[] = [];
  const blocks = [block(address + head.at, size)];
  for (let i = 0; i < blocks.length && i < MOST_BLOCKS; i++) {
    const cursor = blocks[i];
    if (i > 0) cursor.mark("OCHK");
    // a checksum ends the blocks behind the first
    const end = i > 0 ? 4 : 0;
    const headSize = flags & 4 ? 6 : 4;
    while (cursor.left >= headSize + end) {
      const type = cursor.number(1);
      const length = cursor.number(2);
      const messageFlags = cursor.number(1);
      if (flags & 4) cursor.skip(2);
      if (length > cursor.left - end) break;
      add(type, messageFlags, cursor, length, blocks, messages, block);
    }
  }
  return messages;
}

function add(
  type: number,
  flags: number,
  cursor: Cursor,
  length: number,
  blocks: Cursor[],
  messages: Message[],
  block: Block,
): void {
  const content = cursor.part(length);
  if (type === CONTINUATION) {
    const address = content.address();
    blocks.push(block(address, content.length()));
  } else {
    messages.push({ type, isShared: (flags & 2) !== 0, content });
    return;
  }
  // It counts among the messages of the first version.
  messages.push({ type: 0, isShared: false, content });
}
