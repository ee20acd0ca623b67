import { describe, expect, it, test } from "vitest";
import { expectPicture } from "../../test/support/snapshot.js";
import { histogramChart, histogramOf } from "./histogram.js";
import { sparseNetwork } from "./sparse-network.js";

describe("a histogram", () => {
  it("has zero in the middle, whatever the numbers are", () => {
    // thirds of −3 … 3
    expect(histogramOf(Float32Array.of(3, 0.9, -0.9, 1.1, Number.NaN), 3)).toEqual({
      low: -3,
      high: 3,
      counts: [0, 2, 2],
    });
    expect(histogramOf(new Float32Array(4), 3)).toEqual({ low: -0, high: 0, counts: [0, 4, 0] });
  });
});

// The drawings were looked at: see CONTRIBUTING.md.
test("a histogram of weights", async () => {
  const weights = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i) * Math.cos(i / 3) ** 3);
  await expectPicture("histogram", histogramChart(histogramOf(weights, 21), "conv1 <&>", "200, σ = 0.4"));
});

test("a filter as a sparse network", () => expectPicture("sparse-network", sparseNetwork([-0.5, 1, 0])));
