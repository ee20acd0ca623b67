import { expect, test } from "vitest";
import { crossvalidateCommand } from "../commands/crossvalidate.js";
import { evaluateCommand } from "../commands/evaluate.js";
import { readCommand } from "../commands/read.js";
import { trainCommand } from "../commands/train.js";
import { trainOcrCommand } from "../commands/train-ocr.js";

test.each([trainCommand(), trainOcrCommand(), crossvalidateCommand(), evaluateCommand(), readCommand()])(
  "every command that computes takes --threads and --device",
  ({ options }) => {
    const threads = options.find(({ long }) => long === "--threads");
    const device = options.find(({ long }) => long === "--device");
    expect(threads?.parseArg?.("3", undefined)).toBe(3);
    expect(device?.argChoices).toEqual(["cpu", "wasm", "webgpu", "cuda", "dml", "coreml"]);
    expect(device?.defaultValue).toBe("cpu");
  },
);
