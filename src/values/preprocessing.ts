import { oneOfNumbers, whole, word } from "./kind.js";
import { RANGES } from "./number-ranges.js";
import { defaulted, type RecordOf, record, required } from "./record.js";

/** The rules of {@link Fit}. */
export const FITS = ["squash", "crop", "pad"] as const;

/**
 * How a picture comes to a size of other proportions. "squash": all of it, each direction by itself; "crop": its middle, as large as
 * fits; "pad": all of it, with white at two sides.
 */
export type Fit = (typeof FITS)[number];

/** How pixels are found between pixels; see {@link Resampling}. */
export const RESAMPLINGS = [
  "lanczos3",
  ...["pil-nearest", "pil-box", "pil-bilinear", "pil-hamming", "pil-bicubic", "pil-lanczos"],
  ...["tensorflow-nearest", "tensorflow-bilinear", "tensorflow-bicubic"],
  ...["tensorflow-bilinear-antialias", "tensorflow-bicubic-antialias"],
  ...["matlab-bilinear", "matlab-bicubic"],
  ...["opencv-nearest", "opencv-linear", "opencv-cubic", "opencv-area"],
] as const;

/**
 * How pixels are found between pixels. "lanczos3": Lanczos' window of three lobes, widened where a picture is made smaller, as libvips has it. The others
 * are resizing as other toolboxes do it, for networks that were trained with it: `Image.resize` of Pillow (and torchvision's `Resize`),
 * `tf.image.resize` of TensorFlow 2 and Keras, MATLAB's `imresize`, OpenCV's `cv2.resize`.
 */
export type Resampling = (typeof RESAMPLINGS)[number];

/**
 * How a picture, which is a file, becomes the bytes that a network takes, channel by channel and row by row. The mean that is then taken away, and
 * the scale, are the {@link Normalization} of the model, and part of its graph.
 */
export const PREPROCESSING = record({
  width: required(whole(1)),
  height: required(whole(1)),
  /** 1: grey, 0.299 R + 0.587 G + 0.114 B; 3: red, green, blue (sRGB) */
  channels: required(oneOfNumbers([1, 3])),
  /** how it comes to a size of other proportions */
  fit: required(word(FITS)),
  /** how pixels are found between pixels */
  resampling: defaulted(word(RESAMPLINGS), "lanczos3"),
  /** what is seen behind transparent parts */
  background: defaulted(word(["white"]), "white"),
  /** of pictures whose numbers are no bytes, which are black and which white */
  ranges: defaulted(RANGES, {}),
});

/** How a picture becomes the bytes that a network takes; see {@link PREPROCESSING}. */
export type Preprocessing = RecordOf<typeof PREPROCESSING.fields>;
