/** The other way round: nodes of version 20 as older runtimes know them. */

import { type AttributeInput, attributes, float, floatOf, intOf, stringOf } from "../attributes.js";
import { isStatic } from "../dimension.js";
import { inferShapes } from "../infer/infer.js";
import { type Model, modelOf } from "../model.js";
import { float32, int64 } from "../tensor.js";
import { type AttributeValue, type Dimension, type Graph, type Node, OPSET, type Tensor } from "../types.js";
import { subgraphs } from "../unused.js";
import { withAttributes } from "./change.js";
import { CHANGES } from "./changes.js";

/** The operator set that a graph is written in where its nodes allow it: ONNX 1.8 (2020), and all runtimes since. */
export const PORTABLE = 13;

/** Attributes that came after version 13: since when, and the value that says nothing. */
const ADDED: Readonly<Record<string, Readonly<Record<string, readonly [since: number, nothing?: number | string]>>>> = {
  AveragePool: { dilations: [19, 1] },
  BatchNormalization: { training_mode: [14, 0] },
  Cast: { saturate: [19, 1] },
  GRU: { layout: [14, 0] },
  LSTM: { layout: [14, 0] },
  LpPool: { dilations: [18, 1], ceil_mode: [18, 0] },
  QuantizeLinear: { saturate: [19, 1] },
  RNN: { layout: [14, 0] },
  Reshape: { allowzero: [14, 0] },
  Resize: { antialias: [18, 0], axes: [18], keep_aspect_ratio_policy: [18, "stretch"] },
  RoiAlign: { coordinate_transformation_mode: [16, "output_half_pixel"] },
  ScatterElements: { reduction: [16, "none"] },
  ScatterND: { reduction: [16, "none"] },
  Shape: { start: [15, 0], end: [15] },
  Split: { num_outputs: [18] },
};

/** Words that an attribute may say only since some version. */
const WORDS: Readonly<Record<string, readonly [attribute: string, since: number, ...words: readonly string[]]>> = {
  Pad: ["mode", 19, "wrap"],
  Resize: ["coordinate_transformation_mode", 19, "half_pixel_symmetric"],
  ScatterElements: ["reduction", 18, "max", "min"],
  ScatterND: ["reduction", 18, "max", "min"],
};

/** Reductions whose axes became an input in version 18; those of ReduceSum did so in 13. */
const isReduction = (operator: string): boolean => operator.startsWith("Reduce") && operator !== "ReduceSum";

const isSaid = ({ inputs }: Node, i: number): boolean => (inputs[i] ?? "") !== "";

/** Nodes that the newest change of their operator does not concern. */
function isAsBefore(node: Node): boolean {
  const { operator, outputs } = node;
  if (isReduction(operator)) return !isSaid(node, 1) && intOf(node, "noop_with_empty_axes", 0) === 0;
  if (operator === "BatchNormalization") return outputs.length === 1 && !node.attributes.training_mode;
  if (operator === "Split") return !node.attributes.num_outputs;
  return operator === "RoiAlign" && !node.attributes.coordinate_transformation_mode;
}

const says = ({ value }: AttributeValue, nothing: number | string | undefined): boolean =>
  nothing !== undefined &&
  (Array.isArray(value) ? value.every((each) => Number(each) === nothing) : `${value}` === `${nothing}`);

/** The node without attributes that only a later version has, and that say nothing. */
function withoutNothing(node: Node): Node {
  const added = Object.hasOwn(ADDED, node.operator) ? ADDED[node.operator] : {};
  const needless = Object.entries(added).flatMap(([name, [, nothing]]) => {
    const attribute = node.attributes[name];
    return attribute && says(attribute, nothing) ? [name] : [];
  });
  return needless.length > 0 ? withAttributes(node, needless) : node;
}

/** The first version in which a node of version 20 means what it does. */
function neededBy(node: Node): number {
  const { domain, operator } = node;
  if (domain !== "" || !Object.hasOwn(CHANGES, operator)) return PORTABLE;
  if (subgraphs(node).length > 0) return OPSET;
  const versions = CHANGES[operator].filter((version) => (typeof version === "number" ? version : version[0]) <= OPSET);
  const changes = versions.flatMap((version) => (typeof version === "number" ? [] : [version[0]]));
  const changed = Math.max(0, ...(isAsBefore(node) ? changes.slice(0, -1) : changes));
  const [first] = versions;
  const added = Object.entries(Object.hasOwn(ADDED, operator) ? ADDED[operator] : {});
  const since = added.flatMap(([name, [version]]) => (node.attributes[name] ? [version] : []));
  const [attribute, later, ...words] = Object.hasOwn(WORDS, operator) ? WORDS[operator] : ["", 0];
  if (words.includes(stringOf({ ...node, attributes: attribute ? node.attributes : {} }, attribute, "")))
    since.push(later);
  if (operator === "Pad" && isSaid(node, 3)) since.push(18);
  return Math.max(PORTABLE, typeof first === "number" ? first : first[0], changed, ...since);
}

