import { describe, expect, it } from "vitest";
import { conv } from "../blocks/convolution/conv.js";
import { maxPool } from "../blocks/pooling/pool.js";
import { float32 } from "../graph/tensor.js";
import { renameModel } from "../network/edit/rename.js";
import type { TrainedModel } from "../network/model/model.js";
import { sequential } from "../network/network.js";
import { filterPictures } from "./filters.js";

const modelOf = (channels: number, filters: readonly number[]): TrainedModel => {
  const count = filters.length / (channels * 2);
  return {
    network: sequential("tiny", { channels, height: 2, width: 4 }, [
      maxPool([2, 1]),
      conv([1, 2], count, { biases: false }),
    ]),
    parameters: new Map([["conv1/filters", float32(filters, [count, channels, 1, 2])]]),
    classes: Array.from({ length: count }, (_, i) => `${i}`),
    normalization: { mean: Array<number>(channels).fill(0), scale: 1 },
    history: null,
  };
};

describe("the pictures of filters", () => {
  it("are scaled each to its own range: (w − min)/(max − min)·255", () => {
    const pictures = filterPictures(modelOf(1, [-1, 3, 0.02, 0.01, 5, 5]));
    expect(pictures?.layer).toBe("conv1");
    expect(pictures?.images).toEqual(
      [
        [0, 255],
        [255, 0],
        [0, 0],
      ].map((data) => ({ width: 2, height: 1, channels: 1, data: Uint8Array.from(data) })),
    );
  });

  it("are in colour where a filter covers three channels, with one range for all of them", () => {
    // from −1 to 4 in steps of 51
    const [image] = filterPictures(modelOf(3, [-1, 0, 1, 2, 3, 4]))?.images ?? [];
    expect(image).toEqual({ width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 51, 102, 153, 204, 255) });
  });

  it("are found under whatever name they have", () => {
    const model = renameModel(modelOf(1, [-1, 3]), { parameters: { "conv1/filters": "shared" } });
    expect(filterPictures(model)?.images).toHaveLength(1);
  });

  it("are not there for another number of channels", () => {
    expect(filterPictures(modelOf(2, [1, 2, 3, 4]))).toBeUndefined();
  });
});
