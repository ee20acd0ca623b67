/** Some cases of each kind of malformed input, always the same ones; `npm run fuzz` runs others, for as long as one likes. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCases } from "./run-cases-file.js";
import { faultIn, faultInOutput } from "./target.js";
import { TARGETS } from "./targets.js";

const folder = await mkdtemp(join(tmpdir(), "bellpepper-fuzz-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As many as take a few seconds. */
const COUNTS: Readonly<Record<string, number>> = {
  models: 40,
  graphs: 60,
  operators: 200,
  pictures: 100,
  sounds: 60,
  lists: 60,
  packed: 100,
  foreign: 150,
  runs: 6,
  arguments: 6,
};

test.each(Object.keys(TARGETS))(
  "%s: every error is one of ours, and none takes long",
  { timeout: 240_000 },
  async (kind) => {
    expect(COUNTS[kind]).toBeGreaterThan(0);
    expect(await runCases(kind, TARGETS[kind], { seed: 1, first: 1, count: COUNTS[kind], folder })).toEqual([]);
  },
);

test("what counts as a fault", () => {
  expect(faultIn(new TypeError("Cannot read properties of undefined (reading 'x')"))).toContain("Cannot read");
  expect(faultIn(new RangeError("Invalid array length"))).toContain("array length");
  expect(faultIn(new Error("no"))).toContain("next to nothing");
  expect(faultIn(new RangeError("list.csv, line 3: expected 2 fields, got 3."))).toBeUndefined();
  expect(faultInOutput("bellpepper: a.onnx: there is no such file.\n", 1)).toBeUndefined();
  expect(faultInOutput("TypeError: x\n    at f (file:///a.js:1:2)\n", 1)).toContain("at f");
  expect(faultInOutput("", 1)).toContain("without a word");
  expect(faultInOutput("", null)).toContain("exit code null");
});
