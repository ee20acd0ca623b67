/** TensorFlow Lite's files as ONNX models: float32, float16 and 8-bit ones, whose numbers become the float32 ones that they stand for. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import { modelOf } from "../../graph/model.js";
import type { Graph } from "../../graph/types.js";
import { errorText } from "../../values/error-text.js";
import { budgetOf } from "../budget.js";
import { type Bytes, hasBytes, headOf } from "../bytes.js";
import { BATCH, BatchMoved, LaidGraph } from "../channels-last/values.js";
import type { ForeignModel, ForeignPreprocessing, FormatReader } from "../foreign-model.js";
import { arranging } from "./arrange.js";
import { computing } from "./compute.js";
import { readMetadata, type TfliteMetadata } from "./metadata.js";
import { Building, Operation } from "./operation.js";
import { decodeTflite, type TfliteModel, type TfliteOperator } from "./schema.js";
import { type Rule, windows } from "./windows.js";

const RULES: ReadonlyMap<string, Rule> = new Map(Object.entries({ ...windows, ...computing, ...arranging }));

/** "TFL3", behind the offset of the root. */
const MARK = [0x54, 0x46, 0x4c, 0x33];

export const tflite: FormatReader = {
  format: "tflite",
  recognises: (file) => hasBytes(headOf(file, 8), MARK, 4),
  async read(files) {
    const [file] = files.values();
    return readTflite(file);
  },
};

/** The operators that are read, by TFLite's names. */
export const TFLITE_OPERATORS: readonly string[] = [...RULES.keys()];

async function readTflite(file: Bytes): Promise<ForeignModel> {
  const budget = budgetOf(file.size);
  const model = decodeTflite(file.at(0, file.size), budget);
  const metadata = model.metadata && (await readMetadata(model.metadata, file, budget));
  const { graph, isFixed } = graphOf(model, file.size);
  const name = metadata?.name || model.name;
  return {
    format: "tflite",
    name,
    graph: modelOf(graph, { producer: { name: "bellpepper", version: "" } }),
    ...(metadata?.classes ? { classes: metadata.classes } : {}),
    ...preprocessingOf(model, metadata),
    ...(metadata ? { metadata: metadata.texts } : {}),
    notes: [...notesOf(model, isFixed), ...(metadata?.notes ?? [])],
  };
}

/** The graph with its batch left free or, where operators hold on to its size, with the file's. */
function graphOf(model: TfliteModel, size: number): { graph: Graph; isFixed: boolean } {
  const [first] = model.inputs.map((index) => model.tensors[index]);
  if (!first) throw new ModelFormatError("TFLite: expected an input, got none.");
  const batch = first.shape[0] === -1 ? 1 : first.shape[0];
  try {
    return { graph: build(model, batch, size), isFixed: false };
  } catch (error) {
    if (!(error instanceof ModelFormatError)) throw error;
    return { graph: build(model, undefined, size), isFixed: true };
  }
}

function build(model: TfliteModel, batch: number | undefined, size: number): Graph {
  const graph = new LaidGraph(model.name || "tflite", budgetOf(size));
  const building = new Building(graph, model, batch);
  for (const index of model.inputs) addInput(building, index);
  for (const [place, node] of model.operators.entries()) {
    const where = `TFLite: operator ${place} (${node.name}, '${model.tensors[node.outputs[0]]?.name ?? ""}')`;
    try {
      add(building, node);
    } catch (error) {
      if (error instanceof BatchMoved && batch !== undefined) throw error;
      throw new ModelFormatError(`${where}: ${errorText(error).replace(/\.$/, "")}.`, { cause: error });
    }
  }
  for (const index of model.outputs) {
    try {
      graph.output(model.tensors[index].name || "output", building.value(index));
    } catch (error) {
      throw new ModelFormatError(`TFLite: output '${model.tensors[index].name}': ${errorText(error)}.`, {
        cause: error,
      });
    }
  }
  return graph.build();
}

function addInput(building: Building, index: number): void {
  const { name, shape, type, open } = building.tensor(index);
  const where = `TFLite: input '${name}'`;
  if (!["float32", "uint8", "int8", "int16", "float16"].includes(type)) {
    throw new ModelFormatError(
      `${where}: expected pictures or other numbers, got ${type}, which stands for something else.`,
    );
  }
  const [first, ...rest] = shape;
  if (open.some((axis) => axis > 0) || rest.some((size) => size < 1)) {
    const sizes = shape.map((size, axis) => (open.includes(axis) || size < 1 ? "?" : size));
    throw new ModelFormatError(
      `${where} is ${sizes.join("×")}: the file leaves sizes open, and what it computes with is laid out for none of them. Convert the model with the size of its images said (\`shape=[1, 224, 224, 3]\`).`,
    );
  }
  const { batch } = building;
  const isBatched = batch !== undefined && (first === batch || first === -1);
  const sizes = first === undefined ? [] : [isBatched ? BATCH : Math.max(1, first), ...rest];
  building.set(index, building.graph.input(name || "input", sizes));
}

