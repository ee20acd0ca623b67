/** How the pictures were prepared that the published weights of ImageNet's networks were trained on. */

import type { ImageShape } from "../../values/image-shape.js";
import type { Normalization } from "../../values/normalization.js";
import { PREPROCESSING, type Preprocessing } from "../../values/preprocessing.js";
import type { OptionsOf } from "../../values/record.js";

/** Who published weights. "tensorflow": the Slim and TPU models, which are also there as TFLite; "transformers": Hugging Face's. */
export const ORIGINS = ["torchvision", "timm", "transformers", "matconvnet", "caffe", "tensorflow", "keras"] as const;

/** Who published weights; see {@link ORIGINS}. */
export type Origin = (typeof ORIGINS)[number];

/** How pictures were prepared, as whoever published the weights says. */
export interface KnownPreprocessing {
  readonly preprocessing: Preprocessing;
  /** absent where only the file with the weights says it */
  readonly normalization?: Normalization;
  /** where it is written */
  readonly source: string;
}

/** One preparation, and the networks of the zoo that it holds for. */
interface Recipe {
  readonly networks: readonly string[];
  /** what keras.applications calls the networks of a family, of any size */
  readonly titles?: RegExp;
  readonly rule: Omit<OptionsOf<typeof PREPROCESSING.fields>, "width" | "height" | "channels">;
  /** of the height and width of the pictures; 224 */
  readonly side?: number;
  readonly normalization?: Normalization;
  readonly source: string;
}

/** Bytes less a mean, over a deviation, both of numbers from 0 to 1. */
const ofUnit = (mean: readonly number[], deviation: readonly number[]) => ({
  mean: mean.map((value) => 255 * value),
  scale: deviation.map((value) => 1 / (255 * value)),
});

const same = (mean: number, deviation: number): Normalization => ({ mean: [mean, mean, mean], scale: 1 / deviation });

