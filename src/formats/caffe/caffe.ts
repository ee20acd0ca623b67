/** Caffe's networks: a text that says what the layers are (prototxt), a binary file that has their arrays (caffemodel), or both. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { dag, type Network } from "../../network/network.js";
import { errorText } from "../../values/error-text.js";
import type { ImageShape } from "../../values/image-shape.js";
import { type Bytes, headOf, textOf } from "../bytes.js";
import type {
  ForeignFiles,
  ForeignModel,
  ForeignOptions,
  ForeignPreprocessing,
  FormatReader,
} from "../foreign-model.js";
import { placeLayers } from "../placed-layers.js";
import { topFields } from "../protobuf.js";
import { blobData, blobShape } from "./blob.js";
import { decodeBlob, decodeNet } from "./caffemodel.js";
import type { Message } from "./message.js";
import { blobsOf, type CaffeNet, rawLayers, takeNet } from "./net.js";
import { parsePrototxt } from "./prototxt.js";

/** The largest text of layers, in bytes; ResNet-152's has 100 kB. */
const LARGEST_TEXT = 2 ** 24;

type Kind = "text" | "binary" | "mean";

/** What a file of Caffe's is; undefined where it is none. */
function kindOf(file: Bytes): Kind | undefined {
  const bytes = headOf(file, 4096);
  const isText = bytes.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
  const code = textOf(bytes).replace(/#[^\n]*/g, "");
  if (isText)
    return /^\s*(name|layers?|input|input_dim|input_shape|state|force_backward)\s*[:{]/.test(code) ? "text" : undefined;
  const fields = topFields(file);
  if (fields.some(({ number, wire }) => (number === 100 || number === 2) && wire === 2)) {
    // ONNX has its producer's name as field 2, and begins with a number.
    return fields[0].number === 1 && fields[0].wire === 0 ? undefined : "binary";
  }
  const isMean = fields.length > 0 && fields.every(({ number, wire }) => (number <= 4 ? wire === 0 : number === 5));
  return isMean && fields.some(({ number, wire }) => number === 5 && wire === 2) ? "mean" : undefined;
}

export const caffe: FormatReader = {
  format: "caffe",
  recognises: (file) => kindOf(file) !== undefined,
  read(files, options) {
    try {
      return readCaffe(files, options);
    } catch (error) {
      if (error instanceof ModelFormatError) throw error;
      throw new ModelFormatError(`Caffe: ${errorText(error)}`, { cause: error });
    }
  },
};

function readCaffe(files: ForeignFiles, options: ForeignOptions): ForeignModel {
  const byKind = new Map<Kind, Bytes>();
  for (const [name, file] of files) {
    const kind = kindOf(file);
    if (!kind) continue;
    if (byKind.has(kind)) throw new ModelFormatError(`Caffe: ${name}: expected one ${NAMES[kind]}, got two.`);
    byKind.set(kind, file);
  }
  const [text, binary, mean] = [byKind.get("text"), byKind.get("binary"), byKind.get("mean")];
  const weights = binary && decodeNet(binary);
  const structure = text ? parsed(text) : weights;
  if (!structure) throw new ModelFormatError("Caffe: expected a prototxt or a caffemodel, got a mean image alone.");
  const blobs = weights && blobsOf(weights);
  const net = takeNet(structure, blobs, options);
  const [image] = Object.values(net.inputs);
  const notes = [...net.notes, ...unusedNote(structure, blobs)];
  const preprocessing = preprocessingOf(net, image, mean && decodeBlob(mean), notes);
  const common = { format: "caffe" as const, name: net.name, preprocessing };
  if (blobs) return { ...common, ...placeLayers("Caffe", net.name, net.inputs, net.layers), notes };
  return {
    ...common,
    network: networkOf(net),
    notes: [...notes, "There are no weights: the caffemodel was not given."],
  };
}

const NAMES: Readonly<Record<Kind, string>> = { text: "prototxt", binary: "caffemodel", mean: "mean image" };

function parsed(file: Bytes): Message {
  if (file.size > LARGEST_TEXT) {
    throw new ModelFormatError(`Caffe: expected a prototxt of at most ${LARGEST_TEXT} bytes, got ${file.size}.`);
  }
  return parsePrototxt(textOf(file.at(0, file.size)), "the network");
}

function networkOf({ name, inputs, layers }: CaffeNet): Network {
  try {
    return dag(
      name,
      inputs,
      layers.map(({ layer }) => layer),
    );
  } catch (error) {
    throw new ModelFormatError(`Caffe: the layers do not hold together: ${errorText(error)}`, { cause: error });
  }
}

/** Arrays of layers that the text has not. */
function unusedNote(structure: Message, blobs: ReadonlyMap<string, unknown> | undefined): string[] {
  const said = new Set(rawLayers(structure).map(({ name }) => name));
  const unused = [...(blobs?.keys() ?? [])].filter((name) => !said.has(name));
  const list = unused.slice(0, 5).map((name) => `'${name}'`);
  return unused.length === 0 ? [] : [`The weights of ${list.join(", ")} belong to no layer that is used.`];
}

function preprocessingOf(
  { transform }: CaffeNet,
  image: ImageShape,
  mean: Message | undefined,
  notes: string[],
): ForeignPreprocessing {
  const { channels, height, width } = image;
  const values = transform?.numbers("mean_value") ?? [];
  const scale = transform?.number("scale", 1) ?? 1;
  const meanFile = transform?.text("mean_file") ?? "";
  if (meanFile !== "" && !mean)
    notes.push(`A mean image '${meanFile}' is taken away from the pictures: it was not given.`);
  const average = mean
    ? meanOf(mean, image, notes)
    : values.length === 1
      ? Array.from({ length: channels }, () => values[0])
      : values;
  return {
    size: [height, width],
    channels,
    ...(channels === 3 && { channelOrder: "bgr" as const }),
    ...(average.length > 0 && { mean: average }),
    ...(scale !== 1 && scale > 0 && { deviation: Array.from({ length: channels }, () => 1 / scale) }),
  };
}

/** The mean image in the network's size, or its mean for each channel where it is larger, as pictures are cut out of it. */
function meanOf(blob: Message, { channels, height, width }: ImageShape, notes: string[]): number[] {
  const data = blobData(blob, "the mean image");
  const [depth, rows, columns] = blobShape(blob).slice(-3);
  if (depth !== channels)
    throw new ModelFormatError(`Caffe: the mean image: expected ${channels} channels, got ${depth}.`);
  if (rows === height && columns === width) return Array.from(data);
  notes.push(`The mean image is ${rows}×${columns}: its mean in each channel is taken.`);
  const size = rows * columns;
  return Array.from(
    { length: channels },
    (_, c) => data.subarray(c * size, (c + 1) * size).reduce((a, b) => a + b, 0) / size,
  );
}
