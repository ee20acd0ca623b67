import { ShapeError } from "../../graph/infer/infer.js";
import { float32 } from "../../graph/tensor.js";
import { whole } from "../../values/kind.js";
import { required } from "../../values/record.js";
import { declareBlock, type LayerFrom, type LayerOptions } from "../block.js";

/** The cosine transform of columns; the formula stands at {@link dct}. */
export const dctBlock = declareBlock(
  "dct",
  { coefficients: required(whole(1)) },
  {
    outputShape({ coefficients }, input) {
      if (coefficients > input.height) {
        throw new ShapeError(
          `${coefficients} coefficients of columns of ${input.height} rows: expected at most as many`,
        );
      }
      return { ...input, height: coefficients };
    },
    field: (_, { height }) => ({ size: [height, 1], stride: [0, 1], offset: [(height - 1) / 2, 0] }),
    multiplyAdds: ({ coefficients }, { channels, height, width }) => channels * coefficients * height * width,
    build(g, { coefficients }, [x]) {
      const height = g.type(x).shape?.[2];
      if (typeof height !== "number") throw new ShapeError("a cosine transform of columns must know how high they are");
      return g.op("MatMul", [g.constant(float32(cosines(coefficients, height), [coefficients, height])), x]);
    },
  },
);

/** The rows of the orthonormal DCT-II. */
function cosines(rows: number, length: number): Float32Array {
  const matrix = new Float32Array(rows * length);
  for (let k = 0; k < rows; k++) {
    const height = Math.sqrt((k === 0 ? 1 : 2) / length);
    for (let m = 0; m < length; m++) {
      matrix[k * length + m] = height * Math.cos((Math.PI * k * (m + 0.5)) / length);
    }
  }
  return matrix;
}

/** A cosine transform of columns. See {@link dct}. */
export type Dct = LayerFrom<typeof dctBlock>;

/**
 * The first coefficients of the cosine transform of each column (DCT-II, orthonormal): y[c, k, j] = √((k = 0 ? 1 : 2)/H) · Σ_i cos(πk(i + ½)/H)·x[c, i, j].
 *
 * Behind a {@link logMel} they are the MFCC, mel-frequency cepstral coefficients: `librosa.feature.mfcc(S=…)`.
 *
 * @param coefficients how many: the rows of what comes out, at most as many as go in
 * @throws RangeError when it is not a whole number from 1
 * @example
 * dct(13); // behind logMel({ rate: 16000 }): 1×40×T → 1×13×T
 */
export const dct = (coefficients: number, options: LayerOptions = {}): Dct =>
  dctBlock.make({ ...options, coefficients });