/** What a rewording may look at, and how it writes. */
interface Writer {
  readonly node: Node;
  shape(value: string): readonly Dimension[] | undefined;
  constant(value: string): Tensor | undefined;
  /** Adds a constant and returns its name. */
  initializer(value: Tensor): string;
  /** Writes a node and returns its output's name; that of the node that is reworded where it is the last one. */
  op(
    operator: string,
    inputs: readonly string[],
    given?: Readonly<Record<string, AttributeInput>>,
    isLast?: boolean,
  ): string;
}

/** Writes a node in words of an older version. @returns that version, or nothing where it cannot */
type Rewording = (c: Writer) => number | undefined;

/** Axes as an attribute. */
const reduction: Rewording = (c) => {
  const { node } = c;
  const axes = isSaid(node, 1) ? c.constant(node.inputs[1]) : undefined;
  if (isSaid(node, 1) ? !axes || axes.data.length === 0 : intOf(node, "noop_with_empty_axes", 0) !== 0)
    return undefined;
  const keepdims = intOf(node, "keepdims", 1);
  c.op(node.operator, [node.inputs[0]], { keepdims, ...(axes ? { axes: Array.from(axes.data, Number) } : {}) }, true);
  return PORTABLE;
};

const REWORDINGS: Readonly<Record<string, Rewording>> = {
  Gelu(c) {
    const [x] = c.node.inputs;
    const number = (value: number): string => c.initializer(float32([value]));
    const half = c.op("Mul", [x, number(0.5)]);
    const squashed =
      stringOf(c.node, "approximate", "none") === "tanh"
        ? c.op("Tanh", [
            c.op("Mul", [
              c.op("Add", [x, c.op("Mul", [c.op("Mul", [c.op("Mul", [x, x]), x]), number(0.044715)])]),
              number(Math.sqrt(2 / Math.PI)),
            ]),
          ])
        : c.op("Erf", [c.op("Mul", [x, number(Math.SQRT1_2)])]);
    c.op("Mul", [half, c.op("Add", [squashed, number(1)])], {}, true);
    return PORTABLE;
  },
  GridSample(c) {
    const { node } = c;
    const mode = stringOf(node, "mode", "linear");
    if (c.shape(node.inputs[0])?.length !== 4) return undefined;
    const word = { linear: "bilinear", cubic: "bicubic" }[mode] ?? mode;
    c.op("GridSample", node.inputs, { ...node.attributes, mode: word }, true);
    return 16;
  },
  HardSwish(c) {
    const [x] = c.node.inputs;
    c.op("Mul", [x, c.op("HardSigmoid", [x], { alpha: float(1 / 6), beta: float(0.5) })], {}, true);
    return PORTABLE;
  },
  LayerNormalization(c) {
    const { inputs, outputs } = c.node;
    const axis = intOf(c.node, "axis", -1);
    const rank = c.shape(inputs[0])?.length;
    if (outputs.length > 1 || rank === undefined) return undefined;
    const first = axis < 0 ? axis + rank : axis;
    const axes = Array.from({ length: rank - first }, (_, i) => first + i);
    const meanOf = (value: string): string => c.op("ReduceMean", [value], { axes, keepdims: 1 });
    const centred = c.op("Sub", [inputs[0], meanOf(inputs[0])]);
    const variance = meanOf(c.op("Mul", [centred, centred]));
    const epsilon = c.initializer(float32([floatOf(c.node, "epsilon", 1e-5)]));
    const plain = c.op("Div", [centred, c.op("Sqrt", [c.op("Add", [variance, epsilon])])]);
    const hasBias = isSaid(c.node, 2);
    const scaled = c.op("Mul", [plain, inputs[1]], {}, !hasBias);
    if (hasBias) c.op("Add", [scaled, inputs[2]], {}, true);
    return PORTABLE;
  },
  Mish(c) {
    const [x] = c.node.inputs;
    c.op("Mul", [x, c.op("Tanh", [c.op("Softplus", [x])])], {}, true);
    return PORTABLE;
  },
  Shape(c) {
    const bounds = [intOf(c.node, "start", 0), intOf(c.node, "end", 2 ** 31 - 1), 0].map((each) =>
      c.initializer(int64([each])),
    );
    c.op("Slice", [c.op("Shape", c.node.inputs), ...bounds], {}, true);
    return PORTABLE;
  },
  /** A list of sizes says the same as their number, where it is known how much there is. */
  Split(c) {
    const { node } = c;
    const shape = c.shape(node.inputs[0]);
    const axis = intOf(node, "axis", 0);
    const size = shape?.at(axis);
    if (isSaid(node, 1) || size === undefined || !isStatic([size])) return undefined;
    const most = Math.ceil(Number(size) / node.outputs.length);
    const sizes = node.outputs.map((_, i) => Math.min(most, Number(size) - i * most));
    if (sizes.some((each) => each < 0)) return undefined;
    c.op("Split", [node.inputs[0], c.initializer(int64(sizes))], { axis }, true);
    return PORTABLE;
  },
};

