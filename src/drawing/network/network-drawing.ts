/** A network as a drawing: its units to scale, from left to right and then in the next line, its branches in lanes. */

import type { Network } from "../../network/network.js";
import { html, type Markup } from "../markup.js";
import { colour } from "../theme.js";
import { type Segment, segmentsOf } from "./layout.js";
import { type Unit, unitsOf } from "./units.js";

/** A line is so wide at most, unless branches that belong together are wider. */
const WIDTH = 1120;
/** Between columns, for the arrows. */
const GAP = 20;
/** The highest and the widest block, and what any has at least. */
const [HIGHEST, WIDEST, LEAST] = [64, 38, 4];
/** Below a block: three lines of text. */
const TEXT = 10;
const LINE = 12;
const LETTER = 5.3;
/** A lane in which nothing stands but an arrow. */
const BARE = 14;
const STRIPE = 3;
const EDGE = 8;

/**
 * Draws a network. A block is as high as √ of the height of what it makes, and as wide as √ of its channels; below it stand what it does, the size of what it makes, and how many pixels
 * of the image one of its numbers sees. Stripes at a block's right are what works number by number behind it, activations in the accent colour. Names show when the pointer rests on a
 * block.
 *
 * @returns an `<svg>`, whose colours are the theme's
 * @example
 * networkDrawing(network).text.startsWith("<svg"); // true
 */
export function networkDrawing(network: Network): Markup {
  const units = unitsOf(network);
  const sizes = scaleOf(units);
  const lines = linesOf(segmentsOf(units.map(({ inputs }) => inputs)), units, sizes);
  let top = 0;
  const drawn: Markup[] = [];
  for (const [i, line] of lines.entries()) {
    const { markup, height } = drawLine(line, units, sizes, top, i + 1 < lines.length);
    drawn.push(markup);
    top += height;
  }
  const width = Math.max(...lines.map(({ width: each }) => each)) + 2 * EDGE;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(width)} ${n(top)}" width="${n(width)}" height="${n(top)}" font-size="${TEXT}" role="img" aria-label="The network ${network.name}: ${units.length} blocks">${drawn}</svg>`;
}

const n = (value: number): string => `${Number(value.toFixed(1))}`;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size of each unit's block. */
function scaleOf(units: readonly Unit[]): Size[] {
  const highest = Math.max(...units.map(({ output }) => output.height));
  const most = Math.max(...units.map(({ output }) => output.channels));
  return units.map(({ kind, output, behind }) =>
    kind === "join" && behind.length === 0
      ? { width: 14, height: 14 }
      : {
          width: LEAST + (WIDEST - LEAST) * Math.sqrt(output.channels / most) + STRIPE * behind.length,
          height: LEAST + (HIGHEST - LEAST) * Math.sqrt(output.height / highest),
        },
  );
}

/** Segments that stand beside each other. */
interface Line {
  readonly segments: readonly (Segment & { readonly left: number; readonly widths: readonly number[] })[];
  readonly width: number;
}

function linesOf(segments: readonly Segment[], units: readonly Unit[], sizes: readonly Size[]): Line[] {
  const lines: Line[] = [];
  for (const segment of segments) {
    const widths = Array.from({ length: segment.columns }, (_, column) => {
      const own = [...segment.places].filter(([, place]) => place.column === column);
      return GAP + Math.max(0, ...own.map(([unit]) => Math.max(sizes[unit].width, textWidth(units[unit]))));
    });
    const width = widths.reduce((a, b) => a + b, 0);
    const last = lines.at(-1);
    if (last && last.width + width <= WIDTH) {
      lines[lines.length - 1] = {
        segments: [...last.segments, { ...segment, left: last.width, widths }],
        width: last.width + width,
      };
    } else lines.push({ segments: [{ ...segment, left: 0, widths }], width });
  }
  return lines;
}

/** What stands below a unit's block. */
function textOf({ text, output, field, kind }: Unit): string[] {
  const { channels, height, width } = output;
  const size = height === 1 && width === 1 ? `${channels}` : `${channels} · ${height}×${width}`;
  const sees = field[0] === field[1] ? `${field[0]}` : field.join("×");
  return [text, size, ...(kind === "input" ? [] : [`sees ${sees}`])];
}

const textWidth = (unit: Unit): number => LETTER * Math.max(...textOf(unit).map((text) => text.length));

