import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Outcome, runCommand } from "../../../test/support/command.js";
import { stripesFolder } from "../../../test/support/stripes.js";

const PROJECT = join(import.meta.dirname, "../../..");

const SWISH = `
import { defineBlock } from "bellpepper";
import { defaulted, number } from "bellpepper/values";

export const swish = defineBlock("mine/swish", { beta: defaulted(number(), 1) }, {
  build: (g, { beta }, [x]) => g.op("Mul", [x, g.op("Sigmoid", [g.op("Mul", [x, g.scalar(beta)])])]),
});
`;

/** −(1 − p)·ln p of the label's probability p (Lin et al. 2017, with γ = 1). */
const FOCAL = `
import { defineLoss } from "bellpepper";

defineLoss("mine/focal", "classes", {}, {
  build(g, _, x, { onehot }) {
    const logs = g.op("LogSoftmax", [x], { axis: 1 });
    const focus = g.op("Sub", [g.scalar(1), g.op("Exp", [logs])]);
    return g.op("ReduceSum", [g.op("Neg", [g.op("Mul", [g.op("Mul", [focus, logs]), onehot])]), g.ints(1)], { keepdims: 1 });
  },
});
`;

const LAYERS = [
  { type: "conv", support: 5, filters: 4 },
  { type: "mine/swish", beta: 2 },
  { type: "conv", support: 12, filters: 2, initialization: { type: "he" } },
  { type: "loss", loss: "mine/focal" },
];

const DEFINED = ["--define", "swish.js", "--define", "focal.js"];
const UNDEFINED =
  "there is no block 'mine/swish': define it with defineBlock before a network with it is made or read; to a command, give the module that does so with --define.";

let stripes: string;
let folder: string;
beforeAll(async () => {
  stripes = await stripesFolder(24, 24);
  folder = await mkdtemp(join(tmpdir(), "bellpepper-definitions-"));
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await symlink(PROJECT, join(folder, "node_modules/bellpepper"), "dir");
  await mkdir(join(folder, "elsewhere/node_modules/bellpepper"), { recursive: true });
  const other = { name: "bellpepper", type: "module", exports: { ".": "./index.js" } };
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const files = {
    "swish.js": SWISH,
    "focal.js": FOCAL,
    "broken.js": "export const x = ;",
    "layers.json": JSON.stringify(LAYERS),
    "elsewhere/package.json": JSON.stringify({ type: "module" }),
    "elsewhere/focal.js": FOCAL,
    "elsewhere/node_modules/bellpepper/package.json": JSON.stringify(other),
    "elsewhere/node_modules/bellpepper/index.js": "export const defineLoss = () => undefined;",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});
afterAll(async () => {
  for (const each of [folder, stripes]) await rm(each, { recursive: true, force: true });
});

const bellpepper = (...call: readonly string[]): Promise<Outcome> => runCommand(folder, ...call);

const train = (...more: readonly string[]): Promise<Outcome> =>
  bellpepper("train", stripes, "--network", "layers.json", "--jitter", "none", "--threads", "1", ...more);
const QUICK = ["--epochs", "4", "--batch-size", "8", "--learning-rate", "0.05"];

describe("blocks and losses of one's own", () => {
  test("are trained, resumed, measured and shown where their modules are given", async () => {
    const first = await train(...QUICK, ...DEFINED, "--out", "run");
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: "" });
    expect(first.out).toMatch(/^epoch 4\/4 .*validation .*top-1 +0\.00 %/m);
    const again = await train(...QUICK, ...DEFINED, "--out", "run", "--epochs", "5");
    expect(again.out).toMatch(/^going on after epoch 4/im);
    expect(again.out).toMatch(/^epoch 5\/5 /m);

    const measured = await bellpepper("evaluate", "run/model.onnx", stripes, ...DEFINED, "--out", "measured");
    expect({ code: measured.code, err: measured.err }).toEqual({ code: 0, err: "" });
    const shown = await bellpepper("display", "run/model.onnx", ...DEFINED);
    expect({ code: shown.code, err: shown.err }).toEqual({ code: 0, err: "" });
    expect(shown.out).toMatch(/swish1 +mine\/swish/);
    expect(shown.out).toMatch(/loss1 +mine\/focal/);
    expect((await bellpepper("display", "run/model.onnx", ...DEFINED, "--format", "lecture")).out).toContain(
      "|  swish|",
    );
  });

  test("are cross-validated: the folds' threads import their modules too", async () => {
    const call = [
      "crossvalidate",
      stripes,
      "--network",
      "layers.json",
      "--jitter",
      "none",
      "--folds",
      "2",
      "--threads",
      "2",
    ];
    const { code, out, err } = await bellpepper(...call, ...QUICK, ...DEFINED, "--out", "folds");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^fold 2\/2 {2}epoch 4\/4 /m);
    expect((await readFile(join(folder, "folds/predictions.csv"), "utf8")).trim().split("\n")).toHaveLength(49);
  });

  test("are missed by every command, which says what to do", async () => {
    const calls = [
      { call: ["train", stripes, "--network", "layers.json"], begin: "layers.json: layer 2: " },
      { call: ["crossvalidate", stripes, "--network", "layers.json"], begin: "layers.json: layer 2: " },
      { call: ["evaluate", "run/model.onnx", stripes], begin: "run/model.onnx: " },
      { call: ["display", "run/model.onnx"], begin: "run/model.onnx: " },
      { call: ["read", "run/model.onnx", "line.png"], begin: "run/model.onnx: " },
    ];
    for (const { call, begin } of calls) {
      const { code, err } = await bellpepper(...call);
      expect({ code, err }, call[0]).toEqual({ code: 1, err: expect.stringContaining(UNDEFINED) });
      expect(err, call[0]).toContain(`bellpepper: ${begin}`);
    }
    const half = await train("--define", "swish.js");
    expect(half.err).toContain("layers.json: layer 4: there is no loss 'mine/focal': define it with defineLoss");
  });

  test("are looked for in the modules that are given, and a module that does not help says why", async () => {
    const errorOf = async (module: string): Promise<string> => (await train("--define", module)).err;
    expect(await errorOf("nothing.js")).toMatch(/^bellpepper: nothing\.js: there is no such file/);
    expect(await errorOf("broken.js")).toMatch(/^bellpepper: broken\.js: Unexpected token/);
    expect(await errorOf("elsewhere/focal.js")).toMatch(
      /elsewhere\/focal\.js defines its blocks and losses for another copy of bellpepper \(.*\) than the one that runs \(.*\): run that one, with npx bellpepper\./,
    );
  });
});
