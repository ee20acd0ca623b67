import { IMAGENET_NORMALIZATION, type KnownPreprocessing } from "../network/zoo/preprocessing.js";
import type { ImageShape } from "../values/image-shape.js";
import type { Normalization } from "../values/normalization.js";
import { type Fit, PREPROCESSING, type Preprocessing, RESAMPLINGS, type Resampling } from "../values/preprocessing.js";
import type { ForeignFormat, ForeignPreprocessing } from "./foreign-model.js";
import type { PixelRange } from "./pixel-range.js";

/** What has to be known of the preparation of pictures, and may be said nowhere. */
export type AskedPart = "fit" | "resampling" | "order" | "pixels";

/** A part of the preparation of pictures that neither the file nor the zoo says. */
export interface MissingPart {
  readonly part: AskedPart;
  /** what holds unless the user says something else */
  readonly assumed: string;
}

/** How pictures become what a network of another toolbox takes. */
export interface ForeignUse {
  readonly preprocessing: Preprocessing;
  readonly normalization: Normalization;
  /** what is assumed, as it is not known: to be asked, or said */
  readonly missing: readonly MissingPart[];
}

/** Where the pictures and the weights come from. */
export interface ForeignSource {
  readonly format: ForeignFormat;
  /** the images that the network takes */
  readonly image: ImageShape;
  /** how many scores it gives */
  readonly scores?: number;
  /** which pixels the network itself begins by making other numbers of, see `pixelRangeOf` */
  readonly pixels?: PixelRange | undefined;
  /** what is known of published weights, for what the file does not say; see {@link knownPreprocessing} */
  readonly known?: KnownPreprocessing | undefined;
}

/** How pictures are prepared where models of a format are trained, if nothing else is said. */
interface Habit {
  /** how resizing is called there */
  readonly family: string;
  readonly usual: Resampling;
  readonly fit: Fit;
  /** how colours become numbers; grey ones as "unit" where it is "imagenet" */
  readonly pixels: keyof typeof PIXELS;
}

/** How pixels become numbers. */
const PIXELS = {
  bytes: { mean: 0, scale: 1, text: "0 to 255" },
  unit: { mean: 0, scale: 1 / 255, text: "0 to 1" },
  signed: { mean: 127.5, scale: 1 / 127.5, text: "−1 to 1" },
  imagenet: { ...IMAGENET_NORMALIZATION, text: "ImageNet's mean and deviation, as torchvision has them" },
} as const;

const HABITS: Readonly<Record<ForeignFormat, Habit>> = {
  onnx: { family: "pil", usual: "pil-bilinear", fit: "squash", pixels: "imagenet" },
  safetensors: { family: "pil", usual: "pil-bilinear", fit: "crop", pixels: "imagenet" },
  pytorch: { family: "pil", usual: "pil-bilinear", fit: "crop", pixels: "imagenet" },
  matconvnet: { family: "matlab", usual: "matlab-bicubic", fit: "squash", pixels: "bytes" },
  caffe: { family: "opencv", usual: "opencv-linear", fit: "squash", pixels: "bytes" },
  tflite: { family: "tensorflow", usual: "tensorflow-bilinear", fit: "squash", pixels: "signed" },
  keras: { family: "tensorflow", usual: "tensorflow-bilinear", fit: "squash", pixels: "unit" },
};

/** Words of files for the kernels, by what the rules call them. */
const KERNELS: Readonly<Record<string, readonly string[]>> = {
  nearest: ["nearest"],
  bilinear: ["bilinear", "linear"],
  linear: ["linear", "bilinear"],
  bicubic: ["bicubic", "cubic"],
  cubic: ["cubic", "bicubic"],
  box: ["box", "area"],
  area: ["area", "box"],
  lanczos: ["lanczos"],
  lanczos3: ["lanczos"],
};

/**
 * How pictures become what a network takes: as its file says; else as it is known of published weights; else as is usual with the file's format, which is
 * then listed as missing.
 *
 * A mean without a deviation means that nothing is divided. The mean and scale stand in the order of the network's channels.
 *
 * @param said what the file says, if anything
 * @throws RangeError when the network takes no pictures, which have 1 or 3 channels; a mean or deviations are for other images, or a deviation is none
 * @example
 * const image = { channels: 3, height: 224, width: 224 };
 * const known = knownPreprocessing("resnet50", "torchvision");
 * preprocessingOfForeign(undefined, { format: "pytorch", image, known }).missing; // []
 * preprocessingOfForeign({ mean: [127, 127, 127] }, { format: "onnx", image }).missing.map(({ part }) => part); // ["fit", "resampling", "order"]
 */