function drawLine(
  { segments, width }: Line,
  units: readonly Unit[],
  sizes: readonly Size[],
  top: number,
  goesOn: boolean,
): { readonly markup: Markup; readonly height: number } {
  const lanes = Math.max(...segments.map((segment) => segment.lanes));
  const blocks = Array.from({ length: lanes }, (_, lane) => {
    const own = segments.flatMap(({ places }) => [...places].filter(([, place]) => place.lane === lane));
    return Math.max(0, ...own.map(([unit]) => sizes[unit].height));
  });
  const middles: number[] = [];
  let y = top + 6;
  for (const block of blocks) {
    middles.push(y + Math.max(block, BARE) / 2);
    y += block > 0 ? block + 3 * LINE + 10 : BARE;
  }
  /** the middle of a unit's block */
  const at = new Map<number, { readonly x: number; readonly y: number }>();
  const gaps = new Map<number, number>();
  for (const { left, widths, places } of segments) {
    const starts = widths.map((_, column) => EDGE + left + widths.slice(0, column).reduce((a, b) => a + b, 0));
    for (const [unit, { column, lane }] of places) {
      at.set(unit, { x: starts[column] + GAP + (widths[column] - GAP) / 2, y: middles[lane] });
      gaps.set(unit, starts[column] + GAP / 2);
    }
  }
  const arrows = segments.flatMap(({ ways, from: begin, places }) => {
    return ways.map(({ from, to, lane }) => {
      const [start, end] = [at.get(from), at.get(to)];
      if (!end) return undefined;
      const after = start && places.get(from) ? nextGap(places, from, gaps) : firstGap(places, gaps);
      const stop = end.x - sizes[to].width / 2;
      const begins = start ? [start.x + sizes[from].width / 2, start.y] : [from === begin ? 0 : EDGE, middles[0]];
      return arrow([
        begins,
        [after, begins[1]],
        [after, middles[lane]],
        [gaps.get(to) ?? stop, middles[lane]],
        [gaps.get(to) ?? stop, end.y],
        [stop, end.y],
      ]);
    });
  });
  const shown = [...at].map(([unit, place]) => block(units[unit], sizes[unit], place, middles, blocks));
  const last = segments.at(-1)?.to ?? 0;
  const end = at.get(last);
  const on =
    goesOn && end
      ? arrow([
          [end.x + sizes[last].width / 2, end.y],
          [EDGE + width + 6, end.y],
        ])
      : undefined;
  return { markup: html`${arrows}${on}${shown}`, height: y - top };
}

/** The gap behind a unit's column. */
function nextGap(places: Segment["places"], unit: number, gaps: ReadonlyMap<number, number>): number {
  const column = places.get(unit)?.column ?? 0;
  const next = [...places].find(([, place]) => place.column === column + 1);
  return (next && gaps.get(next[0])) ?? 0;
}

const firstGap = (places: Segment["places"], gaps: ReadonlyMap<number, number>): number => {
  const first = [...places].find(([, place]) => place.column === 0);
  return (first && gaps.get(first[0])) ?? 0;
};

/** Lines from place to place, and a head at the last. */
function arrow(points: readonly (readonly number[])[]): Markup {
  const path = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${n(x)} ${n(y)}`).join("");
  const [x, y] = points[points.length - 1];
  return html`<path d="${path}" fill="none" stroke="${colour("quiet")}"/><path d="M${n(x)} ${n(y)}l-5 -3v6z" fill="${colour("quiet")}"/>`;
}

/** How a kind of block is filled and framed. */
const LOOKS: Readonly<
  Record<Unit["kind"], readonly [fill: Parameters<typeof colour>[0], stroke: Parameters<typeof colour>[0]]>
> = {
  input: ["paper", "ink"],
  convolution: ["quiet", "soft"],
  full: ["soft", "ink"],
  pool: ["panel", "soft"],
  join: ["paper", "soft"],
  other: ["line", "soft"],
};

const ACTIVATION = /relu|sigmoid|tanh|elu|gelu|silu|swish|softmax|mish|softplus/i;

function block(
  unit: Unit,
  { width, height }: Size,
  { x, y }: { readonly x: number; readonly y: number },
  middles: readonly number[],
  blocks: readonly number[],
): Markup {
  const { kind, behind, names } = unit;
  const [fill, stroke] = LOOKS[kind];
  const [left, top] = [x - width / 2, y - height / 2];
  const body = width - STRIPE * behind.length;
  const shape =
    kind === "join" && behind.length === 0
      ? html`<circle cx="${n(x)}" cy="${n(y)}" r="7" fill="${colour(fill)}" stroke="${colour(stroke)}"/>`
      : html`<rect x="${n(left)}" y="${n(top)}" width="${n(body)}" height="${n(height)}" fill="${colour(fill)}" stroke="${colour(stroke)}"/>`;
  const stripes = behind.map(
    (type, i) =>
      html`<rect x="${n(left + body + STRIPE * i)}" y="${n(top)}" width="${STRIPE}" height="${n(height)}" fill="${colour(ACTIVATION.test(type) ? "accent" : "ink")}"/>`,
  );
  const lane = middles.indexOf(y);
  const below = y + blocks[lane] / 2 + LINE;
  const texts = textOf(unit).map(
    (text, i) =>
      html`<text x="${n(x)}" y="${n(below + i * LINE)}" text-anchor="middle" fill="${colour(i === 0 ? "ink" : "soft")}">${text}</text>`,
  );
  return html`<g><title>${names.join(", ")}</title>${shape}${stripes}${texts}</g>`;
}