/** Operators whose results may be sizes, computed from other sizes. */
const OF_SIZES = new Set(
  "SHAPE STRIDED_SLICE SLICE PACK CONCATENATION GATHER ADD SUB MUL FLOOR_DIV MAXIMUM MINIMUM REDUCE_PROD CAST RESHAPE SQUEEZE EXPAND_DIMS FILL RANGE RANK".split(
    " ",
  ),
);

function add(building: Building, node: TfliteOperator): void {
  const areWhole = node.outputs.every((index) => ["int32", "int64"].includes(building.tensor(index).type));
  const ofSizes = node.name === "SHAPE" || node.inputs.every((index) => building.isSizes(index));
  if (areWhole && ofSizes && OF_SIZES.has(node.name)) {
    for (const index of node.outputs) building.setSizes(index);
    return;
  }
  const rule = RULES.get(node.name);
  if (!rule) throw new ModelFormatError("this operator is not read; docs/models.md lists those that are");
  const op = new Operation(building, node);
  const scope = op.output().name.split(";")[0] || node.name;
  const made = building.graph.g.scope(scope, () => rule(op));
  for (const [i, value] of (Array.isArray(made) ? made : [made]).entries()) {
    expectShape(building, node.outputs[i], building.graph.shape(value));
    building.set(node.outputs[i], value);
  }
}

/** @throws ModelFormatError when a result is not as large as the file declares it */
function expectShape(building: Building, index: number, got: readonly (number | string)[]): void {
  const { shape } = building.tensor(index ?? -1);
  const fits =
    shape.length === 0 ||
    (shape.length === got.length &&
      shape.every((size, axis) => typeof got[axis] === "string" || size === got[axis] || size === -1));
  if (!fits) throw new ModelFormatError(`expected ${formatShape(shape)} as declared, got ${formatShape(got)}`);
}

function preprocessingOf(
  model: TfliteModel,
  metadata: TfliteMetadata | undefined,
): { preprocessing?: ForeignPreprocessing } {
  const input = model.tensors[model.inputs[0]];
  const output = model.tensors[model.outputs[0]];
  if (input.shape.length !== 4) return {};
  const [, height, width, channels] = input.shape;
  const each = (values: readonly number[]): number[] =>
    Array.from({ length: channels }, (_, i) => values[i % values.length]);
  const { quantization, type } = input;
  const { normalization } = metadata ?? {};
  const common = {
    size: [height, width] as const,
    channels,
    ...(metadata?.channelOrder ? { channelOrder: metadata.channelOrder } : {}),
    // ImageNet's 1000 classes, and the background before them.
    ...(output.shape.at(-1) === 1001 ? { labelOffset: 1 } : {}),
  };
  if (quantization && ["uint8", "int8"].includes(type)) {
    // A pixel is the whole number itself, or 128 more than it.
    const zero = (quantization.zero[0] ?? 0) + (type === "int8" ? 128 : 0);
    return { preprocessing: { ...common, mean: each([zero]), deviation: each([1 / quantization.scale[0]]) } };
  }
  if (!normalization || normalization.mean.length === 0 || normalization.deviation.length === 0) {
    return { preprocessing: common };
  }
  return { preprocessing: { ...common, mean: each(normalization.mean), deviation: each(normalization.deviation) } };
}

function notesOf({ tensors, inputs }: TfliteModel, isFixed: boolean): string[] {
  const constants = tensors.filter(({ bytes }) => bytes);
  const whole = constants.filter(({ quantization, type }) => quantization && !["float32", "float16"].includes(type));
  const half = constants.filter(({ type }) => type === "float16");
  const notes: string[] = [];
  if (whole.length > 0) {
    notes.push(
      `${whole.length} quantised tensors were made the float32 numbers that they stand for; what is computed with them is not rounded.`,
    );
  }
  if (half.length > 0) notes.push(`${half.length} tensors of half precision were made float32.`);
  const first = tensors[inputs[0]];
  // of images, their preparation says it
  if (first.quantization && first.type !== "float32" && first.shape.length !== 4) {
    notes.push("The network takes the numbers that the bytes of the file's input stand for.");
  }
  if (isFixed)
    notes.push(
      `The graph takes ${Math.max(1, first.shape[0])} samples at a time: its operators hold on to that number.`,
    );
  return notes;
}