export function preprocessingOfForeign(said: ForeignPreprocessing = {}, source: ForeignSource): ForeignUse {
  const { format, image, scores } = source;
  const channels = pictureChannels(image);
  const known = source.known?.preprocessing.channels === channels ? source.known : undefined;
  const rule = known?.preprocessing;
  const { usual, fit: usualFit } = HABITS[format];
  const missing: MissingPart[] = [];
  const assume: Assume = (part, value, text = `${value}`) => {
    missing.push({ part, assumed: text });
    return value;
  };
  const fit = fitOf(said) ?? rule?.fit ?? assume("fit", usualFit);
  const resampling = resamplingOf(said.interpolation, format) ?? rule?.resampling ?? assume("resampling", usual);
  const order =
    channels === 1 ? undefined : (said.channelOrder ?? (rule && (rule.order ?? "rgb")) ?? assume("order", "rgb"));
  const labelOffset = said.labelOffset ?? (scores === undefined || scores === 1001 ? rule?.labelOffset : undefined);
  const border = borderOf(said, image) ?? rule?.border;
  const preprocessing = PREPROCESSING.make({
    ...{ width: image.width, height: image.height, channels, fit, resampling, border, labelOffset },
    ...(order === "bgr" ? { order } : {}),
  });
  // a known mean stands in the order of its own channels
  const own = known?.normalization && (rule?.order ?? "rgb") === (order ?? "rgb") ? known.normalization : undefined;
  const normalization = normalizationOf(said, own, source, assume);
  return { preprocessing, normalization, missing };
}

/** Notes what is assumed. @param text as it is told, where the value does not say it */
type Assume = <T>(part: AskedPart, value: T, text?: string) => T;

function pictureChannels({ channels }: ImageShape): 1 | 3 {
  if (channels === 1 || channels === 3) return channels;
  throw new RangeError(
    `The network takes images of ${channels} channels: expected 1 (grey) or 3 (colour), as pictures have.`,
  );
}

function normalizationOf(
  { mean, deviation }: ForeignPreprocessing,
  known: Normalization | undefined,
  { format, image: { channels, height, width }, pixels: own }: ForeignSource,
  assume: Assume,
): Normalization {
  if (mean && mean.length !== channels && mean.length !== channels * height * width) {
    throw new RangeError(
      `The mean has ${mean.length} numbers: expected ${channels}, one for each channel, or ${channels}×${height}×${width}.`,
    );
  }
  if (deviation && deviation.length !== channels) {
    throw new RangeError(`There are ${deviation.length} deviations: expected ${channels}, one for each channel.`);
  }
  const wrong = deviation?.find((value) => !Number.isFinite(1 / value) || value === 0);
  if (wrong !== undefined) throw new RangeError(`A deviation is ${wrong}: expected a finite number other than 0.`);
  if (!mean && !deviation && known) return known;
  const zeros = new Array<number>(channels).fill(0);
  if (!mean && !deviation) {
    const { pixels } = HABITS[format];
    const usual = PIXELS[own ?? (pixels === "imagenet" && channels === 1 ? "unit" : pixels)];
    const taken = typeof usual.mean === "number" ? zeros.fill(usual.mean) : usual.mean;
    return assume("pixels", { mean: taken, scale: usual.scale }, usual.text);
  }
  const scales = deviation?.map((value) => 1 / value) ?? [1];
  const isOne = scales.every((scale) => scale === scales[0]);
  return { mean: mean ?? zeros, scale: isOne ? scales[0] : scales };
}

/** Whether the proportions are kept; a border of which nothing else is said is around a part of the whole picture. */
const fitOf = ({ keepAspect }: ForeignPreprocessing): Fit | undefined =>
  keepAspect === undefined ? undefined : keepAspect ? "crop" : "squash";

/** The rows and columns that are cut off: said as such, or as the share that stays. */
function borderOf(
  { border, cropSize }: ForeignPreprocessing,
  { height, width }: ImageShape,
): [number, number] | undefined {
  if (border) return [Math.max(0, Math.round(border[0])), Math.max(0, Math.round(border[1]))];
  if (!cropSize || cropSize.some((share) => !(share > 0 && share <= 1))) return undefined;
  return [Math.round(height / cropSize[0]) - height, Math.round(width / cropSize[1]) - width];
}

/** The rule for a file's word; undefined where it says none that is known. */
function resamplingOf(word: string | undefined, format: ForeignFormat): Resampling | undefined {
  const exact = RESAMPLINGS.find((rule) => rule === word);
  if (exact) return exact;
  const kernels = word === undefined ? [] : (KERNELS[word.toLowerCase()] ?? []);
  const { family } = HABITS[format];
  return kernels
    .flatMap((kernel) => [`${family}-${kernel}`, `pil-${kernel}`])
    .map((name) => RESAMPLINGS.find((rule) => rule === name))
    .find((rule) => rule !== undefined);
}
