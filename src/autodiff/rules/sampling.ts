/** The rule of sampling an image at computed places. */

import { intOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { tensor } from "../../graph/tensor.js";
import type { Rule } from "../rule.js";

/** One of the two rows, or columns, between which a point lies; each N×P×1 for P points. */
interface Neighbour {
  /** its number as int32; that of the nearest one where it lies outside the image */
  readonly index: string;
  /** 1 in the image, 0 outside */
  readonly inside: string;
  /** its share in the value: 1 less the distance, 0 outside */
  readonly share: string;
}

/** The two rows, or columns, beside each point, the lower first. */
function neighbours(g: GraphBuilder, place: string, size: number): readonly Neighbour[] {
  const lower = g.op("Floor", [place]);
  const above = g.op("Sub", [place, lower]);
  const below = g.op("Sub", [g.scalar(1), above]);
  return [
    [lower, below],
    [g.op("Add", [lower, g.scalar(1)]), above],
  ].map(([number, nearness]) => {
    const nearest = g.op("Clip", [number, g.scalar(0), g.scalar(size - 1)]);
    const inside = g.op("Cast", [g.op("Equal", [number, nearest])], { to: 1 });
    const index = g.op("Cast", [nearest], { to: 6 });
    return { index, inside, share: g.op("Mul", [nearness, inside]) };
  });
}

/**
 * GridSample, linear between pixels ("bilinear" up to version 19) and with zeros around the image. With the four pixels around each point, their shares r·s in rows and columns, and
 * r′, s′ = −1 for the lower and 1 for the higher neighbour:
 *
 *     dx = Σ r·s·dy at these pixels,   d vertical = (H−1)/2 · Σ r′·s·⟨x, dy⟩,   d horizontal = (W−1)/2 · Σ r·s′·⟨x, dy⟩
 *
 * where ⟨x, dy⟩ is over the channels. (Without align_corners, H/2 and W/2.) Images are written as rows, one for each pixel with all its
 * channels: these are read and added as a whole.
 */
export const gridSample: Rule = ({ g, node, dy, wants }) => {
  const [x, grid] = node.inputs;
  const mode = stringOf(node, "mode", "linear");
  const padding = stringOf(node, "padding_mode", "zeros");
  if ((mode !== "linear" && mode !== "bilinear") || padding !== "zeros" || g.shape(x).length !== 4) {
    throw new Error(
      `GridSample '${node.name}': gradients are known for images, mode "linear" and padding_mode "zeros", not for ${g.shape(x).length} axes, "${mode}" and "${padding}".`,
    );
  }
  const [batch, channels, height, width] = g.shape(x);
  const [, rows, columns] = g.shape(grid);
  const points = rows * columns;
  const aligned = intOf(node, "align_corners", 0) === 1;
  // With align_corners −1 and 1 are the centres of the first and the last pixel, else their outer edges.
  const slope = (size: number): number => (aligned ? size - 1 : size) / 2;
  const coordinates = g.ops("Split", [g.op("Reshape", [grid, g.ints(batch, points, 2)]), g.ints(1, 1)], 2, { axis: 2 });
  const [across, down] = [width, height].map((size, i) => {
    const place = g.op("Mul", [coordinates[i], g.scalar(slope(size))]);
    return neighbours(g, g.op("Add", [place, g.scalar((size - 1) / 2)]), size);
  });
  const starts = Int32Array.from({ length: batch }, (_, n) => n * height * width);
  const first = g.constant(tensor("int32", [batch, 1, 1], starts));
  const lines = down.map(({ index }) =>
    g.op("Add", [g.op("Mul", [index, g.constant(tensor("int32", [], Int32Array.of(width)))]), first]),
  );
  const pixels = down.flatMap((row, i) =>
    across.map((column, j) => ({ row, column, i, j, place: g.op("Add", [lines[i], column.index]) })),
  );
  const asRows = (image: string, count: number): string =>
    g.op("Transpose", [g.op("Reshape", [image, g.ints(batch, channels, count)])], { perm: [0, 2, 1] });
  const gradient = asRows(dy, points);

  const toImage = (): string => {
    const parts = pixels.map(({ row, column }) => g.op("Mul", [gradient, g.op("Mul", [row.share, column.share])]));
    const places = g.op(
      "Concat",
      pixels.map(({ place }) => place),
      { axis: 1 },
    );
    const zero = g.op("Expand", [g.scalar(0), g.ints(batch * height * width, channels)]);
    const all = batch * 4 * points;
    const added = g.op(
      "ScatterND",
      [
        zero,
        g.op("Cast", [g.op("Reshape", [places, g.ints(all, 1)])], { to: 7 }),
        g.op("Reshape", [g.op("Concat", parts, { axis: 1 }), g.ints(all, channels)]),
      ],
      { reduction: "add" },
    );
    const images = g.op("Reshape", [added, g.ints(batch, height * width, channels)]);
    return g.op("Reshape", [g.op("Transpose", [images], { perm: [0, 2, 1] }), g.ints(batch, channels, height, width)]);
  };

  const toGrid = (): string => {
    const image = g.op("Reshape", [asRows(x, height * width), g.ints(batch * height * width, channels)]);
    const slopes = pixels.map(({ row, column, i, j, place }) => {
      const read = g.op("Gather", [image, g.op("Reshape", [place, g.ints(batch, points)])], { axis: 0 });
      const product = g.op("ReduceSum", [g.op("Mul", [read, gradient]), g.ints(2)], { keepdims: 1 });
      const inside = g.op("Mul", [product, g.op("Mul", [row.inside, column.inside])]);
      return { inside, row, column, i, j };
    });
    const signed = (value: string, which: number): string => (which === 0 ? g.op("Neg", [value]) : value);
    const vertical = slopes.map(({ inside, column, i }) => signed(g.op("Mul", [inside, column.share]), i));
    const horizontal = slopes.map(({ inside, row, j }) => signed(g.op("Mul", [inside, row.share]), j));
    const total = ([a, b, c, d]: readonly string[], size: number): string => {
      const sum = g.op("Add", [g.op("Add", [a, b]), g.op("Add", [c, d])]);
      return g.op("Mul", [sum, g.scalar(slope(size))]);
    };
    const both = g.op("Concat", [total(horizontal, width), total(vertical, height)], { axis: 2 });
    return g.op("Reshape", [both, g.ints(batch, rows, columns, 2)]);
  };

  return [wants(0) ? toImage() : undefined, wants(1) ? toGrid() : undefined];
};
