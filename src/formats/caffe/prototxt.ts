/** Protobuf's text format, in which Caffe's networks are written by hand. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { Message } from "./message.js";

/** A word, a number, a text in quotes, or a sign; what is white or a comment stands between them. */
const TOKEN = /\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[A-Za-z0-9_.+-]+|[{}<>:;,[\]]/y;

/** So deep may messages lie in each other. */
const DEEPEST = 32;

/**
 * Reads a message of text.
 *
 * @throws ModelFormatError that names the line
 */
export function parsePrototxt(text: string, where: string): Message {
  return new PrototxtReader(text).message(where, "", 0);
}

class PrototxtReader {
  private token = "";
  private at = 0;
  /** where the next token begins, and the one that was taken last */
  private start = 0;
  private taken = 0;

  constructor(private readonly text: string) {
    this.next();
  }

  private next(): string {
    const before = this.token;
    this.taken = this.start;
    for (;;) {
      if (this.at >= this.text.length) {
        this.token = "";
        return before;
      }
      TOKEN.lastIndex = this.at;
      const match = TOKEN.exec(this.text);
      if (!match) throw this.wrong("a word, a number or a text in quotes", this.text[this.at]);
      this.start = this.at;
      this.at = TOKEN.lastIndex;
      this.token = match[0];
      if (!/^[\s#]/.test(this.token)) return before;
    }
  }

  private wrong(expected: string, got: string): ModelFormatError {
    const line = this.text.slice(0, this.taken).split("\n").length;
    return new ModelFormatError(`Caffe: line ${line}: expected ${expected}, got '${got.slice(0, 40)}'.`);
  }

  message(where: string, end: string, depth: number): Message {
    if (depth > DEEPEST) throw this.wrong(`at most ${DEEPEST} levels`, this.token);
    const message = new Message(where);
    const closing = end === "{" ? "}" : end === "<" ? ">" : "";
    while (this.token !== closing) {
      const name = this.next();
      if (!/^\w+$/.test(name))
        throw this.wrong(closing === "" ? "the name of a field" : `a field or '${closing}'`, name);
      const hasColon = this.token === ":";
      if (hasColon) this.next();
      if (this.token === "{" || this.token === "<") {
        message.add(name, this.message(`${where}.${name}`, this.next(), depth + 1));
        this.next();
      } else if (!hasColon) throw this.wrong("':' or '{'", this.token);
      else if (this.token === "[") this.list(message, name);
      else message.add(name, this.scalar());
      if (this.token === "," || this.token === ";") this.next();
    }
    return message;
  }

  private list(message: Message, name: string): void {
    this.next();
    while (this.token !== "]") {
      message.add(name, this.scalar());
      if (this.token === ",") this.next();
    }
    this.next();
  }

  private scalar(): number | string {
    const token = this.next();
    if (/^["']/.test(token)) {
      let text = unquoted(token);
      while (/^["']/.test(this.token)) text += unquoted(this.next());
      return text;
    }
    if (token === "true" || token === "false") return token === "true" ? 1 : 0;
    const number = Number(token.replace(/f$/i, ""));
    if (token !== "" && !Number.isNaN(number)) return number;
    if (/^[A-Za-z_]\w*$/.test(token)) return token;
    throw this.wrong("a value", token);
  }
}

const unquoted = (token: string): string =>
  token.slice(1, -1).replace(/\\(.)/g, (_, character: string) => ({ n: "\n", t: "\t" })[character] ?? character);
