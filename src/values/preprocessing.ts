import { oneOfNumbers, pair, whole, word } from "./kind.js";
import { RANGES } from "./number-ranges.js";
import { defaulted, optional, type RecordOf, record, required } from "./record.js";

/** The rules of {@link Fit}. */
export const FITS = ["squash", "crop", "pad"] as const;

/**
 * How a picture comes to a size of other proportions. "squash": all of it, each direction by itself; "crop": its middle, as large as
 * fits; "pad": all of it, with its background (white unless that is black) at two sides.
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
export const PREPROCESSING = record(
  {
    width: required(whole(1)),
    height: required(whole(1)),
    /** 1: grey, 0.299 R + 0.587 G + 0.114 B; 3: red, green, blue (sRGB) */
    channels: required(oneOfNumbers([1, 3])),
    /** how it comes to a size of other proportions */
    fit: required(word(FITS)),
    /**
     * Rows and columns that are then cut off, half of them at either side: `fit` brings the picture to width and height plus these. torchvision's networks
     * have 32: the shorter side becomes 256 (`fit` "crop"), and of the middle 224 are taken.
     */
    border: optional(pair(whole(0))),
    /** how pixels are found between pixels */
    resampling: defaulted(word(RESAMPLINGS), "lanczos3"),
    /** what is seen behind transparent parts; "none": they are as opaque as all others, in the colours that the file has for them */
    background: defaulted(word(["white", "black", "none"]), "white"),
    /** the order of the channels in which the network takes them, and in which its mean and scale stand: "rgb", or "bgr" as Caffe and OpenCV have it */
    order: optional(word(["rgb", "bgr"])),
    /** how many scores stand before that of the first class, such as 1 for "background" */
    labelOffset: optional(whole(0)),
    /** of sounds: samples a second. The width is so many samples, the middle of longer sounds, and the two rows are their upper and lower bytes. */
    rate: optional(whole(1)),
    /** of pictures whose numbers are no bytes, which are black and which white */
    ranges: defaulted(RANGES, {}),
  },
  ({ channels, height, order, rate }, refuse) => {
    if (rate !== undefined && (channels !== 1 || height !== 2))
      refuse("rate", "none, as it is of sounds, which are 1×2×N");
    if (order === "bgr" && channels !== 3) refuse("order", `"rgb", as pictures of ${channels} channel have no blue`);
  },
);

/** How a picture becomes the bytes that a network takes; see {@link PREPROCESSING}. */
export type Preprocessing = RecordOf<typeof PREPROCESSING.fields>;
