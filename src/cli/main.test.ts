import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAIN, type Outcome, runCommand } from "../../test/support/command.js";
import { smallLetters } from "../../test/support/small-letters.js";
import { conv, sequential, softmaxLogLoss } from "../index.js";
import { descriptionOf } from "../network/description.js";

const SENTENCE = join(import.meta.dirname, "../../assets/sentence-lato.png");

let folder: string;
let letters: string;
/** as few as show what a way to train is about */
let fewLetters: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-cli-"));
  letters = await smallLetters(60);
  fewLetters = await smallLetters(20);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  for (const set of [letters, fewLetters]) await rm(dirname(set), { recursive: true, force: true });
});

const bellpepper = (...call: readonly string[]): Promise<Outcome> => runCommand(folder, ...call);

describe("the main job, on a small letters set", () => {
  test("trains, reads the sentence, writes the report; then reads pictures with the model", async () => {
    // a rate that does not depend on the number of epochs: more may be added
    const call = ["train", "ocr", "--epochs", "2", "--threads", "1", "--letters", fewLetters, "--out", "run"];
    call.push("--schedule", "constant");
    const { code, out, err } = await bellpepper(...call);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^epoch 2\/2 {2}train \d\.\d{3} top-1 +\S+ % {2}validation \d\.\d{3} top-1 +\S+ % {2}\d+\/s$/m);
    expect(out).toMatch(/^columns {2}[a-z]{130,190}$/m);
    const lines = (await readFile(join(folder, "run/events.jsonl"), "utf8")).trim().split("\n");
    const epochs = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "epoch");
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
    for (const name of ["config.json", "model.onnx", "report.html", "pictures/confusion-matrix.png"]) {
      expect(existsSync(join(folder, "run", name)), name).toBe(true);
    }
    expect(await readFile(join(folder, "run/report.html"), "utf8")).toMatch(/<\/html>\s*$/);

    const read = await bellpepper("read", "run/model.onnx", SENTENCE, "--json");
    expect(read.code).toBe(0);
    const reading = JSON.parse(read.out);
    expect(out).toContain(`columns  ${reading.columns}\nreading  ${reading.text}\n`);
    for (const { letter, left, right, confidence } of reading.letters) {
      expect(letter).toMatch(/^[a-z]$/);
      expect(left).toBeLessThan(right);
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
    expect(reading.letters.map(({ letter }: { letter: string }) => letter).join("")).toBe(
      reading.text.replaceAll(" ", ""),
    );

    const again = await bellpepper(...call);
    expect(again.code).toBe(0);
    expect(again.out).toContain("all 2 epochs are done: --epochs 7 adds some, --fresh begins anew\n");
  }, 120_000);

  test("Ctrl-C finishes the step, saves, and says how to go on", async () => {
    const call = ["train", "ocr", "--epochs", "50", "--threads", "1", "--letters", letters, "--out", "stopped"];
    call.push("--schedule", "constant");
    const child = spawn(process.execPath, [MAIN, ...call], { cwd: folder });
    let out = "";
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.stdout.on("data", (chunk: Buffer) => {
      if (!out.includes("epoch 2/50 train") && `${out}${chunk}`.includes("epoch 2/50 train")) child.kill("SIGINT");
      out += chunk;
    });
    expect(await ended).toBe(130);
    expect(out).toMatch(
      /stopped after epoch \d+(, batch \d+)?; saved in stopped\.\sThe\ssame\scommand\sgoes\son\sfrom\sthere\.\n$/,
    );
    const { code, out: after } = await bellpepper(...call.with(3, "2"));
    expect(code).toBe(0);
    expect(after).toMatch(/going on after epoch \d+/);
  }, 120_000);
});

