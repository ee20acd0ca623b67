import { expect, test } from "vitest";
import { networkTable } from "../../network/display/table.js";
import { receptiveFields } from "../../network/geometry.js";
import { sequential } from "../../network/network.js";
import { conv } from "../convolution/conv.js";
import { type GraphLayer, graphLayer } from "./graph-layer.js";

const IMAGE = { channels: 2, height: 10, width: 8 };

type Options = Parameters<typeof graphLayer>[0];

/** A piece of graph that reads x and makes y. */
const piece = (nodes: Options["nodes"], more: Partial<Options> = {}): GraphLayer =>
  graphLayer({ reads: [{ value: "x" }], makes: "y", nodes, ...more });

const axis = (value: number) => ({ axis: { type: "int", value } }) as const;

test.each<[string, GraphLayer]>([
  ["Round", piece([{ operator: "Round", inputs: ["x"], outputs: ["y"] }])],
  ["Softmax over channels", piece([{ operator: "Softmax", inputs: ["x"], outputs: ["y"], attributes: axis(1) }])],
  ["Concat of channels", piece([{ operator: "Concat", inputs: ["x", "x"], outputs: ["y"], attributes: axis(1) }])],
  [
    "a gate that is written out, with a weight for each channel",
    piece(
      [
        { operator: "Mul", inputs: ["x", "w"], outputs: ["a"] },
        { operator: "Sigmoid", inputs: ["a"], outputs: ["b"] },
        { operator: "Mul", inputs: ["x", "b"], outputs: ["y"] },
      ],
      { weights: [{ value: "w", shape: [2, 1, 1] }] },
    ),
  ],
])("%s keeps pixels to themselves: behind a convolution of 3×3, 3×3 is seen", (_, layer) => {
  const [, field] = receptiveFields(sequential("local", IMAGE, [conv(3, 2), layer]));
  expect(field.size).toEqual([3, 3]);
});

test.each<[string, GraphLayer]>([
  ["Softmax over columns", piece([{ operator: "Softmax", inputs: ["x"], outputs: ["y"], attributes: axis(-1) }])],
  ["a mean", piece([{ operator: "ReduceMean", inputs: ["x"], outputs: ["y"] }])],
  [
    "a flattened map",
    piece([{ operator: "Relu", inputs: ["x"], outputs: ["y"] }], { reads: [{ value: "x", shape: [2 * 8 * 6] }] }),
  ],
])("of %s, all is seen", (_, layer) => {
  const [, field] = receptiveFields(sequential("whole", IMAGE, [conv(3, 2), layer]));
  expect(field.size).toEqual([10, 8]);
});

test("multiply-adds of products with weights: of what is read for a transposed convolution, else of what is made", () => {
  const of = (layer: GraphLayer): number =>
    networkTable(sequential("one", { channels: 2, height: 3, width: 3 }, [layer])).totals.multiplyAdds;
  const weighted = (operator: string, shape: readonly number[]): GraphLayer =>
    piece([{ operator, inputs: ["x", "w"], outputs: ["y"] }], { weights: [{ value: "w", shape }] });
  // 4 maps of 2×2 pixels, each of 2·2·2 products
  expect(of(weighted("Conv", [4, 2, 2, 2]))).toBe(16 * 8);
  // 2 maps of 3×3 pixels, each in 4·2·2 places
  expect(of(weighted("ConvTranspose", [2, 4, 2, 2]))).toBe(18 * 16);
  // 2 maps of 3 rows: 3 numbers to 5
  expect(of(weighted("MatMul", [3, 5]))).toBe(2 * 3 * 5 * 3);
  expect(of(piece([{ operator: "Round", inputs: ["x"], outputs: ["y"] }]))).toBe(0);
});
