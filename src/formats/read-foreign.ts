/** Reads a model of another toolbox, whatever its format. */

import { ModelFormatError } from "../graph/codec/foreign.js";
import { type Bytes, bytesInMemory } from "./bytes.js";
import { caffe } from "./caffe/caffe.js";
import type { ForeignFiles, ForeignFormat, ForeignModel, ForeignOptions, FormatReader } from "./foreign-model.js";
import { keras } from "./keras/keras.js";
import { matconvnet } from "./matconvnet/matconvnet.js";
import { onnx } from "./onnx.js";
import { pytorch } from "./pytorch/pytorch.js";
import { safetensors } from "./safetensors.js";
import { tflite } from "./tflite/tflite.js";
import { unknownFormat } from "./unknown-format.js";

/** The formats, in the order in which they are asked: those whose first bytes say what they are come first. */
const READERS: readonly FormatReader[] = [safetensors, tflite, pytorch, keras, matconvnet, onnx, caffe];

/** The formats whose models may lie in several files. */
const IN_SEVERAL: ReadonlySet<ForeignFormat> = new Set<ForeignFormat>(["caffe", "safetensors"]);

/** A model's file: an array, or bytes that are read piece by piece; or its files by their names. */
export type ForeignInput = Uint8Array | Bytes | ReadonlyMap<string, Uint8Array | Bytes>;

/**
 * The format of a file, by its content; undefined where it is none of those that are read.
 *
 * @example
 * formatOf(writeSafetensors(new Map())); // "safetensors"
 */
export const formatOf = (file: Uint8Array | Bytes): ForeignFormat | undefined => readerOf(asBytes(file))?.format;

const asBytes = (file: Uint8Array | Bytes): Bytes => (file instanceof Uint8Array ? bytesInMemory(file) : file);

const readerOf = (file: Bytes): FormatReader | undefined => READERS.find((reader) => reader.recognises(file));

/**
 * Reads a model of another toolbox. The format follows from the content, never from the ending of a name.
 *
 * Nothing in a file is executed, and what would take more memory than its bytes can fill is refused. Tensors may share memory with bytes in memory: whoever
 * changes them copies them first. A large file is best given as `bytesRead`: then its tensors are there once, and its bytes are not.
 *
 * @param input the bytes, or the files of one model by their names: of an ONNX model, those that hold its numbers as well
 * @param options what the file may not say
 * @throws ModelFormatError when it is of no format that is read, damaged, contradicts itself, or has what is not read, which is named
 * @example
 * const { format, tensors } = await readForeign(writeSafetensors(new Map([["bias", float32([1, 2], [2])]])));
 * format; // "safetensors"
 * tensors?.get("bias")?.data; // [1, 2]
 */
export async function readForeign(input: ForeignInput, options: ForeignOptions = {}): Promise<ForeignModel> {
  const files: ForeignFiles = isFiles(input)
    ? new Map([...input].map(([name, file]) => [name, asBytes(file)]))
    : new Map([["the file", asBytes(input)]]);
  const known = [...files].map(([name, file]) => ({ name, file, reader: readerOf(file) }));
  const models = known.filter(({ reader }) => reader === onnx);
  if (models.length === 1 && known.length > 1) return readWithData(models[0], files, options);
  const stranger = known.find(({ reader }) => !reader);
  if (stranger || known.length === 0) {
    const formats = READERS.map(({ format }) => format);
    throw unknownFormat(stranger?.name ?? "the model", stranger?.file, formats);
  }
  const [reader, ...others] = new Set(known.flatMap((entry) => entry.reader ?? []));
  if (others.length > 0 || (files.size > 1 && !IN_SEVERAL.has(reader.format))) {
    const list = known.map((entry) => `${entry.name} (${entry.reader?.format})`).join(", ");
    throw new ModelFormatError(`Expected the files of one model, got several: ${list}.`);
  }
  return reader.read(files, options);
}

/**
 * An ONNX model with the files of its numbers.
 *
 * @throws ModelFormatError as {@link readForeign}, and where there is a file that the model does not name
 */
async function readWithData(
  { name, file }: { readonly name: string; readonly file: Bytes },
  files: ForeignFiles,
  options: ForeignOptions,
): Promise<ForeignModel> {
  const lastOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
  const others = new Map([...files].filter(([path]) => path !== name).map(([path, data]) => [lastOf(path), data]));
  const beside = (location: string): Bytes | undefined => others.get(lastOf(location)) ?? options.beside?.(location);
  const model = await onnx.read(new Map([[name, file]]), { ...options, beside });
  const named = (model.beside ?? []).map(lastOf);
  const stranger = [...others.keys()].find((path) => !named.includes(path));
  if (stranger === undefined) return model;
  throw new ModelFormatError(
    `${name}: expected the files of one model, got '${stranger}', which the model does not name.`,
  );
}

const isFiles = (input: ForeignInput): input is ReadonlyMap<string, Uint8Array | Bytes> => input instanceof Map;
