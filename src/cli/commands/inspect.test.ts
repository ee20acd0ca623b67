import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Outcome, runCommand } from "../../../test/support/command.js";

const ROOT = join(import.meta.dirname, "../../..");
const LETTERS = join(ROOT, "assets/ocr.onnx");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-inspect-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const inspect = (...call: readonly string[]): Promise<Outcome> => runCommand(folder, "inspect", ...call);

test.concurrent("writes a page, and tells where it is", async () => {
  const { code, out, err } = await inspect(LETTERS);
  // a slow machine tells how far it is
  const told = err.replace(/^\d+ of \d+: .*\n/gm, "");
  expect({ code, told }).toEqual({ code: 0, told: "" });
  expect(out).toMatch(/^(reading the model …\n)?page {2}runs\/ocr-inside\/inspection\.html\n$/);
  expect(existsSync(join(folder, "runs/ocr-inside/inspection.html"))).toBe(true);
});

test.concurrent.each([
  [1, [LETTERS, "none.png"], /none\.png: there is no such file or folder/],
  [2, [], /missing required argument 'model'/],
  [2, [LETTERS, "--classes", "names.txt"], /is a model of Bell Pepper, which says it itself/],
])("%i: %o", async (code, call, message) => {
  const found = await inspect(...call);
  expect([found.code, found.out.replace("reading the model …\n", "")]).toEqual([code, ""]);
  expect(found.err).toMatch(message);
});
