import { expect, test } from "vitest";
import { networkTable } from "../../network/display/table.js";
import { receptiveFields, seenRange } from "../../network/geometry.js";
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

const resize = (mode: string, how: string, after: number): GraphLayer =>
  piece(
    [
      {
        operator: "Resize",
        inputs: ["x", "", "", "sizes"],
        outputs: ["y"],
        attributes: {
          mode: { type: "string", value: mode },
          coordinate_transformation_mode: { type: "string", value: how },
          nearest_mode: { type: "string", value: "floor" },
        },
      },
    ],
    { constants: [{ value: "sizes", tensor: { type: "int64", shape: [4], data: [1, 2, 3, after] } }] },
  );

// the pixels in which PyTorch's derivative of interpolate(x, size=(1, after), mode, align_corners) is not 0
test.each<[string, string, number, number, string]>([
  ["nearest", "asymmetric", 4, 8, "00 00 11 11 22 22 33 33"],
  ["nearest", "asymmetric", 4, 7, "00 00 11 11 22 22 33"],
  ["linear", "half_pixel", 4, 8, "00 01 01 12 12 23 23 33"],
  ["linear", "half_pixel", 6, 4, "01 12 34 45"],
  ["linear", "align_corners", 4, 10, "00 01 01 11 12 12 22 23 23 33"],
  ["cubic", "half_pixel", 4, 8, "01 02 02 03 03 13 13 23"],
])("what is resized (%s, %s, %i to %i) sees what PyTorch takes it from", (mode, how, before, after, expected) => {
  const network = sequential("resized", { channels: 2, height: 3, width: before }, [resize(mode, how, after)]);
  const seen = Array.from({ length: after }, (_, i) => seenRange(network, 0, 1, i)?.join(""));
  expect(seen.join(" ")).toBe(expected);
});

test("what is made twice as large again has the stride of what it was made from, and a field around the same middle", () => {
  const layers = [
    conv(4, 2, { stride: 2, pad: 1 }),
    piece([{ ...resize("linear", "half_pixel", 8).nodes[0] }], {
      constants: [{ value: "sizes", tensor: { type: "int64", shape: [4], data: [1, 2, 10, 8] } }],
    }),
  ];
  const [, field] = receptiveFields(sequential("there and back", IMAGE, layers));
  // as of a transposed convolution of 4×4: (4 − 1)/2 + 1 = 2.5 features, of 4 pixels every 2
  expect(field).toEqual({ size: [7, 7], stride: [1, 1], offset: [0, 0] });
});

test("what sees everything does not move", () => {
  const [field] = receptiveFields(
    sequential("whole", IMAGE, [piece([{ operator: "ReduceMean", inputs: ["x"], outputs: ["y"] }])]),
  );
  expect(field.stride).toEqual([0, 0]);
});