describe("a job that loses its terminal", () => {
  const call = (out: string): string[] => [
    ...[MAIN, "train", "ocr", "--epochs", "2", "--threads", "1", "--letters", fewLetters],
    ...["--out", out],
  ];

  test("goes on without a reader, and says so", async () => {
    const child = spawn(process.execPath, call("piped"), { cwd: folder });
    child.stdout.destroy();
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk;
    });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
    expect(err).toBe(
      "What is printed is lost (nobody reads it any more); the job goes on, and writes its results into its folder.\n",
    );
    expect(existsSync(join(folder, "piped/report.html"))).toBe(true);
  }, 120_000);

  test.skipIf(process.platform !== "linux")(
    "goes on where the disk takes no more of what it prints",
    async () => {
      const full = await open("/dev/full", "w");
      const child = spawn(process.execPath, call("full"), { cwd: folder, stdio: ["ignore", full.fd, "pipe"] });
      let err = "";
      child.stderr?.on("data", (chunk: Buffer) => {
        err += chunk;
      });
      expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
      expect(err).toMatch(/^What is printed is lost \(no space is left on the disk\); the job goes on, [^\n]*\n$/);
      expect(existsSync(join(folder, "full/model.onnx"))).toBe(true);
      const shown = spawn(process.execPath, [MAIN, "display", "ocr"], { stdio: ["ignore", full.fd, "pipe"] });
      expect(await new Promise((resolve) => shown.once("close", resolve))).toBe(1);
      await full.close();
    },
    120_000,
  );

  test.skipIf(process.platform === "win32").each(["SIGHUP", "SIGUSR1"] as const)(
    "saves and stops where the terminal is closed, or the time on a cluster is over, however often it is told: %s",
    async (signal) => {
      const child = spawn(process.execPath, call(signal).with(4, "50"), { cwd: folder });
      let [out, err] = ["", ""];
      child.stderr.on("data", (chunk: Buffer) => {
        err += chunk;
      });
      child.stdout.on("data", (chunk: Buffer) => {
        if (!out.includes("epoch 1/50 train") && `${out}${chunk}`.includes("epoch 1/50 train")) {
          child.kill(signal);
          child.kill(signal);
        }
        out += chunk;
      });
      expect(await new Promise((resolve) => child.once("close", resolve))).toBe(130);
      expect(err).toBe(`\n${signal}: finishing the step and saving\n`);
      expect(out).toMatch(
        /stopped after epoch \d+(, batch \d+)?; saved in SIG\w+\.\sThe\ssame\scommand\sgoes\son\sfrom\sthere\.\n$/,
      );
    },
    120_000,
  );
});

test("a device that does not work here is told of in one message, before anything is read", async () => {
  const { code, err } = await bellpepper("train", "no-data", "--device", "cuda", "--out", "none");
  expect(code).toBe(1);
  if (err.includes("no-data")) return; // the device is there
  expect(err).toMatch(
    /^bellpepper: --device cuda does not work here: [^\n]+\n`bellpepper doctor` tells which devices work here\.\n$/,
  );
}, 60_000);

describe("ways to train", () => {
  const quick = (): string[] => ["train", "ocr", "--threads", "1", "--letters", fewLetters];

  test("Adam with a schedule, clipping and the rest; the settings are kept", async () => {
    const call = [
      ...[...quick(), "--epochs", "1", "--out", "adam", "--solver", "adam", "--weight-decay", "0"],
      ...["--learning-rate", "0.002", "--schedule", "one-cycle", "--warm-up", "0.5", "--clip", "1"],
      ...["--sub-batches", "2", "--averaging", "0.9", "--patience", "3"],
    ];
    const { code, err } = await bellpepper(...call);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(await readFile(join(folder, "adam/config.json"), "utf8"))).toMatchObject({
      solver: { type: "adam", beta1: 0.9, weightDecay: 0 },
      learningRate: { type: "warmUp", epochs: 0.5, schedule: { type: "oneCycle", rate: 0.002 } },
      clip: { norm: 1 },
      subBatches: 2,
      averaging: 0.9,
      earlyStopping: { patience: 3 },
    });
    expect(await readFile(join(folder, "adam/report.html"), "utf8")).toContain(
      "adam, beta1 0.9, beta2 0.999, epsilon 1e-8, weight decay 0",
    );
  }, 120_000);

  test("--patience ends training early, and says what the model is", async () => {
    // Rates so small that the objective changes in its last digits only, then so large that it rises.
    const rates = ["--learning-rate", "0.001,0.02,0.02,0.02,0.02,0.02", "--clip", "5"];
    const call = [...quick(), "--epochs", "6", "--out", "early", ...rates, "--patience", "1"];
    const { code, out } = await bellpepper(...call);
    expect(code).toBe(0);
    const told =
      /^validation has not become better since epoch (\d): stopped after epoch (\d);\sthe\smodel\s+is\s+that\s+of\s+epoch\s+(\d)$/m;
    const [, best, last, model] = told.exec(out) ?? [];
    expect(Number(last)).toBe(Number(best) + 1);
    expect(model).toBe(best);
  }, 120_000);

  test("--find-rate draws the range test and suggests a rate", async () => {
    const { code, out } = await bellpepper(...quick(), "--out", "rate", "--find-rate");
    expect(code).toBe(0);
    const rate = Number(/train with --learning-rate ([\d.e-]+)$/m.exec(out)?.[1]);
    expect(rate).toBeGreaterThan(1e-4);
    expect(rate).toBeLessThan(1e-2);
    const picture = await readFile(join(folder, "rate/learning-rate.png"));
    expect(picture.subarray(1, 4).toString()).toBe("PNG");
  }, 120_000);
});

