/** Keras's models as ONNX models: `.keras` archives, and HDF5 files with weights and configuration. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { modelOf } from "../../graph/model.js";
import type { Dimension } from "../../graph/types.js";
import { errorText } from "../../values/error-text.js";
import { budgetOf } from "../budget.js";
import { type Bytes, textOf } from "../bytes.js";
import { BATCH, LaidGraph } from "../channels-last/values.js";
import type { ForeignModel, ForeignOptions, ForeignPreprocessing, FormatReader } from "../foreign-model.js";
import { hdf5Start, openHdf5 } from "../hdf5/hdf5.js";
import { isZip, readZip } from "../zip.js";
import { isList, isObject, type Json } from "./fields.js";
import { type KerasLayer, type KerasModel, readKerasModel } from "./model.js";
import { Running } from "./run.js";
import { type WeightsOf, weightsByName, weightsByPlace } from "./weights.js";

const CONFIG = "config.json";
const WEIGHTS = "model.weights.h5";
/** The largest configuration, in bytes; EfficientNet B7's has a megabyte. */
const LARGEST_CONFIG = 2 ** 26;

export const keras: FormatReader = {
  format: "keras",
  recognises(file) {
    try {
      if (isZip(file)) {
        const { names } = readZip(file);
        return names.includes(CONFIG) && names.includes(WEIGHTS);
      }
      if (hdf5Start(file) !== 0) return false;
      const root = openHdf5(file);
      const words = [...root.attributes, ...root.names];
      return [
        "model_config",
        "keras_version",
        "layer_names",
        "model_weights",
        "layers",
        "_layer_checkpoint_dependencies",
      ].some((word) => words.includes(word));
    } catch {
      return false;
    }
  },
  async read(files, options) {
    const [file] = files.values();
    try {
      const { config, version, weightsOf } = isZip(file) ? await openArchive(file) : openFile(file);
      const major = Number.parseInt(version, 10);
      const model = await readKerasModel(config, { weightsOf, version: Number.isNaN(major) ? 2 : major });
      return modelOfKeras(model, version, file, options);
    } catch (error) {
      if (error instanceof ModelFormatError) throw error;
      throw new ModelFormatError(`Keras: ${errorText(error)}`, { cause: error });
    }
  },
};

interface Opened {
  readonly config: Json;
  /** "3.5.0" */
  readonly version: string;
  readonly weightsOf: WeightsOf;
}

async function openArchive(file: Bytes): Promise<Opened> {
  const zip = readZip(file);
  const budget = budgetOf(file.size);
  const json = async (name: string): Promise<Json> => {
    const bytes = await zip.file(name, budget);
    return parsed(bytes.at(0, bytes.size), name);
  };
  const config = await json(CONFIG);
  const metadata = zip.names.includes("metadata.json") ? await json("metadata.json") : null;
  const version = isObject(metadata) ? metadata.keras_version : undefined;
  const weights = openHdf5(await zip.file(WEIGHTS, budget));
  return { config, version: typeof version === "string" ? version : "3", weightsOf: weightsByPlace(weights) };
}

function openFile(file: Bytes): Opened {
  const root = openHdf5(file);
  const text = (name: string): string | undefined => {
    const value = root.attribute(name) ?? root.get("model_weights")?.attribute(name);
    return value?.kind === "texts" ? value.texts[0] : undefined;
  };
  const config = text("model_config");
  if (config === undefined) {
    throw new ModelFormatError(
      "Keras: expected the layers (model_config), got weights alone: save the whole model, model.save('model.keras').",
    );
  }
  return {
    config: parsed(config, "model_config"),
    version: text("keras_version") ?? "2",
    weightsOf: weightsByName(root),
  };
}

function parsed(content: Uint8Array | string, name: string): Json {
  if (content.length > LARGEST_CONFIG) {
    throw new ModelFormatError(`Keras: ${name}: expected at most ${LARGEST_CONFIG} bytes, got ${content.length}.`);
  }
  try {
    const json: Json = JSON.parse(typeof content === "string" ? content : textOf(content));
    return json;
  } catch {
    throw new ModelFormatError(`Keras: ${name}: expected JSON, got something else.`);
  }
}

