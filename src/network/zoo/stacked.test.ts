import { expect, test } from "vitest";
import { networkTable } from "../display/table.js";
import { stacked } from "./stacked.js";

const INPUT = { channels: 1, height: 32, width: 32 };

test("a stacked network has as many parameters as its layers say", () => {
  // 5·5·1·4 + 4, 5·5·4·8 + 8; maps of 8×8: 8·8·8·10 + 10; 10·3 + 3
  const network = stacked(INPUT, 3, { depth: 2, kernel: 5, channels: 4, hidden: 10 });
  expect(networkTable(network).totals.parameters).toBe(104 + 808 + 5130 + 33);
  expect(network.layers.map(({ name }) => name).join(" ")).toBe(
    "conv1 relu1 pool1 conv2 relu2 pool2 conv3 relu3 conv4 loss1",
  );
});

test("filters grow from stage to stage, those of an even size keep the map, and the mean of each map may stand for its end", () => {
  // 2·2·1·6 + 6, batch normalisation 2·6, 2·2·6·9 + 9, 2·9; 9·3 + 3
  const network = stacked(INPUT, 3, { depth: 2, kernel: 2, channels: 6, growth: 1.5, order: "conv norm" });
  const { totals, rows } = networkTable(network);
  expect(totals.parameters).toBe(30 + 12 + 225 + 18 + 30);
  expect(rows.slice(0, 4).every(({ output }) => output.height === 32 && output.width === 32)).toBe(true);
});

test("what cannot be stacked is refused", () => {
  expect(() => stacked(INPUT, 3, { depth: 6 })).toThrow(
    "Invalid value for depth: expected fewer stages: maps of 32×32 cannot be halved so often, got 6.",
  );
  expect(() => stacked(INPUT, 3, { order: "pool relu" })).toThrow("with a conv among them");
  expect(() => stacked(INPUT, 3, { kernel: 0 })).toThrow("Invalid value for kernel");
});