/** What takes the place of a node. */
interface Reworded {
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly version: number;
}

function rewordingOf(node: Node, graph: Graph, shapeOf: Writer["shape"]): Reworded | undefined {
  const { operator, outputs } = node;
  const rewording = isReduction(operator)
    ? reduction
    : Object.hasOwn(REWORDINGS, operator)
      ? REWORDINGS[operator]
      : undefined;
  const nodes: Node[] = [];
  const constants = new Map<string, Tensor>();
  const unique = (): string => `${outputs[0]}/${nodes.length + constants.size}`;
  const version = rewording?.({
    node,
    shape: shapeOf,
    constant: (value) => graph.initializers.get(value),
    initializer(value) {
      const name = unique();
      constants.set(name, value);
      return name;
    },
    op(own, inputs, given = {}, isLast = false) {
      const name = isLast ? node.name : unique();
      nodes.push({
        operator: own,
        domain: "",
        name,
        inputs,
        outputs: isLast ? outputs : [name],
        attributes: attributes(given),
      });
      return isLast ? outputs[0] : name;
    },
  });
  return version === undefined ? undefined : { nodes, constants, version };
}

/** The version of the file format that came with an operator set: of 1.8, 1.9, 1.10 to 1.13, 1.14 and 1.15. */
const irVersionOf = (version: number): number => (version < 15 ? 7 : version < 19 ? 8 : 9);

/**
 * A graph of version 20 as a model that older runtimes run, too: in operator set 13 where its nodes can be written in it, else in the first that has them all.
 * It computes the same; the axes of reductions become attributes again, the number of parts of a Split their sizes, and HardSwish, Gelu, Mish and
 * LayerNormalization several nodes.
 *
 * @throws ShapeError when nodes do not fit their inputs
 * @example
 * const g = new GraphBuilder("mean");
 * g.output("y", g.op("ReduceMean", [g.input("x", "float32", ["N", 4]), g.ints(1)], { keepdims: 1 }));
 * downgradeGraph(g.build()).opsets; // {"": 13}
 */
export function downgradeGraph(graph: Graph): Model {
  const types = inferShapes(graph);
  const plain = graph.nodes.map(withoutNothing);
  const written = plain.map((node) => {
    const needed = neededBy(node);
    return {
      node,
      needed,
      reworded: needed > PORTABLE ? rewordingOf(node, graph, (value) => types.get(value)?.shape) : undefined,
    };
  });
  const version = written.reduce((most, { needed, reworded }) => Math.max(most, reworded?.version ?? needed), PORTABLE);
  const taken = written.flatMap(({ needed, reworded }) => (reworded && needed > version ? [reworded] : []));
  const opsets = { "": version };
  const nodes = written.flatMap(({ node, needed, reworded }) =>
    reworded && needed > version ? reworded.nodes : [node],
  );
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const outer = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  const initializers = new Map(
    [...graph.initializers, ...taken.flatMap(({ constants }) => [...constants])].filter(
      ([name]) => read.has(name) || !outer.has(name),
    ),
  );
  return { ...modelOf({ ...graph, nodes, initializers, opsets }), opsets, irVersion: irVersionOf(version) };
}
