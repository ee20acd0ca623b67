import { ShapeError } from "../../graph/infer/infer.js";
import { shapeText } from "../../values/image-shape.js";
import { declareBlock, type LayerFrom, type LayerOptions } from "../block.js";

/** The block of a sound's samples; the formula stands at {@link samples}. */
export const samplesBlock = declareBlock(
  "samples",
  {},
  {
    outputShape(_, input) {
      if (input.channels !== 1 || input.height !== 2) {
        throw new ShapeError(`expected the two rows of a sound, 1×2×N, got ${shapeText(input)}`);
      }
      return { ...input, height: 1 };
    },
    window: () => ({ support: [2, 1], stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1] }),
    build(g, _, [x]) {
      const row = (i: number): string => g.op("Slice", [x, g.ints(i), g.ints(i + 1), g.ints(2)]);
      const whole = g.op("Add", [g.op("Mul", [row(0), g.scalar(256)]), row(1)]);
      return g.op("Mul", [g.op("Sub", [whole, g.scalar(32768)]), g.scalar(1 / 32768)]);
    },
  },
);

/** The samples of a sound. See {@link samples}. */
export type SamplesLayer = LayerFrom<typeof samplesBlock>;

/**
 * The samples of a sound from its bytes, which are a picture of two rows, the upper and the lower byte of each sample of 16 bits: y[0, 0, j] = (256·x[0, 0, j] + x[0, 1, j] − 32768) / 32768.
 *
 * It is the first layer of a network for sounds: 1×2×N → 1×1×N, from −1 to 1. A file for use (`writeOnnx`) leaves it out, and takes the samples.
 *
 * @example
 * samples(); // in front of logMel({ rate: 16000 })
 */
export const samples = (options: LayerOptions = {}): SamplesLayer => samplesBlock.make(options);
