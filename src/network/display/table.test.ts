import { expect, test } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import { averagePool } from "../../blocks/pooling/pool.js";
import { dag, sequential } from "../network.js";
import { ocr, vgg16 } from "../zoo/index.js";
import { networkTable, type TableRow } from "./table.js";

const column = <K extends keyof TableRow>(rows: readonly TableRow[], key: K): TableRow[K][] => rows.map((r) => r[key]);

test("multiply-adds of the net for letters", () => {
  const { rows, totals } = networkTable(ocr());
  // positions × filters × depth × taps: 28²·20·1·25, 10²·50·20·25, 2²·500·50·16, 1·26·500·4
  expect(column(rows, "multiplyAdds")).toEqual([0, 392000, 0, 2500000, 0, 1600000, 0, 52000, 0]);
  expect(totals.multiplyAdds).toBe(4544000);
});

test("totals of VGG-16: 138 357 544 parameters, 15.47 G multiply-adds", () => {
  const { totals } = networkTable(vgg16());
  expect(totals.parameters).toBe(138357544);
  expect(totals.parameterBytes).toBe(553430176);
  // 224²·(27 + 576)·64, 112²·(576 + 1152)·128, 56²·(1152 + 2·2304)·256, 28²·(2304 + 2·4608)·512, 14²·3·4608·512,
  // and the fully connected 25088·4096 + 4096·4096 + 4096·1000
  const stages = [1936392192, 2774532096, 4624220160, 4624220160, 1387266048, 102760448 + 16777216 + 4096000];
  expect(totals.multiplyAdds).toBe(stages.reduce((a, b) => a + b));
  expect(totals.multiplyAdds / 1e9).toBeCloseTo(15.47, 2);
});

test("data memory: 4 bytes for each number of the image and of every output, for the whole batch", () => {
  const network = ocr();
  const numbers = [1024, 15680, 3920, 5000, 1250, 2000, 2000, 26, 1];
  expect(column(networkTable(network).rows, "dataBytes")).toEqual(numbers.map((n) => 4 * n));
  const batch = networkTable(network, { batchSize: 100 });
  expect(column(batch.rows, "dataBytes")).toEqual(numbers.map((n) => 400 * n));
  expect(batch.totals.dataBytes).toBe(400 * 30901);
  expect(batch.totals.multiplyAdds).toBe(4544000);
});

test("a row says what the layer is", () => {
  const network = sequential("two", { channels: 4, height: 9, width: 9 }, [
    conv([3, 1], 6, { name: "split", groups: 2, dilation: 2, pad: [1, 0, 0, 0], biases: false }),
    averagePool(3, { stride: 2 }),
  ]);
  expect(networkTable(network).rows).toEqual([
    {
      layer: 0,
      name: "image",
      type: "input",
      inputs: [],
      variable: "image",
      window: undefined,
      groups: 1,
      output: { channels: 4, height: 9, width: 9 },
      filterDepth: undefined,
      field: { size: [1, 1], stride: [1, 1], offset: [0, 0] },
      parameters: 0,
      parameterBytes: 0,
      dataBytes: 1296,
      multiplyAdds: 0,
    },
    {
      layer: 1,
      name: "split",
      type: "conv",
      inputs: ["image"],
      variable: "split",
      window: { support: [3, 1], stride: [1, 1], pad: [1, 0, 0, 0], dilation: [2, 2] },
      groups: 2,
      output: { channels: 6, height: 6, width: 9 },
      filterDepth: 2,
      field: { size: [5, 1], stride: [1, 1], offset: [1, 0] },
      parameters: 36,
      parameterBytes: 144,
      dataBytes: 1296,
      multiplyAdds: 6 * 9 * 6 * 2 * 3,
    },
    {
      layer: 2,
      name: "pool1",
      type: "averagePool",
      inputs: ["split"],
      variable: "pool1",
      window: { support: [3, 3], stride: [2, 2], pad: [0, 0, 0, 0], dilation: [1, 1] },
      groups: 1,
      output: { channels: 6, height: 2, width: 4 },
      filterDepth: undefined,
      field: { size: [7, 3], stride: [2, 2], offset: [2, 1] },
      parameters: 0,
      parameterBytes: 0,
      dataBytes: 192,
      multiplyAdds: 0,
    },
  ]);
});

test("a parameter that layers share counts once, and every input has a row", () => {
  const image = { channels: 1, height: 8, width: 8 };
  const { rows, totals } = networkTable(
    dag("siamese", { left: image, right: image }, [
      conv(3, 2, { name: "a", biases: false }),
      conv(3, 2, { name: "b", biases: false, inputs: ["right"], parameters: { filters: "a/filters" } }),
    ]),
  );
  expect(column(rows, "name")).toEqual(["left", "right", "a", "b"]);
  expect(column(rows, "parameters")).toEqual([0, 0, 18, 18]);
  expect(totals).toMatchObject({ parameters: 18, parameterBytes: 72, dataBytes: 4 * (64 + 64 + 72 + 72) });
});

test.each([0, 1.5, -2, Number.NaN])("a batch of %s is refused", (batchSize) => {
  expect(() => networkTable(ocr(), { batchSize })).toThrow(
    new RangeError(`Invalid value for batchSize: expected a whole number of at least 1, got ${batchSize}.`),
  );
});
