/** What the file of another toolbox says, as plain data. */

import type { Model } from "../graph/model.js";
import type { Tensor } from "../graph/types.js";
import type { Network } from "../network/network.js";
import type { ImageShape } from "../values/image-shape.js";
import type { Bytes } from "./bytes.js";

/** The formats that are read, each by its content. */
export type ForeignFormat = "onnx" | "safetensors" | "pytorch" | "matconvnet" | "caffe" | "tflite" | "keras";

/** How pictures become what a network takes, as far as its file says it. */
export interface ForeignPreprocessing {
  /** height and width of the images that the network takes */
  readonly size?: readonly [number, number];
  /** their channels */
  readonly channels?: number;
  /** the order of the channels in which the network takes them; parameters and `mean` stand in this order */
  readonly channelOrder?: "rgb" | "bgr";
  /** what is taken away from pixels of 0 to 255: one number for each channel, or for each of the C×H×W pixels */
  readonly mean?: readonly number[];
  /** what the difference is then divided by: one number for each channel; 1 where it is left out */
  readonly deviation?: readonly number[];
  /** how pixels are found between pixels: "bilinear", "bicubic" …, in the file's word */
  readonly interpolation?: string;
  /** whether a picture keeps its proportions when it is brought to a size, so that the middle is cut out of it */
  readonly keepAspect?: boolean;
  /** rows and columns around the part that is cut out: a picture is first brought to `size` plus these */
  readonly border?: readonly [number, number];
  /** which share of the picture's height and width is cut out of its middle */
  readonly cropSize?: readonly [number, number];
  /** the place of the first class among the scores: 1 where a score for the background stands before it; 0 where it is left out */
  readonly labelOffset?: number;
}

/**
 * A model of another toolbox. One of three is there, by what the format has: `graph` (ONNX, TFLite, Keras: an ONNX model, images N×C×H×W), `network` with its
 * `parameters` (MatConvNet, Caffe: layers, by the names of the file), or `tensors` alone (safetensors, PyTorch: weights without a network).
 */
export interface ForeignModel {
  readonly format: ForeignFormat;
  /** what the file calls it; "" where it says nothing */
  readonly name: string;
  readonly graph?: Model;
  readonly network?: Network;
  /** by the names that `parametersOf(network)` gives */
  readonly parameters?: ReadonlyMap<string, Tensor<"float32">>;
  /** by the names of the file, in its order */
  readonly tensors?: ReadonlyMap<string, Tensor>;
  /** what each score stands for */
  readonly classes?: readonly string[];
  /** the classes' short names, where the file has both: ImageNet's "n07720875" */
  readonly classIds?: readonly string[];
  readonly preprocessing?: ForeignPreprocessing;
  /** texts by key that the file carries beside the model */
  readonly metadata?: Readonly<Record<string, string>>;
  /** the files beside it in which numbers of it lie: their paths from its folder on */
  readonly beside?: readonly string[];
  /** what surprises: one plain sentence each */
  readonly notes: readonly string[];
}

/** What a reader is told that its file may not say. */
export interface ForeignOptions {
  /** the size of the network's images, where the file does not say it */
  readonly image?: ImageShape | undefined;
  /** a file beside the model, by its path from the model's folder on; undefined where there is none. ONNX may have its weights in such files */
  readonly beside?: ((location: string) => Bytes | undefined) | undefined;
}

/** The files of one model by their names, which are for messages only: Caffe has two, the others have one. */
export type ForeignFiles = ReadonlyMap<string, Bytes>;

/** One format: how its files are known, and what is read from them. */
export interface FormatReader {
  readonly format: ForeignFormat;
  /** Whether a file is one of this format; looks at its first bytes, or at the directory of an archive. Throws nothing. */
  recognises(file: Bytes): boolean;
  /**
   * @param files those that {@link FormatReader.recognises} knows, one at least
   * @throws ModelFormatError when they are damaged, contradict themselves, or have what is not read
   */
  read(files: ForeignFiles, options: ForeignOptions): ForeignModel | Promise<ForeignModel>;
}
