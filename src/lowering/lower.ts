import { attributes, intOf, intsOf } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { expectGraph } from "../graph/expect-graph.js";
import { isAlongAnAxis, isElementwise, isReduction } from "../graph/operator-families.js";
import { aboutNode, ShapeError } from "../graph/shape-error.js";
import { COMPOSITE, type Graph, NCHWC, type Node, OPSET } from "../graph/types.js";
import { readBy, subgraphs, withoutUnused } from "../graph/unused.js";
import { groupsOf, windowOf } from "../graph/window.js";
import { defined } from "../values/defined.js";
import { word } from "../values/kind.js";
import { hasPads } from "./batch-last/batch-conv.js";
import { MOVES } from "./batch-last/batch-moves.js";
import { isFaster } from "./batch-last/winograd.js";
import { writeScaledSum } from "./blocked/scaled-sums.js";
import { writeBlocked } from "./blocked/write-blocked.js";
import { type Costs, NATIVE } from "./costs.js";
import { exactly } from "./exact.js";
import { batchLastAxis, type Layout, Layouts } from "./layouts.js";
import { BATCH_FIRST_COMPOSITES, BATCH_LAST, BATCH_LAST_COMPOSITES } from "./lowerings.js";
import { JOINT } from "./single-numbers.js";

const LAYOUT = word<Layout>(["batch-first", "batch-last"]);

/** Fewer images than this in a batch do not fill the registers along the batch axis. */
const LEAST_BATCH = 16;

/** With fewer channels than this, the transforms of Winograd's way take longer than what it saves of convolutions with packed filters. */
const WIDE = 128;

/**
 * Rewrites a graph into one of the same meaning that runs faster, made of ONNX's operators only.
 *
 * With `layout` "batch-last", values of fixed shape are kept as C×H×W×N wherever the operators around them can work on that; see
 * lowerings.ts for which operator is written how, and when. With "batch-first" only the composite operators are replaced. In both, what
 * the runtime computes inexactly is written in another way (exact.ts).
 *
 * @param graph the graph; it is not changed
 * @param layout the layout that suits the device: "batch-last" for processors, "batch-first" for graphics cards
 * @param block how many channels the runtime's blocked convolutions take together on this processor: 16, 8, or 1 where it has none; of use with "batch-last"
 * @param costs what moves and products cost on this processor, which decides how convolutions are computed; that of native code unless given
 * @throws ShapeError when a node does not fit its inputs, reads what nothing before it makes, or is of another version than 20; TypeError when it is no
 *   graph; RangeError when there is no such layout
 * @example
 * const step = trainingGraph(ocr(), normalization, { solver: sgd() }, 100);
 * lower(step, "batch-last").nodes.every(({ domain }) => domain === ""); // none of Bell Pepper's own operators is left: true
 */
export function lower(graph: Graph, layout: Layout, block = 1, costs = NATIVE): Graph {
  expectGraph(graph);
  LAYOUT.take(layout, { path: "layout" });
  expectOpset(graph);
  const g = new GraphBuilder(graph.name);
  // Branches and bodies of loops read values of the graph around them by name: those must stay what they are.
  const plain = layout === "batch-first" || graph.nodes.some((node) => subgraphs(node).length > 0);
  const layouts = new Layouts(g, block);
  const fed = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  for (const { name, type, shape } of fed) layouts.set(name, "batch-first", g.input(name, type, shape));
  for (const [name, value] of graph.initializers) layouts.set(name, "batch-first", g.initializer(name, value));
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const packed = new Set<string>();
  const uses = { readOnce: valuesReadOnce(graph), makers: makersOf(graph) };
  for (const node of graph.nodes) {
    const write = (): void => {
      const isWritten =
        !plain &&
        !isPacked(layouts, node, packed) &&
        (writeBlocked(layouts, node, uses) ||
          writeBatchLast(layouts, node, costs) ||
          writeScaledSum(layouts, node, uses.readOnce));
      if (!isWritten) writeBatchFirst(layouts, node, costs);
      // Graph outputs keep their names; everything else may be renamed.
      for (const output of node.outputs) if (outputs.has(output)) layouts.get(output, "batch-first");
    };
    aboutNode(
      node,
      () => layouts.shapesText(node.inputs),
      () => g.scope(node.name, write),
    );
  }
  for (const { name } of graph.outputs) {
    const form = layouts.get(name, "batch-first");
    g.output(name, form);
  }
  const result = exactly(withoutUnused(g.build()), layout === "batch-last" ? JOINT : {});
  // Of an operator that is not ONNX's, the graph may know what it makes.
  const made = result.outputs.map((output, i) => (output.opaque ? graph.outputs[i] : output));
  const isBlocked = result.nodes.some(({ domain }) => domain === NCHWC);
  const opsets = isBlocked ? { "": OPSET, ...graph.opsets, [NCHWC]: 1 } : graph.opsets;
  return { ...result, inputs: fed, outputs: made, ...defined({ opsets }) };
}

