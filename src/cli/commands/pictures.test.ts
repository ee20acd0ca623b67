import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAIN, type Outcome, runCommand } from "../../../test/support/command.js";
import { stripesFolder } from "../../../test/support/stripes.js";

const GROUP = ["--group-by", "(patient\\d+)"];
const QUICK = ["--epochs", "4", "--batch-size", "8", "--threads", "2", "--jitter", "none"];

let stripes: string;
let folder: string;
beforeAll(async () => {
  stripes = await stripesFolder(32, 32);
  folder = await mkdtemp(join(tmpdir(), "bellpepper-commands-"));
});
afterAll(async () => {
  for (const made of [folder, stripes]) await rm(made, { recursive: true, force: true });
});

const bellpepper = (...call: readonly string[]): Promise<Outcome> => runCommand(folder, ...call);

const rowsOf = async (path: string): Promise<string[]> =>
  (await readFile(join(folder, path), "utf8")).trim().split("\n").slice(1);

describe("a folder of pictures", () => {
  test("is trained on, and the model measured on what it has not seen", async () => {
    const trained = await bellpepper("train", stripes, ...QUICK, ...GROUP, "--out", "stripes-run");
    expect({ code: trained.code, err: trained.err }).toEqual({ code: 0, err: "" });
    expect(trained.out).toMatch(/^\d+ pictures to train on, \d+ to validate, 2 classes, 16×16×1$/m);
    expect(trained.out).toMatch(
      /^ {2}network +compact, \d+ layers, \d+ parameters +made for the size of the\n +pictures$/m,
    );
    expect(trained.out).toMatch(/^epoch 4\/4 .*validation .*top-1 +0\.00 %/m);
    for (const name of ["model.onnx", "report.html", "split.json", "predictions.csv"]) {
      expect(existsSync(join(folder, "stripes-run", name)), name).toBe(true);
    }
    const split = JSON.parse(await readFile(join(folder, "stripes-run/split.json"), "utf8"));
    const patients = (part: "training" | "validation"): Set<string | undefined> =>
      new Set([...split[part].lying, ...split[part].standing].map((path: string) => /patient\d+/.exec(path)?.[0]));
    // no patient is on both sides
    expect([...patients("validation")].filter((patient) => patients("training").has(patient))).toEqual([]);

    const call = ["stripes-run/model.onnx", stripes, "--split", "stripes-run/split.json", ...GROUP];
    const measured = await bellpepper("evaluate", ...call, "--out", "stripes-measured");
    expect({ code: measured.code, err: measured.err }).toEqual({ code: 0, err: "" });
    expect(await rowsOf("stripes-measured/predictions.csv")).toEqual(await rowsOf("stripes-run/predictions.csv"));
    expect(existsSync(join(folder, "stripes-measured/evaluation.html"))).toBe(true);

    const again = await bellpepper("train", stripes, ...QUICK, ...GROUP, "--out", "stripes-run");
    expect(again.out).toContain("all 4 epochs are done");
    const other = await bellpepper("train", stripes, ...QUICK, ...GROUP, "--out", "stripes-run", "--seed", "2");
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/stripes-run holds a run with other settings \(seed 1, now 2\)/);
  }, 120_000);

  test("is cross-validated: every picture is judged once, by a network that has not seen its patient", async () => {
    const call = ["crossvalidate", stripes, ...QUICK, ...GROUP, "--folds", "2", "--out", "stripes-folds"];
    const { code, out, err } = await bellpepper(...call);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^ {2}network +compact, \d+ layers, \d+ parameters +made for the size of the\n +pictures$/m);
    expect(out).toMatch(/^fold 1\/2 {2}epoch 4\/4 .* \d+ images\/s, \d+ % waiting {2}\d+ s left$/m);
    expect(out).toMatch(/^fold 2\/2 {2}epoch 4\/4 /m);
    const page = await readFile(join(folder, "stripes-folds/evaluation.html"), "utf8");
    expect(page).toContain("<dd>compact</dd>");
    const rows = await rowsOf("stripes-folds/predictions.csv");
    const paths = rows.map((row) => row.split(",")[0]);
    expect(paths).toHaveLength(64);
    expect(new Set(paths).size).toBe(64);
    expect(existsSync(join(folder, "stripes-folds/evaluation.html"))).toBe(true);

    // A fold that is done is not done again; one whose work is gone is.
    await rm(join(folder, "stripes-folds/fold-2/predictions.csv"));
    const again = await bellpepper(...call);
    expect(again.code).toBe(0);
    expect(again.out).not.toMatch(/^fold 1\/2 {2}epoch/m);
    expect(await rowsOf("stripes-folds/predictions.csv")).toEqual(rows);
  }, 240_000);

  test("folds that are trained by several processes at the same time are gathered, with the same predictions", async () => {
    // a fold beside another has one of the two threads
    const call = ["crossvalidate", stripes, ...QUICK, ...GROUP, "--folds", "2", "--threads", "1", "--out", "shared"];
    const both = await Promise.all(["1", "2"].map((fold) => bellpepper(...call, "--only-fold", fold)));
    expect(both.map(({ code, err }) => ({ code, err }))).toEqual([1, 2].map(() => ({ code: 0, err: "" })));
    for (const [i, { out }] of both.entries()) {
      expect(out).toContain(`in 2 folds, of which fold ${i + 1} is trained here\n`);
      expect(out).toContain(`fold ${i + 1} is done; `);
      expect(out).not.toContain(`fold ${2 - i}/2`);
    }
    expect(existsSync(join(folder, "shared/predictions.csv"))).toBe(false);
    const gathered = await bellpepper(...call);
    expect({ code: gathered.code, err: gathered.err }).toEqual({ code: 0, err: "" });
    expect(gathered.out).toMatch(/^fold [12]\/2 {2}is done\nfold [12]\/2 {2}is done$/m);
    expect(gathered.out).not.toMatch(/epoch \d/);
    expect(await rowsOf("shared/predictions.csv")).toEqual(await rowsOf("stripes-folds/predictions.csv"));
  }, 120_000);

  test("a cross-validation that was stopped goes on where it was, to the same predictions", async () => {
    const call = ["crossvalidate", stripes, ...QUICK, ...GROUP, "--folds", "2", "--out", "stripes-killed"];
    const child = spawn(process.execPath, [MAIN, ...call], { cwd: folder });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    let told = "";
    child.stdout.on("data", (text: Buffer) => {
      const before = told;
      told += text.toString();
      if (!/epoch 2\/4 /.test(before) && /epoch 2\/4 /.test(told)) child.kill("SIGINT");
    });
    expect(await ended).toBe(130);
    expect(told.replaceAll(/\s+/g, " ")).toContain("The same command goes on from there.");
    const { code, out } = await bellpepper(...call);
    expect(code).toBe(0);
    // on a busy machine one fold may not have ended its first epoch when the other had ended two
    for (const [, fold] of told.matchAll(/^fold (\d)\/2 {2}epoch 1\/4 /gm)) {
      expect(out).not.toMatch(new RegExp(`^fold ${fold}/2 {2}epoch 1/4 `, "m"));
    }
    expect(await rowsOf("stripes-killed/predictions.csv")).toEqual(await rowsOf("stripes-folds/predictions.csv"));
  }, 240_000);
});

