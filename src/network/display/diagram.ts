/** A network as a drawing: text for Mermaid and for Graphviz. */

import { blockOf, type Layer } from "../../blocks/layer.js";
import { hasSlope } from "../../blocks/loss/loss.js";
import { formatShape } from "../../graph/dimension.js";
import { shapeText } from "../../values/image-shape.js";
import { type Network, type PlacedLayer, parametersOf } from "../network.js";
import { typeName } from "./table.js";

/** What a box stands for. */
type Kind = "input" | "layer" | "frozen" | "loss" | "parameter";

interface Box {
  readonly id: string;
  readonly kind: Kind;
  /** the lines in it */
  readonly text: readonly string[];
}

interface Arrow {
  readonly from: string;
  readonly to: string;
  /** empty for a parameter that layers share */
  readonly text: string;
}

/**
 * A network as a flowchart of Mermaid, which GitHub draws in Markdown: a box for each layer with its type and its options, an arrow
 * for each variable with its size. Losses are hexagons; a parameter that several layers share is a cylinder, tied to them with dots; frozen
 * layers have broken borders.
 *
 * @example
 * await writeFile("ocr.md", `\`\`\`mermaid\n${networkMermaid(ocr())}\`\`\`\n`);
 */
export function networkMermaid(network: Network): string {
  const { boxes, arrows } = drawing(network);
  const quoted = (text: string): string =>
    `"${text.replaceAll("&", "#amp;").replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;")}"`;
  const shapes: Readonly<Record<Kind, readonly [string, string]>> = {
    input: ["([", "])"],
    layer: ["[", "]"],
    frozen: ["[", "]"],
    loss: ["{{", "}}"],
    parameter: ["[(", ")]"],
  };
  const box = ({ id, kind, text }: Box): string => {
    const [open, close] = shapes[kind];
    const lines = text.map((line) => quoted(line).slice(1, -1)).join("<br>");
    return `  ${id}${open}"${lines}"${close}${kind === "frozen" ? ":::frozen" : ""}`;
  };
  const arrow = ({ from, to, text }: Arrow): string =>
    text === "" ? `  ${from} -.- ${to}` : `  ${from} -->|${quoted(text)}| ${to}`;
  const style = boxes.some(({ kind }) => kind === "frozen") ? ["  classDef frozen stroke-dasharray: 4 3"] : [];
  return `${["flowchart TB", ...boxes.map(box), ...arrows.map(arrow), ...style].join("\n")}\n`;
}

/**
 * A network as a graph of Graphviz, drawn by `dot`: a box for each layer with its type and its options, an arrow for each variable
 * with its size. Losses are hexagons; a parameter that several layers share is a cylinder, tied to them with dots; frozen layers have
 * broken borders.
 *
 * @example
 * await writeFile("ocr.dot", networkDot(ocr())); // then: dot -Tsvg ocr.dot > ocr.svg
 */
export function networkDot(network: Network): string {
  const { boxes, arrows } = drawing(network);
  const escaped = (text: string): string => text.replace(/[\\"]/g, "\\$&");
  const shapes: Readonly<Record<Kind, string>> = {
    input: "box, style=rounded",
    layer: "box",
    frozen: "box, style=dashed",
    loss: "hexagon",
    parameter: "cylinder",
  };
  const box = ({ id, kind, text }: Box): string =>
    `  ${id} [label="${text.map(escaped).join("\\n")}", shape=${shapes[kind]}];`;
  const arrow = ({ from, to, text }: Arrow): string =>
    text === ""
      ? `  ${from} -> ${to} [style=dotted, dir=none, constraint=false];`
      : `  ${from} -> ${to} [label="${escaped(` ${text}`)}"];`;
  return `${[
    `digraph "${escaped(network.name)}" {`,
    '  node [fontname="Helvetica", fontsize=11];',
    '  edge [fontname="Helvetica", fontsize=9];',
    ...boxes.map(box),
    ...arrows.map(arrow),
    "}",
  ].join("\n")}\n`;
}

/** Boxes and arrows, each box before the arrows that end in it. */
function drawing(network: Network): { readonly boxes: readonly Box[]; readonly arrows: readonly Arrow[] } {
  const makers = new Map<string, { readonly id: string; readonly text: string }>();
  const boxes: Box[] = network.inputs.map(({ name, shape }, i) => {
    makers.set(name, { id: `input${i + 1}`, text: shapeText(shape) });
    return { id: `input${i + 1}`, kind: "input", text: [name] };
  });
  const arrows: Arrow[] = [];
  for (const placed of network.layers) {
    const { number, name, layer, inputs, output } = placed;
    const id = `layer${number}`;
    const kind = layer.type === "loss" ? "loss" : layer.frozen ? "frozen" : "layer";
    boxes.push({ id, kind, text: [name, describedLayer(placed)] });
    for (const variable of inputs) {
      const maker = makers.get(variable.name);
      if (maker) arrows.push({ from: maker.id, to: id, text: maker.text });
    }
    const size = shapeText(output.shape);
    makers.set(output.name, { id, text: output.name === name ? size : `${output.name} ${size}` });
  }
  let shared = 0;
  for (const { name, shape } of parametersOf(network)) {
    const holders = network.layers.filter(({ parameters }) => parameters.some((spec) => spec.name === name));
    if (holders.length < 2) continue;
    const id = `parameter${++shared}`;
    boxes.push({ id, kind: "parameter", text: [name, formatShape(shape)] });
    for (const { number } of holders) arrows.push({ from: id, to: `layer${number}`, text: "" });
  }
  return { boxes, arrows };
}

/** "conv 3×3, 64 filters, stride 2": the type and the options that say most. */
function describedLayer({ layer, inputs: [{ shape }] }: PlacedLayer): string {
  const { support, stride, pad, dilation } = blockOf(layer).window(layer, shape);
  const seen = (text: string, shown: boolean): string[] => (shown ? [text] : []);
  const differs = (values: readonly number[], usual: number): boolean => values.some((value) => value !== usual);
  const brief = (values: readonly number[], separator: string): string =>
    differs(values, values[0]) ? values.join(separator) : `${values[0]}`;
  const windowed = "support" in layer;
  return [
    `${typeName(layer)}${windowed ? ` ${support.join("×")}` : ""}`,
    ...("filters" in layer ? [`${layer.filters} filters`] : []),
    ...seen(`stride ${brief(stride, "×")}`, windowed && differs(stride, 1)),
    ...seen(`pad ${brief(pad, ",")}`, windowed && differs(pad, 0)),
    ...seen(`dilation ${brief(dilation, "×")}`, windowed && differs(dilation, 1)),
    ...("groups" in layer && typeof layer.groups === "number" ? seen(`${layer.groups} groups`, layer.groups > 1) : []),
    ...lossOptions(layer),
    ...seen("frozen", layer.frozen ?? false),
  ].join(", ");
}

/** What a loss is compared with, and how much it counts. */
function lossOptions(layer: Layer): string[] {
  if (layer.type !== "loss") return [];
  return [
    ...(layer.target === "labels" ? [] : [`of ${layer.target}`]),
    ...(layer.weight === 1 || !hasSlope(layer) ? [] : [`weight ${layer.weight}`]),
  ];
}