function modelOfKeras(model: KerasModel, version: string, file: Bytes, options: ForeignOptions): ForeignModel {
  const isFirst = hasChannelsFirst(model);
  const graph = new LaidGraph(model.name || "keras", budgetOf(file.size));
  const inputs = inputsOf(model).map(({ name, shape }) => {
    const sizes = sizesOf(name, shape, options, isFirst);
    return { sizes, value: graph.input(name, sizes, isFirst ? "plain" : undefined) };
  });
  const running = new Running(graph);
  const outputs = running.model(
    model,
    inputs.map(({ value }) => value),
  );
  for (const [i, value] of outputs.entries()) graph.output(outputName(model, i), value, isFirst ? "plain" : undefined);
  const { idle } = running;
  const notes =
    idle.length === 0
      ? []
      : [
          `Layers that do something in training only were left out: ${idle.slice(0, 3).join(", ")}${idle.length > 3 ? " …" : ""}.`,
        ];
  return {
    format: "keras",
    name: model.name,
    graph: modelOf(graph.build()),
    ...preprocessingOf(inputs[0].sizes, isFirst),
    metadata: { kerasVersion: version },
    notes,
  };
}

/** Whether a layer, also one within, says that its channels stand behind the batch. */
const hasChannelsFirst = (model: KerasModel): boolean =>
  model.layers.some(({ fields, model: inner }) =>
    inner ? hasChannelsFirst(inner) : fields.get("data_format") === "channels_first",
  );

interface Input {
  readonly name: string;
  readonly shape: Json | undefined;
}

/** The sizes that an input layer, or the first layer, says; with an axis for the batch. */
const shapeOf = ({ fields }: KerasLayer): Json | undefined =>
  fields.get("batch_shape") ?? fields.get("batch_input_shape");

function inputsOf(model: KerasModel): Input[] {
  if (model.isSequential) {
    const [first] = model.layers;
    if (!first) throw new ModelFormatError("Keras: expected layers, got none.");
    // The first layer may be a model of its own.
    const shape = shapeOf(first) ?? model.inputShape ?? (first.model ? inputsOf(first.model)[0]?.shape : undefined);
    return [{ name: first.className === "InputLayer" ? first.name : "input", shape }];
  }
  const inputs = model.inputs.map((ref): Input => {
    const layer = model.layers.find(
      ({ name }) => ref.startsWith(`${name}/`) && ref.split("/").length === name.split("/").length + 2,
    );
    if (!layer) throw new ModelFormatError(`Keras: expected an input layer, got '${ref}'.`);
    return { name: layer.name, shape: shapeOf(layer) };
  });
  if (inputs.length === 0) throw new ModelFormatError("Keras: expected inputs, got none.");
  return inputs;
}

function sizesOf(name: string, shape: Json | undefined, { image }: ForeignOptions, isFirst: boolean): Dimension[] {
  const where = `Keras: input '${name}'`;
  if (!isList(shape) || shape.length === 0) throw new ModelFormatError(`${where}: expected its sizes, got none.`);
  const isImage = shape.length === 4;
  const open = isFirst ? ["", "C", "H", "W"] : ["", "H", "W", "C"];
  const given =
    image &&
    (isFirst ? [0, image.channels, image.height, image.width] : [0, image.height, image.width, image.channels]);
  return shape.map((size, axis) => {
    if (axis === 0) return BATCH;
    if (size === null) return isImage ? (given?.[axis] ?? open[axis]) : `${name}.${axis}`;
    if (typeof size === "number" && Number.isSafeInteger(size) && size > 0) return size;
    throw new ModelFormatError(`${where}: expected whole numbers, got ${JSON.stringify(shape)}.`);
  });
}

const outputName = (model: KerasModel, index: number): string => {
  const name = model.isSequential ? model.layers.at(-1)?.name : model.outputs[index].split("/").slice(0, -2).join("/");
  return name || "output";
};

function preprocessingOf(sizes: readonly Dimension[], isFirst: boolean): { preprocessing?: ForeignPreprocessing } {
  if (sizes.length !== 4) return {};
  const [height, width, channels] = isFirst ? [sizes[2], sizes[3], sizes[1]] : sizes.slice(1);
  return {
    preprocessing: {
      ...(typeof height === "number" && typeof width === "number" ? { size: [height, width] as const } : {}),
      ...(typeof channels === "number" ? { channels } : {}),
    },
  };
}
