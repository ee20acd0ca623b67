/** What has run where: docs/blocks.md, written from what the battery has seen. */

import { readdirSync, readFileSync } from "node:fs";
import { blockOf, type Layer } from "../../src/blocks/layer.js";
import { docstringsOf, exportsOf } from "../support/examples.js";

const KINDS = ["forward", "backward", "training"] as const;

/** What was tried. */
export type Kind = (typeof KINDS)[number];

/** The name of the function that makes a layer. */
export const makerOf = (layer: Layer): string => blockOf(layer).called(layer);

/** What has run, by block, device and kind. */
export class Matrix {
  readonly #ran = new Set<string>();
  readonly #failures = new Map<string, string>();
  readonly #cases = new Map<string, number>();

  /** Counts a case of a block. */
  count(block: string): void {
    this.#cases.set(block, (this.#cases.get(block) ?? 0) + 1);
  }

  ran(block: string, device: string, kind: Kind): void {
    this.#ran.add(`${block} ${device} ${kind}`);
  }

  /** @param why the engine's sentence */
  failed(block: string, device: string, kind: Kind, why: string): void {
    this.#failures.set(`${block} ${device} ${kind}`, why);
  }

  /** The blocks, in the order in which their files and functions stand. */
  blocks(): string[] {
    const order = [...SENTENCES.keys()];
    return [...this.#cases.keys()].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  }

  /** Whether every device has tried every block. */
  isComplete(devices: readonly string[]): boolean {
    return this.blocks().every((block) => devices.every((device) => this.cell(block, device, "forward") !== ""));
  }

  /** "yes", "no", "–" where there is nothing to run, or nothing where it was not tried. */
  cell(block: string, device: string, kind: Kind): string {
    const key = `${block} ${device} ${kind}`;
    if (this.#failures.has(key)) return "**no**";
    if (this.#ran.has(key)) return "yes";
    return kind === "forward" ? "" : "–";
  }

  /** The page. */
  page(devices: readonly string[]): string {
    const blocks = this.blocks();
    const columns = devices.flatMap((device) => KINDS.map((kind) => [device, kind] as const));
    const lines = blocks.map((block) => {
      const { sentence = "", file = "" } = SENTENCES.get(block) ?? {};
      return `| [\`${block}\`](../src/blocks/${file}) | ${sentence.replaceAll("|", "\\|")} |`;
    });
    const rows = blocks.map((block) => {
      const cells = columns.map(([device, kind]) => this.cell(block, device, kind));
      return `| \`${block}\` | ${[this.#cases.get(block), ...cells].join(" | ")} |`;
    });
    const failures = [...this.#failures].map(([key, why]) => `- ${key.split(" ").join(", ")}: ${why}`);
    return `${[
      "# Blocks",
      "",
      "Written by `npm run blocks` from what the tests ran; a test fails where it is not what they run now.",
      "",
      "| block | computes |",
      "| --- | --- |",
      ...lines,
      "",
      "## What runs where",
      "",
      "Every block has cases with numbers from PyTorch (`test/fixtures/blocks` in the repository). On each device",
      "*forward* says that what comes out of every case is PyTorch's, *backward* that every gradient is, and *training* that a network",
      "with the block in it is trained, a batch of 2 images and (on processors, which compute it in another way) one of 16: each step's",
      "loss is that of `cpu`, and it falls. – is where there is nothing to run: an error has no slope.",
      "`webgpu` was a graphics card in software, and what it has no kernel for runs on the processor ([devices.md](devices.md)).",
      "",
      `| block | cases | ${columns.map(([device, kind]) => `${device} ${kind}`).join(" | ")} |`,
      `| --- | ---: | ${columns.map(() => "---").join(" | ")} |`,
      ...rows,
      "",
      ...(failures.length === 0
        ? ["Nothing fails on any of the three."]
        : ["What does not run, and what the engine says:", "", ...failures]),
    ].join("\n")}\n`;
  }
}

/** The first sentence of each block's documentation, and the file that it stands in. */
export const SENTENCES: ReadonlyMap<string, { readonly sentence: string; readonly file: string }> = new Map(
  sentences(),
);

function sentences(): [string, { sentence: string; file: string }][] {
  const folder = new URL("../../src/blocks/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const blocks = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  return blocks.sort().flatMap((file) => {
    const source = readFileSync(new URL(file, folder), "utf8");
    const exported = new Set(exportsOf(source));
    return docstringsOf(file, source)
      .filter(({ symbol }) => exported.has(symbol))
      .map(
        ({ symbol, text }) =>
          [symbol, { sentence: firstSentence(text), file }] as [string, { sentence: string; file: string }],
      );
  });
}

/** The first sentence, with the formula that follows its paragraph, in one line. */
function firstSentence(docstring: string): string {
  const [first = "", second = ""] = docstring.split(/\n\s*\*[^\S\n]*(?=\n)/);
  const plain = (text: string): string =>
    text
      .replace(/^\s*\*(?! @) ?/gm, "")
      .replace(/\{@link (\w+)\}/g, "`$1`")
      .replace(/\s+/g, " ")
      .trim();
  const paragraph = plain(first.split(/\n\s*\* @/)[0]);
  const sentence = /^.*?\.(?=\s+[A-Z]|$)/.exec(paragraph)?.[0] ?? paragraph;
  const isFormula = /^(\s*\* {3,}.*\n?)+$/.test(second.replace(/^\n/, ""));
  return isFormula ? `${sentence} ${plain(second)}` : sentence;
}