/** The values that one node reads, once, and that are no outputs. */
function valuesReadOnce({ nodes, outputs }: Graph): ReadonlySet<string> {
  const [once, more] = [new Set<string>(), new Set(outputs.map(({ name }) => name))];
  for (const value of nodes.flatMap(readBy)) {
    if (once.delete(value)) more.add(value);
    else if (!more.has(value)) once.add(value);
  }
  return once;
}

/** The operator that makes each value. */
const makersOf = ({ nodes }: Graph): ReadonlyMap<string, string> =>
  new Map(nodes.flatMap(({ operator, outputs }) => outputs.map((output): [string, string] => [output, operator])));

/** Nodes of another version may mean something else. */
function expectOpset({ name, opsets }: Graph): void {
  const version = opsets?.[""] ?? OPSET;
  if (version === OPSET) return;
  throw new ShapeError(
    `The graph '${name}' is of operator set ${version}, and graphs are of ${OPSET}: load its model, which runs as it is, or upgrade it with upgradeModel.`,
  );
}

/** Writes a node in ONNX's own layout. */
function writeBatchFirst(layouts: Layouts, node: Node, costs: Costs): void {
  const { g } = layouts;
  const inputs = node.inputs.map((input) => (input === "" ? "" : layouts.get(input, "batch-first")));
  const write = node.domain === COMPOSITE ? BATCH_FIRST_COMPOSITES[node.operator] : undefined;
  if (write) {
    const forms = write(g, node, inputs, costs);
    for (const [i, output] of node.outputs.entries()) layouts.set(output, "batch-first", forms[i]);
    return;
  }
  g.add({ ...node, inputs });
  for (const output of node.outputs) if (output !== "") layouts.set(output, "batch-first", output);
}

/**
 * Whether a node is left to the runtime, which packs filters that never change, keeps what such convolutions make in its own layout, and does what follows them on
 * the way. That is slower where Winograd's way halves the products, and where channels do not fill blocks.
 *
 * @param packed the values that are made so; those of the node are added
 */
function isPacked(layouts: Layouts, node: Node, packed: Set<string>): boolean {
  const { g, blocks } = layouts;
  const [x] = node.inputs;
  if (node.domain !== "" || blocks.block === 1) return false;
  if (node.operator === "Conv") {
    if (!packed.has(x) && !layouts.has(x, "batch-first")) return false;
    const filters = g.constantValue(layouts.get(node.inputs[1], "batch-first"));
    const shape = batchLastShape(layouts, x);
    if (!filters || !shape || !hasPads(node)) return false;
    // the runtime takes a few more channels, where the image is in its layout already
    if (filters.shape[0] % (packed.has(x) ? 4 : blocks.block) !== 0) return false;
    const [channels, height, width, batch] = shape;
    const [count, , ...support] = filters.shape;
    const window = windowOf(node, support);
    const isWide = Math.min(channels, count) >= WIDE;
    if (isWide && isFaster(window, groupsOf(node), channels, count, height, width * batch)) return false;
  } else if (!packed.has(x) || layouts.has(x, "batch-last")) return false;
  for (const output of node.outputs) packed.add(output);
  return node.operator === "Conv" || Object.hasOwn(BATCH_LAST, node.operator);
}

