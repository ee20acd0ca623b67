/** Cases of recurrent networks, of losses, and of the Fourier transform. */

import type { AttributeInput } from "../../src/graph/attributes.js";
import { float } from "../../src/graph/attributes.js";
import { float32, int64, tensor } from "../../src/graph/tensor.js";
import type { Case } from "./case.js";

/** L×N×I = 3×2×2, H = 2, and all of its outputs. */
const recurrent = (
  operator: "RNN" | "GRU" | "LSTM",
  given: Readonly<Record<string, AttributeInput>> = {},
  directions = 1,
): Case => {
  const gates = { RNN: 1, GRU: 3, LSTM: 4 }[operator];
  const long = operator === "LSTM";
  return {
    shapes: [
      [3, 2, 2],
      [directions, gates * 2, 2],
      [directions, gates * 2, 2],
      [directions, gates * 4],
      [directions, 2, 2],
      ...(long ? [[directions, 2, 2]] : []),
    ],
    build: (g, ...inputs) => {
      // Small numbers keep the gates open.
      const [x, w, r, b, h, c] = inputs.map((input) => g.op("Mul", [input, g.scalar(0.3)]));
      const values = [x, w, r, b, "", h, ...(long ? [c] : [])];
      const outputs = g.ops(operator, values, long ? 3 : 2, { hidden_size: 2, ...given });
      return g.op(
        "Concat",
        outputs.map((output) => g.op("Reshape", [output, g.ints(-1)])),
        { axis: 0 },
      );
    },
  };
};

/** Both directions of sequences of 3 and 1 steps. */
const ending = (operator: "GRU" | "LSTM"): Case => {
  const gates = operator === "GRU" ? 6 : 8;
  return {
    shapes: [
      [3, 2, 2],
      [2, gates, 2],
      [2, gates, 2],
    ],
    build: (g, ...inputs) => {
      const [x, w, r] = inputs.map((input) => g.op("Mul", [input, g.scalar(0.3)]));
      const lengths = g.constant(tensor("int32", [2], Int32Array.of(3, 1)));
      const given = { hidden_size: 2, direction: "bidirectional" };
      const [y, last] = g.ops(operator, [x, w, r, "", lengths], 2, given);
      return g.op("Add", [y, g.op("Unsqueeze", [last, g.ints(0)])]);
    },
  };
};

const labels = (...numbers: readonly number[]) => int64(numbers, [2, 2]);

/** Scores of 3 classes for 2 images of 2 pixels. */
const loss = (operator: string, given: Readonly<Record<string, AttributeInput>>, weights: boolean): Case => ({
  shapes: [[2, 3, 2], ...(weights ? [[3]] : [])],
  offset: 1,
  build: (g, x, w) => g.op(operator, [x, g.constant(labels(2, 0, 1, 1)), ...(weights ? [w] : [])], given),
});

export const SEQUENCES: Readonly<Record<string, Case>> = {
  GRU: recurrent("GRU"),
  "GRU, linear before the reset": recurrent("GRU", { linear_before_reset: 1 }),
  "GRU, both directions": recurrent("GRU", { direction: "bidirectional" }, 2),
  LSTM: recurrent("LSTM"),
  "LSTM, both directions": recurrent("LSTM", { direction: "bidirectional" }, 2),
  "LSTM, backwards, other activations": {
    ...recurrent("LSTM", {
      direction: "reverse",
      activations: { type: "strings", value: ["HardSigmoid", "Softsign", "Tanh"] },
      activation_alpha: { type: "floats", value: [0.15] },
      activation_beta: { type: "floats", value: [0.4] },
    }),
    refusedOn: "webgpu",
  },
  "LSTM, without biases and states": {
    shapes: [
      [2, 1, 2],
      [1, 8, 2],
      [1, 8, 2],
    ],
    build: (g, ...inputs) => {
      const small = inputs.map((input) => g.op("Mul", [input, g.scalar(0.3)]));
      return g.ops("LSTM", small, 3, { hidden_size: 2 })[1];
    },
  },
  "LSTM, peepholes": {
    shapes: [
      [2, 1, 2],
      [1, 8, 2],
      [1, 8, 2],
      [1, 6],
    ],
    build: (g, ...inputs) => {
      const [x, w, r, p] = inputs.map((input) => g.op("Mul", [input, g.scalar(0.6)]));
      return g.ops("LSTM", [x, w, r, "", "", "", "", p], 3, { hidden_size: 2 })[0];
    },
  },
  "GRU, sequences that end before": ending("GRU"),
  "LSTM, sequences that end before": ending("LSTM"),
  NegativeLogLikelihoodLoss: loss("NegativeLogLikelihoodLoss", {}, true),
  "NegativeLogLikelihoodLoss, each": loss("NegativeLogLikelihoodLoss", { reduction: "none", ignore_index: 1 }, true),
  "NegativeLogLikelihoodLoss, their sum": loss("NegativeLogLikelihoodLoss", { reduction: "sum" }, false),
  RNN: recurrent("RNN"),
  "RNN, backwards, clipped": recurrent("RNN", {
    direction: "reverse",
    activations: { type: "strings", value: ["Softsign"] },
    clip: float(0.25),
  }),
  SoftmaxCrossEntropyLoss: loss("SoftmaxCrossEntropyLoss", {}, true),
  "SoftmaxCrossEntropyLoss, labels that do not count": loss("SoftmaxCrossEntropyLoss", { ignore_index: 1 }, false),
  "SoftmaxCrossEntropyLoss, with its logarithms": {
    shapes: [[2, 3, 2]],
    build: (g, x) => {
      const [y, logarithms] = g.ops("SoftmaxCrossEntropyLoss", [x, g.constant(labels(2, 0, 1, 1))], 2, {
        reduction: "sum",
      });
      return g.op("Mul", [g.op("Mul", [logarithms, g.constant(float32([1, 2, 3], [3, 1]))]), y]);
    },
  },

  DFT: { shapes: [[2, 5, 1]], build: (g, x) => g.op("DFT", [x, "", g.constant(int64([1], []))]) },
  "DFT, complex, longer, inverse": {
    shapes: [[3, 2, 2]],
    build: (g, x) => g.op("DFT", [x, g.constant(int64([4], [])), g.constant(int64([0], []))], { inverse: 1 }),
  },
  "DFT, half the spectrum": {
    shapes: [[2, 6, 1]],
    build: (g, x) => g.op("DFT", [x, g.constant(int64([5], []))], { onesided: 1 }),
  },

  STFT: {
    shapes: [[2, 9, 1], [4]],
    build: (g, x, window) => g.op("STFT", [x, g.constant(int64([2], [])), window]),
  },
  "STFT, the whole spectrum": {
    shapes: [[1, 8, 1]],
    build: (g, x) => g.op("STFT", [x, g.constant(int64([3], [])), "", g.constant(int64([4], []))], { onesided: 0 }),
  },
};
