/** What a network of MatConvNet's says of its images and classes. */

import type { ImageShape } from "../../values/image-shape.js";
import type { ForeignPreprocessing } from "../foreign-model.js";
import { MatCell, type MatFields, MatNumbers, MatStruct, MatText } from "../matlab/values.js";
import { pictureOf } from "./arrays.js";

/** Where what is said of the images stands: in `meta`, or in the first versions beside the layers. */
const metaOf = (net: MatFields, name: string): MatFields | undefined => {
  const meta = net.get("meta") instanceof MatStruct ? net.record("meta") : undefined;
  return [meta, net].find((fields) => fields?.get(name) !== undefined);
};

/** The size of the images, where it is said: height, width, channels. */
export function imageSizeOf(net: MatFields): ImageShape | undefined {
  const shape = (list: readonly number[] | undefined): ImageShape | undefined => {
    const [height, width, channels] = list ?? [];
    return [height, width].every((size) => Number.isInteger(size) && size > 0)
      ? { channels: channels ?? 3, height, width }
      : undefined;
  };
  const normalization = normalizationOf(net);
  return (
    shape(normalization?.list("imageSize")) ??
    shape(inputSizes(net)[0]?.[1]) ??
    shape(metaOf(net, "inputSize") && sizeIn(metaOf(net, "inputSize")?.get("inputSize")))
  );
}

/** The sizes of the inputs by their names, where `meta.inputs` says them. */
export function inputSizes(net: MatFields): (readonly [string, readonly number[]])[] {
  const meta = metaOf(net, "inputs");
  if (!meta || !(meta.get("inputs") instanceof MatStruct)) return [];
  return meta.records("inputs").flatMap((fields) => {
    const size = fields.list("size");
    return size ? [[fields.text("name") ?? "", size] as const] : [];
  });
}

/** [28 28 1], or { 'input', [28 28 1 100] }. */
function sizeIn(value: unknown): readonly number[] | undefined {
  const numbers = value instanceof MatCell ? value.items.find((item) => item instanceof MatNumbers) : value;
  return numbers instanceof MatNumbers && numbers.data.length <= 4 ? Array.from(numbers.data) : undefined;
}

function normalizationOf(net: MatFields): MatFields | undefined {
  const holder = metaOf(net, "normalization");
  return holder?.get("normalization") instanceof MatStruct ? holder.record("normalization") : undefined;
}

/** What becomes of a picture before the network sees it, as far as the file says it. */
export function preprocessingOf(
  net: MatFields,
  image: ImageShape,
): { preprocessing: ForeignPreprocessing; notes: string[] } {
  const size: ForeignPreprocessing = {
    size: [image.height, image.width],
    channels: image.channels,
    ...(image.channels === 3 && { channelOrder: "rgb" as const }),
  };
  const normalization = normalizationOf(net);
  if (!normalization) return practical(net, size);
  const mean = normalization.numbers("averageImage");
  // our own writer says exactly what MatConvNet's field does not
  const interpolation = normalization.text("resampling") ?? normalization.text("interpolation");
  const isBgr = image.channels === 3 && normalization.text("channelOrder") === "bgr";
  const labelOffset = normalization.number("labelOffset");
  const keepAspect = normalization.number("keepAspect");
  const border = twoOf(normalization.list("border"));
  const cropSize = twoOf(normalization.list("cropSize"));
  const preprocessing = {
    ...size,
    ...(isBgr && { channelOrder: "bgr" as const }),
    ...(labelOffset && { labelOffset }),
    ...(mean && { mean: pictureOf(mean) }),
    ...(interpolation && { interpolation }),
    ...(keepAspect !== undefined && { keepAspect: keepAspect !== 0 }),
    ...(border && { border }),
    ...(cropSize && { cropSize }),
  };
  return { preprocessing, notes: [] };
}

/** The Oxford practical keeps a mean of pixels from 0 to 1, and multiplies by 256. */
function practical(
  net: MatFields,
  size: ForeignPreprocessing,
): { preprocessing: ForeignPreprocessing; notes: string[] } {
  const mean = net.numbers("imageMean");
  if (!mean) return { preprocessing: size, notes: [] };
  const numbers = pictureOf(mean);
  if (numbers.some((value) => value < 0 || value > 1)) return { preprocessing: { ...size, mean: numbers }, notes: [] };
  const deviation = Array.from({ length: size.channels ?? 1 }, () => 255 / 256);
  return {
    preprocessing: { ...size, mean: numbers.map((value) => 255 * value), deviation },
    notes: [
      "imageMean is at most 1: taken as that of the Oxford practical, where pixels are from 0 to 1 and their difference from the mean is multiplied by 256.",
    ],
  };
}

function twoOf(list: readonly number[] | undefined): [number, number] | undefined {
  if (!list || list.length === 0 || list.length > 2) return undefined;
  return [list[0], list[1] ?? list[0]];
}

/** The names of the classes, and their short names (ImageNet's "n07720875") where the file has both. */
export function classesOf(net: MatFields): { classes?: readonly string[]; classIds?: readonly string[] } {
  const holder = metaOf(net, "classes");
  const value = holder?.get("classes");
  if (!holder || value === undefined) return {};
  if (value instanceof MatStruct) {
    const fields = holder.record("classes");
    const names = fields?.texts("name") ?? [];
    const descriptions = fields?.texts("description") ?? [];
    if (descriptions.length === 0) return names.length > 0 ? { classes: names } : {};
    return { classes: descriptions, ...(names.length === descriptions.length && { classIds: names }) };
  }
  // The practical's letters are one text.
  if (value instanceof MatText && value.rows.length === 1) return { classes: [...value.rows[0]] };
  return { classes: holder.texts("classes") };
}
