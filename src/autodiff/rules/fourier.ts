/** Rules of the discrete Fourier transform, and of that of frames of a signal. */

import { intOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { elementCount, float32, int64 } from "../../graph/tensor.js";
import { byDefinition, constants, DifferentiationError } from "../rule.js";

/**
 * y[k] = Σ x[t]·e^(−2πi·kt/N) along an axis, the inverse with the other sign and divided by N; the last axis has the real and the imaginary part.
 * The transform is a product with the matrices of cosines and sines. A signal of another length is cut, or gets zeros.
 */
export const dft = byDefinition((g, node) => {
  const [x] = node.inputs;
  const shape = g.shape(x);
  const [given] = node.inputs[2] ? constants(g, node, 2) : [-2];
  const axis = given < 0 ? given + shape.length : given;
  const length = node.inputs[1] ? constants(g, node, 1)[0] : shape[axis];
  const inverse = intOf(node, "inverse", 0) === 1;
  const count = g.shape(node.outputs[0])[axis];
  if (inverse && count !== length) {
    throw new DifferentiationError(`DFT '${node.name}': gradients are not known of the inverse of half a spectrum.`);
  }
  const taken = Math.min(length, shape[axis]);
  const signal = g.op("Slice", [x, g.ints(0), g.ints(taken), g.ints(axis)]);
  const part = (i: number): string => g.op("Gather", [signal, g.constant(int64([i], []))], { axis: -1 });
  const matrix = (wave: (angle: number) => number): string => {
    const numbers = Array.from({ length: count * taken }, (_, n) => {
      const turns = (Math.floor(n / taken) * (n % taken)) % length;
      return wave((2 * Math.PI * turns) / length) / (inverse ? length : 1);
    });
    return g.constant(float32(numbers, [count, taken]));
  };
  const cosines = matrix(Math.cos);
  const sines = matrix(inverse ? (angle) => -Math.sin(angle) : Math.sin);
  const sizes = shape.slice(0, -1);
  const times = (by: string, value: string): string => along(g, by, value, sizes.with(axis, taken), axis);
  const real = part(0);
  const imaginary = shape[shape.length - 1] === 2 ? part(1) : undefined;
  const first = times(cosines, real);
  const second = g.op("Neg", [times(sines, real)]);
  const parts = imaginary
    ? [g.op("Add", [first, times(sines, imaginary)]), g.op("Add", [second, times(cosines, imaginary)])]
    : [first, second];
  return [
    g.op(
      "Concat",
      parts.map((value) => g.op("Unsqueeze", [value, g.ints(-1)])),
      { axis: -1 },
    ),
  ];
});

/** Of N×L×(1 or 2), the transforms of frames, each `step` behind the one before, times a window: N×frames×frequencies×2 */
export const stft = byDefinition((g, node) => {
  const [signal, , window] = node.inputs;
  const [step] = constants(g, node, 1);
  const [, frames] = g.shape(node.outputs[0]);
  const length = node.inputs[3] ? constants(g, node, 3)[0] : g.shape(window)[0];
  const places = Array.from({ length: frames * length }, (_, k) => Math.floor(k / length) * step + (k % length));
  const taken = g.op("Gather", [signal, g.constant(int64(places, [frames, length]))], { axis: 1 });
  const windowed = window ? g.op("Mul", [taken, g.op("Reshape", [window, g.ints(-1, 1)])]) : taken;
  const onesided = intOf(node, "onesided", 1);
  return [g.op("DFT", [windowed, "", g.constant(int64([2], []))], { onesided })];
});

/** A matrix times the columns along an axis. */
function along(g: GraphBuilder, matrix: string, value: string, shape: readonly number[], axis: number): string {
  const lead = elementCount(shape.slice(0, axis));
  const rest = elementCount(shape.slice(axis + 1));
  const product = g.op("MatMul", [matrix, g.op("Reshape", [value, g.ints(lead, shape[axis], rest)])]);
  return g.op("Reshape", [product, g.ints(...shape.with(axis, g.shape(matrix)[0]))]);
}