/** Writes a node in the batch-last layout, where that is possible and of use. Returns whether it did. */
function writeBatchLast(layouts: Layouts, node: Node, costs: Costs): boolean {
  const { g } = layouts;
  const lowering = (node.domain === COMPOSITE ? BATCH_LAST_COMPOSITES : node.domain === "" ? BATCH_LAST : {})[
    node.operator
  ];
  if (lowering) {
    const images = node.inputs.filter((_, i) => lowering.images.includes(i));
    const shapes = images.map((input) => batchLastShape(layouts, input));
    if (shapes.some((shape) => shape === undefined || shape[3] < LEAST_BATCH)) return false;
    const shapeOf = (i: number): readonly number[] => batchLastShape(layouts, node.inputs[i]) ?? [];
    if (node.outputs.length > lowering.results.length || !lowering.applies(node, shapeOf)) return false;
    const inputs = node.inputs.map((input, i) =>
      layouts.get(input, lowering.images.includes(i) ? "batch-last" : "batch-first"),
    );
    const forms = lowering.write(g, node, inputs, costs);
    for (const [i, output] of node.outputs.entries()) layouts.set(output, lowering.results[i], forms[i]);
    return true;
  }
  // What follows does no work of its own: it joins in only where its data is in the batch-last layout already.
  const data = node.inputs.filter(
    (input) =>
      input !== "" &&
      (layouts.has(input, "batch-last") || layouts.has(input, "blocked")) &&
      !layouts.has(input, "batch-first"),
  );
  if (node.domain !== "" || data.length === 0) return false;
  if (isElementwise(node.operator)) {
    if (!node.inputs.every((input) => input !== "" && layouts.hasBatchLastForm(input))) return false;
    const inputs = node.inputs.map((input) => layouts.get(input, "batch-last"));
    layouts.set(node.outputs[0], "batch-last", g.op(node.operator, inputs, node.attributes));
    return true;
  }
  const [x] = data;
  if (x !== node.inputs[0]) return false;
  if (isAlongAnAxis(node.operator)) {
    const axis = batchLastAxis(intOf(node, "axis", -1));
    layouts.set(node.outputs[0], "batch-last", g.op(node.operator, [layouts.get(x, "batch-last")], { axis }));
    return true;
  }
  if (isReduction(node.operator)) return writeReduction(layouts, node);
  return Object.hasOwn(MOVES, node.operator) && writeMove(layouts, node);
}

/** A move of pixels, where it can be written for the batch-last layout. */
function writeMove(layouts: Layouts, node: Node): boolean {
  const isImage = (i: number): boolean => i === 0 || node.operator === "Concat";
  const possible = node.inputs.every((input, i) => !isImage(i) || layouts.hasBatchLastForm(input));
  if (!possible) return false;
  const inputs = node.inputs.map((input, i) =>
    input === "" ? "" : layouts.get(input, isImage(i) ? "batch-last" : "batch-first"),
  );
  const made = MOVES[node.operator](layouts.g, node, inputs);
  if (made !== undefined) layouts.set(node.outputs[0], "batch-last", made);
  return made !== undefined;
}

/** A reduction over the same axes, wherever they are now; with the axes dropped, if the rest keeps its order. */
function writeReduction(layouts: Layouts, node: Node): boolean {
  const { g } = layouts;
  const constant = node.inputs[1] ? g.constantValue(layouts.get(node.inputs[1], "batch-first")) : undefined;
  if (node.inputs[1] && !constant) return false;
  if (intOf(node, "noop_with_empty_axes", 0) === 1) return false;
  const given = constant ? Array.from(constant.data, Number) : (intsOf(node, "axes") ?? []);
  const axes = (given.length === 0 ? [0, 1, 2, 3] : given).map((axis) => (axis + 4) % 4);
  const keep = intOf(node, "keepdims", 1);
  const left = [0, 1, 2, 3].filter((axis) => !axes.includes(axis));
  if (!keep && left.length > 1) return false;
  const moved = axes.map(batchLastAxis).sort((a, b) => a - b);
  const x = layouts.get(node.inputs[0], "batch-last");
  const made = g.op(node.operator, [x, g.ints(...moved)], attributes({ keepdims: keep }));
  layouts.set(node.outputs[0], keep ? "batch-last" : "batch-first", made);
  return true;
}

/** The shape C, H, W, N of a value of the original graph, if it is a batch of images of fixed size. */
function batchLastShape(layouts: Layouts, value: string): readonly number[] | undefined {
  const shape = layouts.shapeOf(value);
  if (shape?.length !== 4) return undefined;
  const [batch, ...rest] = shape;
  return [...rest, batch];
}