/** ImageNet's mean and deviation of each channel, as torchvision's networks have them. */
export const IMAGENET_NORMALIZATION = ofUnit([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
/** the mean colour of ImageNet's training part, by the authors of VGG */
const VGG_MEAN = [123.68, 116.779, 103.939] as const;
const VGG_MEAN_BGR = VGG_MEAN.toReversed();

const CENTRE = { fit: "crop", border: 32 } as const;
const MIDDLE_OF_256 = { ...CENTRE, resampling: "pil-bilinear" } as const;
const VGG = ["vgg11", "vgg13", "vgg16", "vgg19", "vgg11Norm", "vgg13Norm", "vgg16Norm", "vgg19Norm"] as const;
const RESNETS = ["resnet50", "resnet101", "resnet152"] as const;

const TORCHVISION = "torchvision.transforms._presets.ImageClassification, as the IMAGENET1K_V1 weights of 0.28 have it";
const TIMM = "timm's default_cfg of the weights that it loads by default, 1.0.31";
/** of 224 pixels, and of as many as 95 % of them are 224 of */
const [MIDDLE_OF_256_CUBIC, MIDDLE_OF_235] = [
  { ...CENTRE, resampling: "pil-bicubic" },
  { ...CENTRE, border: 11, resampling: "pil-bicubic" },
] as const;
const KERAS = "keras.applications' preprocess_input, keras.layers.Resizing";

const RECIPES: Readonly<Record<Origin, readonly Recipe[]>> = {
  torchvision: [
    {
      networks: [
        ...[
          "alexnetSingle",
          ...VGG,
          "squeezenet10",
          "squeezenet11",
          "resnet18",
          "resnet34",
          ...RESNETS,
          "wideResnet50",
        ],
        ...["resnext50", "densenet121", "mobilenetV2", "mobilenetV3Large", "mobilenetV3Small"],
      ],
      ...{ rule: MIDDLE_OF_256, normalization: IMAGENET_NORMALIZATION, source: TORCHVISION },
    },
    {
      // its weights came from TensorFlow: the network itself turns the preset's numbers into (x − 127.5)/127.5 (transform_input)
      networks: ["googlenet"],
      ...{ rule: MIDDLE_OF_256, normalization: same(127.5, 127.5) },
      source: `${TORCHVISION}, and GoogLeNet._transform_input`,
    },
    {
      networks: ["convnextTiny"],
      rule: { ...MIDDLE_OF_256, border: 12 },
      ...{ normalization: IMAGENET_NORMALIZATION, source: TORCHVISION },
    },
    {
      networks: ["efficientnetB0"],
      rule: { ...CENTRE, resampling: "pil-bicubic" },
      ...{ normalization: IMAGENET_NORMALIZATION, source: TORCHVISION },
    },
  ],
  timm: [
    { networks: VGG, rule: MIDDLE_OF_256, normalization: IMAGENET_NORMALIZATION, source: TIMM },
    {
      networks: ["resnet18", "resnet34", ...RESNETS, "resnext50", "convnextTiny"],
      ...{ rule: MIDDLE_OF_235, normalization: IMAGENET_NORMALIZATION, source: TIMM },
    },
    {
      networks: [
        ...[
          "wideResnet50",
          "densenet121",
          "mobilenetV2",
          "efficientnet_b0",
          "tf_efficientnet_b0",
          "efficientnet_lite0",
        ],
        ...["mobilenetv3_large_100", "mobilenetv3_small_100"],
      ],
      ...{ rule: MIDDLE_OF_256_CUBIC, normalization: IMAGENET_NORMALIZATION, source: TIMM },
    },
    {
      networks: ["mobilenetV1", "tf_efficientnet_lite0"],
      ...{ rule: MIDDLE_OF_256_CUBIC, normalization: same(127.5, 127.5), source: TIMM },
    },
    {
      networks: ["tf_mobilenetv3_large_100", "tf_mobilenetv3_small_100"],
      ...{ rule: MIDDLE_OF_256, normalization: same(127.5, 127.5), source: TIMM },
    },
  ],
  transformers: [
    {
      networks: ["mobilenet_v1", "mobilenet_v2"],
      ...{ rule: MIDDLE_OF_256, normalization: same(127.5, 127.5) },
      source: "transformers' MobileNetV2ImageProcessor",
    },
  ],
  matconvnet: [
    {
      networks: ["vgg16", "vgg19"],
      rule: { ...CENTRE, resampling: "matlab-bicubic" },
      normalization: { mean: VGG_MEAN, scale: 1 },
      source: "meta.normalization of imagenet-vgg-verydeep-16.mat",
    },
    {
      networks: ["vggF", "vggM", "vggS", "googlenet", ...RESNETS],
      rule: { ...CENTRE, resampling: "matlab-bicubic" },
      source: "cnn_imagenet_get_batch.m; the mean stands in each file",
    },
    {
      networks: ["alexnet"],
      rule: { ...CENTRE, border: 29, resampling: "matlab-bicubic" },
      side: 227,
      source: "cnn_imagenet_get_batch.m; the mean stands in each file",
    },
  ],
  caffe: [
    {
      networks: ["vgg16", "vgg19"],
      rule: { ...CENTRE, resampling: "opencv-linear", order: "bgr" },
      normalization: { mean: VGG_MEAN_BGR, scale: 1 },
      source: "the model cards of VGG_ILSVRC_16_layers and 19_layers",
    },
    {
      networks: ["googlenet", "squeezenet10", "squeezenet11"],
      rule: { fit: "squash", border: 32, resampling: "opencv-linear", order: "bgr" },
      normalization: { mean: [104, 117, 123], scale: 1 },
      source: "transform_param of train_val.prototxt; convert_imageset of 256×256",
    },
    {
      networks: ["alexnet"],
      rule: { fit: "squash", border: 29, resampling: "opencv-linear", order: "bgr" },
      side: 227,
      source: "bvlc_alexnet's train_val.prototxt; its mean is an image in a file of its own",
    },
  ],
  tensorflow: [
    {
      networks: ["mobilenetV1", "mobilenetV2", "mobilenetV3Large", "mobilenetV3Small"],
      rule: { fit: "squash", resampling: "tensorflow-bilinear", labelOffset: 1 },
      normalization: same(127.5, 127.5),
      source: "TensorFlow Lite's label_image; the first of 1001 classes is the background",
    },
    {
      networks: ["efficientnetLite0"],
      rule: { ...CENTRE, resampling: "tensorflow-bicubic" },
      normalization: same(127, 128),
      source: "tensorflow/tpu, efficientnet/preprocessing.py and lite/efficientnet_lite_builder.py",
    },
  ],
  keras: [
    {
      networks: ["vgg16", "vgg19", ...RESNETS],
      titles: /^(vgg(16|19)|resnet(50|101|152))$/i,
      rule: { fit: "squash", resampling: "tensorflow-bilinear", order: "bgr" },
      ...{ normalization: { mean: VGG_MEAN_BGR, scale: 1 }, source: `${KERAS} (mode "caffe")` },
    },
    {
      networks: ["mobilenetV1", "mobilenetV2"],
      titles: /^(mobilenet(v2)?_\d|xception$|inception_|resnet(50|101|152)v2$|nasnet)/i,
      rule: { fit: "squash", resampling: "tensorflow-bilinear" },
      ...{ normalization: same(127.5, 127.5), source: `${KERAS} (mode "tf")` },
    },
    {
      networks: ["densenet121"],
      titles: /^densenet(121|169|201)$/i,
      rule: { fit: "squash", resampling: "tensorflow-bilinear" },
      ...{ normalization: IMAGENET_NORMALIZATION, source: `${KERAS} (mode "torch")` },
    },
    {
      networks: ["mobilenetV3Large", "mobilenetV3Small", "efficientnetB0", "convnextTiny"],
      titles: /^(mobilenetv3(small|large)|efficientnet(v2-)?(b\d|s|m|l)|convnext_(tiny|small|base|large|xlarge))$/i,
      rule: { fit: "squash", resampling: "tensorflow-bilinear" },
      // layers of the network itself scale its bytes
      ...{ normalization: same(0, 1), source: KERAS },
    },
  ],
};

/**
 * How the pictures of a network of the zoo were prepared, with the weights that someone published for it.
 *
 * @param network its name in {@link ZOO}
 * @returns undefined where it is not known
 * @example
 * knownPreprocessing("resnet50", "torchvision")?.preprocessing.border; // [32, 32]
 * knownPreprocessing("vgg16", "caffe")?.preprocessing.order; // "bgr"
 */
export function knownPreprocessing(network: string, origin: Origin): KnownPreprocessing | undefined {
  const recipe = RECIPES[origin].find(({ networks }) => networks.includes(network));
  if (!recipe) return undefined;
  const { rule, side = 224, normalization, source } = recipe;
  const preprocessing = PREPROCESSING.make({ ...rule, width: side, height: side, channels: 3 });
  return { preprocessing, ...(normalization ? { normalization } : {}), source };
}

/**
 * How keras.applications prepares pictures for the networks of a family, of any width and depth, by what its files call them ("mobilenet_0.50_160").
 *
 * @param image what the network takes
 * @returns undefined where it has no such family, or the pictures have no colours
 * @example
 * kerasPreprocessing("xception", { channels: 3, height: 299, width: 299 })?.normalization?.mean; // [127.5, 127.5, 127.5]
 */
export function kerasPreprocessing(
  title: string,
  { channels, height, width }: ImageShape,
): KnownPreprocessing | undefined {
  const recipe = RECIPES.keras.find(({ titles }) => titles?.test(title));
  if (!recipe || channels !== 3) return undefined;
  const { rule, normalization, source } = recipe;
  const preprocessing = PREPROCESSING.make({ ...rule, width, height, channels });
  return { preprocessing, ...(normalization ? { normalization } : {}), source };
}

/** What is usual with those whose networks are mostly prepared alike. */
const USUAL: Readonly<Partial<Record<Origin, Pick<Recipe, "rule" | "normalization">>>> = {
  torchvision: { rule: MIDDLE_OF_256, normalization: IMAGENET_NORMALIZATION },
  timm: { rule: MIDDLE_OF_256_CUBIC, normalization: IMAGENET_NORMALIZATION },
  tensorflow: {
    rule: { fit: "squash", resampling: "tensorflow-bilinear" },
    normalization: same(127.5, 127.5),
  },
};

/**
 * How someone usually prepares pictures, for a network that is not known: of torchvision and TensorFlow's Slim, which have one rule for all.
 *
 * @param image what the network takes; what is cut off at the sides grows with it
 * @returns undefined where there is no rule for all
 * @example
 * usualPreprocessing("torchvision", { channels: 3, height: 448, width: 448 })?.preprocessing.border; // [64, 64]
 */
export function usualPreprocessing(
  origin: Origin,
  { channels, height, width }: ImageShape,
): KnownPreprocessing | undefined {
  const usual = USUAL[origin];
  if (!usual || channels !== 3) return undefined;
  const { rule, normalization } = usual;
  const border = [height, width].map((side) => ("border" in rule ? Math.round((32 * side) / 224) : 0));
  const preprocessing = PREPROCESSING.make({ ...rule, border: [border[0], border[1]], width, height, channels });
  return { preprocessing, ...(normalization ? { normalization } : {}), source: `what is usual with ${origin}` };
}

/** The networks of the zoo for which it is known how the pictures of someone's weights were prepared. */
export const networksKnownFrom = (origin: Origin): readonly string[] =>
  RECIPES[origin].flatMap(({ networks }) => networks);
