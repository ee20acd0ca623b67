import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Outcome, runCommand } from "../../../test/support/command.js";

const ROOT = join(import.meta.dirname, "../../..");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-convert-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const convert = (...call: readonly string[]): Promise<Outcome> => runCommand(folder, "convert", ...call);

test.concurrent("says what was written, and how it compares", async () => {
  const { code, out, err } = await convert(join(ROOT, "assets/ocr.onnx"), "letters.onnx");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(
    /^(reading the model …\n)?model {4}letters\.onnx\nformat {3}ONNX, operator set 13, 11 nodes, 1\.98 MB\nnetwork {2}ocr, 8 layers, \d+ \d+ parameters\nscores {3}within \d\.\de-\d of those of the model, which are up to 0\.\d+, on random\n {9}images\n$/,
  );
  expect(existsSync(join(folder, "letters.onnx"))).toBe(true);
});

test.concurrent("tells on standard error what surprises", async () => {
  const model = join(ROOT, "test/fixtures/foreign/keras-small.keras");
  const { code, err } = await convert(model, "small.onnx");
  expect(code).toBe(0);
  expect(err).toMatch(/^Layers that do something in training only were left out: dropout\.\n/);
  expect(err).toMatch(/A batch normalisation is merged into convolutions, as the file is for use/);
});

test.concurrent.each([
  [
    2,
    ["letters.pt"],
    "letters.pt: expected a name that ends in .onnx, .safetensors or .mat, the formats that are written.",
  ],
  [
    2,
    ["x.onnx", "--network", "resnet18"],
    /--network: .*ocr\.onnx is a model of Bell Pepper, which says it itself\. Leave it out\./,
  ],
  [2, [], "missing required argument 'file'"],
])("%i: %o", async (code, call, message) => {
  const found = await convert(join(ROOT, "assets/ocr.onnx"), ...call);
  expect([found.code, found.out]).toEqual([code, ""]);
  expect(found.err).toMatch(message);
});
