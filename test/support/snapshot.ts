import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect } from "vitest";
import type { Markup } from "../../src/drawing/markup.js";
import { LIGHT, resolveColours } from "../../src/drawing/theme.js";
import { pngFromSvg } from "../../src/report/page/pictures/raster-file.js";

/** An element, or text. */
type Node = string | { readonly tag: string; readonly name: string; readonly children: Node[] };

/** Elements that stay in the line of the text around them. */
const INLINE = new Set(["b", "br", "span", "a", "code", "title"]);
/** Elements that HTML never closes. */
const EMPTY = new Set(["br", "hr", "img", "meta", "link"]);

const TOKEN = /<!doctype[^>]*>|<\/?[a-zA-Z][\w-]*(?:\s+[^\s=>/]+(?:="[^"]*")?)*\s*\/?>|[^<]+/gi;

/**
 * HTML or SVG with an element a line, so that a difference between two of them can be read. Lines hold what has only text and inline elements
 * in it. Numbers with many digits in attributes are rounded to hundredths: no renderer shows more, and the last digits of powers and logarithms
 * are not the same in every version of Node.
 */
function pretty(markup: string): string {
  const root: Node[] = [];
  const open: { name: string; children: Node[] }[] = [{ name: "", children: root }];
  for (const [token] of markup.matchAll(TOKEN)) {
    const { children } = open[open.length - 1];
    const name = /^<\/?([\w-]+)/.exec(token)?.[1] ?? "";
    if (token.startsWith("</")) {
      const closed = open.pop();
      if (closed?.name !== name) throw new Error(`<${closed?.name}> is closed by ${token}.`);
    } else if (name === "") {
      children.push(token);
    } else {
      const element = { tag: rounded(token), name, children: [] };
      children.push(element);
      if (!token.endsWith("/>") && !EMPTY.has(name)) open.push(element);
    }
  }
  if (open.length > 1) throw new Error(`<${open[open.length - 1].name}> is not closed.`);
  return `${root.flatMap((node) => linesOf(node, "")).join("\n")}\n`;
}

/** Words that stay as they are; the other attributes are rounded. */
const WORDS = new Set(["alt", "aria-label", "title", "href", "src"]);

const rounded = (tag: string): string =>
  tag.replace(/ ([\w:-]+)="([^"]*)"/g, (whole, name: string, value: string) => {
    if (WORDS.has(name)) return whole;
    const digits = name.includes("opacity") ? 3 : 2;
    return ` ${name}="${value.replace(/-?\d+\.\d+(?:e-\d+)?/g, (number) => `${Number(Number(number).toFixed(digits))}`)}"`;
  });

function linesOf(node: Node, indent: string): string[] {
  if (typeof node === "string") return node.trim() === "" ? [] : [indent + node.trim().replace(/\s*\n\s*/g, " ")];
  const { tag, name, children } = node;
  const end = tag.endsWith("/>") || EMPTY.has(name) ? "" : `</${name}>`;
  if (children.every(isInline)) return [`${indent}${tag}${children.map(inLine).join("").trim()}${end}`];
  return [indent + tag, ...children.flatMap((child) => linesOf(child, `${indent} `)), indent + end];
}

const isInline = (node: Node): boolean =>
  typeof node === "string" || (INLINE.has(node.name) && node.children.every(isInline));

function inLine(node: Node): string {
  if (typeof node === "string") return node.replace(/\s*\n\s*/g, " ");
  const end = node.tag.endsWith("/>") || EMPTY.has(node.name) ? "" : `</${node.name}>`;
  return `${node.tag}${node.children.map(inLine).join("")}${end}`;
}

/** Plot counts what it cuts off over all charts of a process: here it is counted in each picture, so that no other one changes it. */
function countAnew(markup: string): string {
  const names = [...new Set(markup.match(/plot-clip-\d+/g))];
  return markup.replace(/plot-clip-\d+/g, (name) => `plot-clip-${names.indexOf(name) + 1}`);
}

/** Markup with each picture in it replaced by its size and a checksum of its pixels: the bytes of PNG and WebP say nothing to a reader. */
async function withoutPixels(markup: string): Promise<string> {
  const addresses = new Set(markup.match(/data:image\/(?:png|webp);base64,[A-Za-z0-9+/=]+/g));
  let text = markup;
  for (const address of addresses) text = text.replaceAll(address, await pictureText(address));
  return text;
}

async function pictureText(address: string): Promise<string> {
  const [, format, base64] = /^data:image\/(\w+);base64,(.*)$/.exec(address) ?? [];
  const { data, info } = await sharp(Buffer.from(base64, "base64")).raw().toBuffer({ resolveWithObject: true });
  const sum = createHash("sha256").update(data).digest("hex").slice(0, 12);
  return `${format} of ${info.width}×${info.height}×${info.channels}, pixels ${sum}`;
}

/**
 * Compares a chart with the file `snapshots/NAME.svg` beside the test, which shows it by itself: on white, in the light theme's colours, an
 * element a line. With the environment variable LOOK, the chart is drawn as PNG into that folder too.
 */
export async function expectPicture(name: string, chart: Markup | undefined): Promise<void> {
  if (!chart) throw new Error("Nothing was drawn.");
  if (LOOK !== undefined) await look(`${name}.png`, await pngFromSvg(chart.text));
  const alone = resolveColours(await withoutPixels(chart.text)).replace(
    "<svg ",
    `<svg style="background:${LIGHT.paper}" font-family="Lato, sans-serif" fill="${LIGHT.ink}" `,
  );
  await expect(pretty(countAnew(alone))).toMatchFileSnapshot(`snapshots/${name}.svg`);
}

/**
 * Compares a page with the file `snapshots/NAME.html` beside the test, an element a line, with a link to the style sheet, which is a snapshot of
 * its own. With the environment variable LOOK, the page is written into that folder as it is.
 */
export async function expectPage(name: string, page: string): Promise<void> {
  if (LOOK !== undefined) await look(`${name}.html`, page);
  const linked = page.replace(
    /<style>[\s\S]*?<\/style>/,
    '<link rel="stylesheet" href="../../page/snapshots/style.css">',
  );
  await expect(pretty(countAnew(await withoutPixels(linked)))).toMatchFileSnapshot(`snapshots/${name}.html`);
}

const { LOOK } = process.env;

async function look(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(LOOK ?? "", { recursive: true });
  await writeFile(join(LOOK ?? "", name), content);
}
