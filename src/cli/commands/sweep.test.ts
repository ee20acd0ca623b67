import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Outcome, runCommand } from "../../../test/support/command.js";
import { smallLetters } from "../../../test/support/small-letters.js";
import { stripesFolder } from "../../../test/support/stripes.js";
import { parseTable } from "../../files/csv.js";

let stripes: string;
let letters: string;
let folder: string;
beforeAll(async () => {
  stripes = await stripesFolder(12, 12);
  letters = await smallLetters(4);
  folder = await mkdtemp(join(tmpdir(), "bellpepper-sweep-"));
});
afterAll(async () => {
  for (const made of [folder, stripes, join(letters, "..")]) await rm(made, { recursive: true, force: true });
});

const bellpepper = (...call: readonly string[]): Promise<Outcome> => runCommand(folder, ...call);
const QUICK = ["--epochs", "1", "--batch-size", "8", "--threads", "2", "--jitter", "none"];

test("a sweep trains each trial, tells which is best, and trains it on all; it is done once, and takes no other question", async () => {
  const call = [
    "sweep",
    stripes,
    ...QUICK,
    "--size",
    "8",
    "--try",
    "width=1,2",
    "--strategy",
    "grid",
    "--out",
    "widths",
  ];
  const done = await bellpepper(...call);
  expect({ code: done.code, err: done.err }).toEqual({ code: 0, err: "" });
  expect(done.out).toMatch(/^2 trials of 1 epoch, 2 at a time, measured by 4 pictures$/m);
  expect(done.out).toMatch(/^trial 1 {2}epoch 1 {2}error .* ± .* width 1$/m);
  for (const name of ["trial-1/model.onnx", "trial-2/checkpoints", "final/report.html", "sweep.html", "split.json"]) {
    expect(existsSync(join(folder, "widths", name)), name).toBe(true);
  }
  const { rows } = parseTable(await readFile(join(folder, "widths/trials.csv"), "utf8"));
  const best = Number(rows[0].fields[1]);
  expect(rows.map(({ fields }) => fields[1]).sort()).toEqual(["1", "2"]);
  // the errors of the table are those that the runs have noted
  for (const { fields } of rows) {
    const line = await readFile(join(folder, `widths/trial-${fields[0]}/events.jsonl`), "utf8");
    expect(JSON.parse(line.split("\n")[0]).validation.metrics.top1Error).toBe(Number(fields[3]));
  }
  const final = JSON.parse(await readFile(join(folder, "widths/final/config.json"), "utf8"));
  expect(final).toMatchObject({ compact: { width: best }, validation: 0, trial: Number(rows[0].fields[0]) });
  const page = await readFile(join(folder, "widths/sweep.html"), "utf8");
  expect(page).toContain(`--width ${best} --validation 0`);

  const again = await bellpepper(...call);
  expect(again.code).toBe(0);
  expect(again.out.replace(/\s+/g, " ")).toContain("2 were measured before");
  expect(again.out).not.toMatch(/^trial /m);
  const other = await bellpepper(...call.map((word) => (word === "width=1,2" ? "width=1,3" : word)));
  expect({ code: other.code, err: other.err }).toEqual({ code: 1, err: expect.stringContaining("--fresh") });
});

test("the letters are swept with networks of a space, and what cannot be is refused before anything trains", async () => {
  const space = join(import.meta.dirname, "../../../examples/sweep/ocr.json");
  const quick = ["--epochs", "1", "--jitter", "none", "--letters", letters, "--threads", "1"];
  const call = ["sweep", "ocr", ...quick, "--space", space, "--trials", "1", "--out", "ocr"];
  const done = await bellpepper(...call);
  expect({ code: done.code, err: done.err }).toEqual({ code: 0, err: "" });
  expect(done.out.replace(/\s+/g, " ")).toMatch(/next bellpepper train ocr .*--network ocr\/networks\/1.json/);
  expect(existsSync(join(folder, "ocr/trial-1/model.onnx"))).toBe(true);
  const wrong = await bellpepper("sweep", "ocr", ...quick, "--try", "learning-rat=0.1", "--out", "wrong");
  expect({ code: wrong.code, err: wrong.err }).toEqual({ code: 2, err: expect.stringContaining("learning-rate") });
  const deep = await bellpepper("sweep", stripes, "--try", "epochs=1,2", "--strategy", "asha", "--out", "wrong");
  expect({ code: deep.code, err: deep.err }).toEqual({ code: 2, err: expect.stringContaining("asha compares") });
  expect(existsSync(join(folder, "wrong"))).toBe(false);
});