describe("display", () => {
  test("knows the network that train chooses for a size, and networks in JSON files, in 80 columns", async () => {
    const compact = await bellpepper("display", "compact", "--size", "64", "--classes", "5");
    expect(compact.code).toBe(0);
    expect(compact.out).toMatch(/^ *0 +image +input +3×64×64/m);
    expect(compact.out).toMatch(/5×1×1/);
    for (const line of compact.out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);

    const shape = { channels: 1, height: 16, width: 16 };
    const { inputs, layers } = descriptionOf(sequential("own", shape, [conv(16, 2), softmaxLogLoss()]));
    await writeFile(join(folder, "layers.json"), JSON.stringify(layers));
    const sized = await bellpepper("display", "layers.json", "--size", "16", "--channels", "1");
    expect({ code: sized.code, err: sized.err }).toEqual({ code: 0, err: "" });
    // 16·16 weights and a bias for each of two filters
    expect(sized.out).toMatch(/^ *1 +conv1 +conv .*2×1×1/m);
    expect(sized.out).toContain("514");
    const whole = { name: "custom", inputs, layers };
    await writeFile(join(folder, "whole.json"), JSON.stringify(whole));
    expect((await bellpepper("display", "whole.json")).out).toBe(sized.out);
  });

  test.each([
    [["display", "compact"], "compact is made for the size of the images: give it, such as --size 64."],
    [
      ["display", "lenet", "--size", "64"],
      "'lenet' takes images of 1×28×28; --size and --channels cannot change that.",
    ],
    [
      ["train", "x", "--network", "vgg17"],
      "Expected the name of a network, such as compact or resnet18 (bellpepper display --help lists them), or",
    ],
    [["crossvalidate", "x", "--network", "vgg17"], "Expected the name of a network, such as compact or resnet18"],
    [["train", "x", "--network", "lenet", "--width", "8"], "--width: only the network compact has a choice of it"],
  ])("%j is wrong usage", async (call, message) => {
    const { code, err } = await bellpepper(...call);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) });
  });

  test("prints the lecture's table of the letters network", async () => {
    const { code, out } = await bellpepper("display", "ocr", "--format", "lecture");
    expect(code).toBe(0);
    expect(out).toContain("c/g net KB|    4/0|    0/0|  196/0|    0/0| 3129/0|    0/0|  406/0|\n");
    expect(out.trimEnd().split("\n").at(-1)).toBe("total network CPU/GPU memory: 3.6/0 MB");
  });

  test("prints the lecture's table of VGG-16", async () => {
    const { out } = await bellpepper("display", "vgg16", "--format", "lecture");
    expect(out.split("\n")[0].match(/\|/g)).toHaveLength(38);
    expect(out.trimEnd().split("\n").at(-1)).toBe("total network CPU/GPU memory: 528.9/0 MB");
  });
});