describe("bad input gets one clear message and the right exit code", () => {
  test.concurrent.each<[number, string[], RegExp]>([
    [2, ["train", "STRIPES", "--network", "nowhere.json"], /^bellpepper: 'nowhere\.json' is no network/m],
    [2, ["train", "STRIPES", "--network", "lenet", "--size", "9"], /^bellpepper: Network 'lenet' takes 1×28×28; /m],
    [1, ["train", "nowhere"], /^bellpepper: nowhere: there is no such file or folder\.$/m],
    [2, ["train"], /^bellpepper: train: expected `ocr`, or a folder or list of pictures\.$/m],
    [2, ["crossvalidate", "STRIPES", "--folds", "3", "--only-fold", "4"], /--only-fold 4: expected 1 to 3, the number/],
    [2, ["crossvalidate", "STRIPES", "--only-fold", "1", "--fresh"], /--fresh forgets all folds, also those that/],
    [2, ["train", "x", "--schedule", "cosine"], /--schedule cosine starts from a rate/],
    [2, ["train", "x", "--size", "0x4"], /Expected a whole number of at least 1, got '0'/],
    [1, ["evaluate", "nothing.onnx", "x"], /nothing\.onnx: there is no such file\.$/m],
    [2, ["crossvalidate", "x", "--folds", "1"], /Expected a whole number of at least 2, got '1'/],
  ])("%i: %j", async (expected, call, message) => {
    const { code, err } = await bellpepper(...call.map((word) => (word === "STRIPES" ? stripes : word)));
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
    expect(code).toBe(expected);
  });

  test("too few groups for the folds", async () => {
    const { code, err } = await bellpepper("crossvalidate", stripes, "--group-by", "(patient)", "--folds", "2");
    expect(code).toBe(1);
    expect(err).toMatch(
      /Nothing is left for fold \d of 2: the data set has 64 pictures in 1 groups, which stay together\./,
    );
  });

  test("a broken picture is left out, and said; a class that the model does not know is refused", async () => {
    const copy = `${stripes}-copy`;
    try {
      await cp(stripes, copy, { recursive: true });
      await writeFile(join(copy, "lying", "broken.png"), "no picture");
      const trained = await bellpepper("train", copy, ...QUICK, "--epochs", "1", "--out", "stripes-broken");
      expect(trained.code).toBe(0);
      expect(trained.out).toMatch(/! 1 pictures? cannot be decoded and (is|are) left out: lying\/broken\.png: /);
      await cp(join(copy, "lying"), join(copy, "leaning"), { recursive: true });
      const measured = await bellpepper("evaluate", "stripes-broken/model.onnx", copy);
      expect(measured.code).toBe(1);
      expect(measured.err).toContain("The model does not know the class leaning; it knows lying, standing.");
      await appendFile(join(folder, "stripes-broken/split.json"), "}");
      const again = await bellpepper("train", copy, ...QUICK, "--epochs", "1", "--out", "stripes-broken");
      expect(again.code).toBe(1);
    } finally {
      await rm(copy, { recursive: true, force: true });
      await rm(join(folder, "stripes-broken"), { recursive: true, force: true });
    }
  }, 120_000);
});
