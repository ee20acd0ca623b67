import { describe, expect, test } from "vitest";
import { inputOf } from "../network/network.js";
import { networkNamed } from "../network/zoo/index.js";
import { kerasPreprocessing, knownPreprocessing, networksKnownFrom, ORIGINS } from "../network/zoo/preprocessing.js";
import { zooOfVariant } from "../network/zoo/variants.js";
import { scaleOf } from "../values/normalization.js";
import { preprocessingOfForeign } from "./foreign-preprocessing.js";

const image = { channels: 3, height: 224, width: 224 };

describe("what is known of the zoo", () => {
  test.each(ORIGINS.flatMap((origin) => networksKnownFrom(origin).map((name) => ({ origin, name }))))(
    "$name of $origin takes the pictures of the network",
    ({ origin, name }) => {
      const known = knownPreprocessing(name, origin) ?? expect.fail();
      expect(known.preprocessing).toMatchObject(inputOf(networkNamed(zooOfVariant(name) ?? name)));
    },
  );

  // keras.applications.*.preprocess_input of Keras 3: mode "tf" is x/127.5 − 1, "caffe" BGR less a mean, "torch" ImageNet's mean and deviation
  test.each([
    ["mobilenet_0.25_128", 127.5, 127.5, undefined],
    ["mobilenetv2_0.35_96", 127.5, 127.5, undefined],
    ["xception", 127.5, 127.5, undefined],
    ["inception_resnet_v2", 127.5, 127.5, undefined],
    ["resnet50v2", 127.5, 127.5, undefined],
    ["nasnet_mobile", 127.5, 127.5, undefined],
    ["resnet101", 103.939, 1, "bgr"],
    ["densenet201", 123.675, 58.395, undefined],
    ["MobileNetV3Small", 0, 1, undefined],
    ["efficientnetv2-b0", 0, 1, undefined],
    ["convnext_small", 0, 1, undefined],
  ])("Keras' own %s, by its name", (title, mean, deviation, order) => {
    const known = kerasPreprocessing(title, { channels: 3, height: 96, width: 96 }) ?? expect.fail();
    expect(known.preprocessing).toMatchObject({
      width: 96,
      height: 96,
      fit: "squash",
      resampling: "tensorflow-bilinear",
    });
    expect(known.preprocessing.order).toBe(order);
    expect(known.normalization?.mean[0]).toBeCloseTo(mean, 3);
    expect(1 / scaleOf(known.normalization ?? { scale: 0 }, 0)).toBeCloseTo(deviation, 3);
  });

  test("a network of one's own is none of Keras'", () => {
    for (const title of ["functional", "sequential_1", "my_mobilenet", "resnet50_head", "mobilenet"]) {
      expect(kerasPreprocessing(title, image), title).toBeUndefined();
    }
  });

  // torchvision.models.ResNet50_Weights.IMAGENET1K_V1.transforms() on white: (1 − 0.485)/0.229 …
  test("white and black as torchvision's networks see them", () => {
    const { normalization } = knownPreprocessing("resnet50", "torchvision") ?? expect.fail();
    const { mean = [] } = normalization ?? {};
    const seen = [255, 0].flatMap((byte) => mean.map((m, c) => (byte - m) * scaleOf(normalization ?? { scale: 0 }, c)));
    const expected = [2.2489, 2.4286, 2.64, -2.1179, -2.0357, -1.8044];
    for (const [i, value] of expected.entries()) expect(seen[i]).toBeCloseTo(value, 4);
  });

  test("each side before the crop", () => {
    const shorterSide = (name: string) =>
      224 + (knownPreprocessing(name, "torchvision")?.preprocessing.border?.[0] ?? 0);
    expect([shorterSide("vgg16"), shorterSide("convnextTiny"), shorterSide("efficientnetB0")]).toEqual([256, 236, 256]);
    expect(knownPreprocessing("efficientnetB0", "torchvision")?.preprocessing.resampling).toBe("pil-bicubic");
    expect(knownPreprocessing("lenet", "torchvision")).toBeUndefined();
  });
});

describe("a file of another toolbox", () => {
  test("MatConvNet's words", () => {
    const said = {
      channelOrder: "rgb",
      mean: [124, 117, 104],
      interpolation: "bicubic",
      keepAspect: true,
      border: [32, 32],
    } as const;
    expect(preprocessingOfForeign(said, { format: "matconvnet", image })).toEqual({
      preprocessing: {
        ...{ width: 224, height: 224, channels: 3, fit: "crop", border: [32, 32], resampling: "matlab-bicubic" },
        ...{ background: "white", ranges: {} },
      },
      normalization: { mean: [124, 117, 104], scale: 1 },
      missing: [],
    });
    // 224/0.875 = 256
    const { border, ...others } = said;
    const share = preprocessingOfForeign({ ...others, cropSize: [0.875, 0.875] }, { format: "matconvnet", image });
    expect(border).toEqual([32, 32]);
    expect(share.preprocessing.border).toEqual([32, 32]);
  });

  test("Caffe's order, and its scale as a deviation", () => {
    const said = { channelOrder: "bgr", mean: [104, 117, 123], deviation: [2, 2, 2] } as const;
    const { preprocessing, normalization, missing } = preprocessingOfForeign(said, { format: "caffe", image });
    expect(preprocessing.order).toBe("bgr");
    expect(normalization).toEqual({ mean: [104, 117, 123], scale: 0.5 });
    expect(missing).toEqual([
      { part: "fit", assumed: "squash" },
      { part: "resampling", assumed: "opencv-linear" },
    ]);
  });

  test("what the file says goes before what is known, and what is known before habits", () => {
    const known = knownPreprocessing("mobilenetV2", "tensorflow");
    const own = preprocessingOfForeign(
      { mean: [1, 2, 3], deviation: [1, 2, 4] },
      { format: "tflite", image, known, scores: 1001 },
    );
    expect(own.normalization).toEqual({ mean: [1, 2, 3], scale: [1, 0.5, 0.25] });
    expect(own.preprocessing.labelOffset).toBe(1);
    expect(own.missing).toEqual([]);
    const fewer = preprocessingOfForeign(undefined, { format: "tflite", image, known, scores: 5 });
    expect(fewer.preprocessing.labelOffset).toBeUndefined();
    expect(fewer.normalization).toEqual({ mean: [127.5, 127.5, 127.5], scale: 1 / 127.5 });
  });

  test("what nobody says is missing, and what cannot be is refused", () => {
    const grey = { channels: 1, height: 28, width: 28 };
    const { missing, normalization } = preprocessingOfForeign(undefined, { format: "onnx", image: grey });
    expect(missing.map(({ part }) => part)).toEqual(["fit", "resampling", "pixels"]);
    expect(normalization).toEqual({ mean: [0], scale: 1 / 255 });
    const source = { format: "onnx", image } as const;
    expect(() => preprocessingOfForeign({}, { format: "onnx", image: { ...image, channels: 4 } })).toThrow(
      "4 channels",
    );
    expect(() => preprocessingOfForeign({ mean: [1] }, source)).toThrow("The mean has 1 numbers");
    expect(() => preprocessingOfForeign({ deviation: [1, 0, 1] }, source)).toThrow("A deviation is 0");
  });
});