describe("bad input gets one clear message and the right exit code", () => {
  beforeAll(async () => {
    await writeFile(join(folder, "text.png"), "this is no picture");
    await writeFile(join(folder, "empty.onnx"), "");
    await writeFile(join(folder, "half.png"), (await readFile(SENTENCE)).subarray(0, 3000));
    await mkdir(join(folder, "fonts"));
    await writeFile(join(folder, "fonts/broken.ttf"), "no font");
  });

  test.concurrent.each([
    [1, ["read", "missing.onnx", SENTENCE], "missing.onnx: there is no such file."],
    [1, ["read", "empty.onnx", SENTENCE], "empty.onnx: Expected an ONNX model, got an empty file"],
    [1, ["read", "text.png", SENTENCE], /^bellpepper: text\.png: Expected an ONNX model, got /],
    [
      1,
      ["display", "text.png"],
      /^bellpepper: text\.png: expected a model \(safetensors, .*, onnx, caffe\), got \d+ bytes that begin with /,
    ],
    [1, ["train", "ocr", "--letters", "fonts"], /^bellpepper: fonts is no letters set: expected /],
    [1, ["train", "ocr", "--out", "text.png"], "text.png cannot be used for a run: it is a file, not a folder."],
    [1, ["draw", "letters", "fonts", "--out", "drawn"], /Cannot read the font .*broken\.ttf/],
    [
      2,
      ["display", "vgg17"],
      "'vgg17' is neither a model file nor a network. Did you mean vgg11? Expected the name of a network, such as compact or resnet18 (bellpepper display --help lists them), a .json file or a model file.",
    ],
    [2, ["train", "ocr", "--epochs", "0"], "Expected a whole number of at least 1, got '0'."],
    [2, ["train", "ocr", "--learning-rate", "0.1,x"], "Expected a number above 0, got 'x'."],
    [2, ["train", "ocr", "--jitter", "much"], "Allowed choices are none, text, lecture."],
    [
      2,
      ["train", "ocr", "--solver", "newton"],
      "Allowed choices are sgd, nesterov, adagrad, adadelta, rmsprop, adam, adamw.",
    ],
    [2, ["train", "ocr", "--schedule", "up"], "Allowed choices are constant, step, cosine, one-cycle, plateau."],
    [2, ["train", "ocr", "--clip", "0"], "Expected a number above 0, got '0'."],
    [2, ["train", "ocr", "--averaging", "1"], "Expected a number above 0 and below 1, got '1'."],
    [2, ["train", "ocr", "--clip", "1", "--clip-value", "1"], "--clip and --clip-value: give one of them."],
    [
      2,
      ["train", "ocr", "--solver", "adam", "--momentum", "0.5"],
      "--momentum belongs to --solver sgd and nesterov, not to adam.",
    ],
    [
      2,
      ["train", "ocr", "--schedule", "cosine", "--learning-rate", "1,2"],
      "--schedule cosine starts from one rate; --learning-rate has 2.",
    ],
    [
      2,
      ["train", "ocr", "--out", "none", "--sub-batches", "101"],
      "Invalid value for subBatches: expected at most 100, the batch size, got 101.",
    ],
    [2, ["train", "ocr", "--unknown"], "unknown option '--unknown'"],
    [2, ["read"], "missing required argument 'model'"],
    [2, ["paint"], "unknown command 'paint'"],
  ])("%i: %o", async (code, call, message) => {
    const outcome = await bellpepper(...call);
    expect(outcome.code).toBe(code);
    if (typeof message === "string") expect(outcome.err).toContain(message);
    else expect(outcome.err).toMatch(message);
    expect(outcome.err).not.toMatch(/^\s+at /m);
    expect(existsSync(join(folder, "drawn"))).toBe(false);
  });

  test("what is refused leaves no folder", async () => {
    const { code } = await bellpepper("train", "ocr", "--out", "refused/run", "--sub-batches", "101");
    expect(code).toBe(2);
    expect(existsSync(join(folder, "refused"))).toBe(false);
  });

  test.concurrent.each([
    ["missing.png", "it cannot be opened"],
    ["text.png", "cannot be decoded"],
    ["half.png", "cannot be decoded"],
    [".", "it is a folder"],
  ])("a picture that is %s", async (picture, reason) => {
    const model = join(import.meta.dirname, "../../assets/ocr.onnx");
    const { code, err } = await bellpepper("read", model, picture);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^bellpepper: Cannot read the picture .*: expected a PNG, JPEG, WebP, TIFF or GIF picture, but/,
    );
    expect(err).toContain(reason);
    expect(err).not.toMatch(/^\s+at /m);
  });
});
