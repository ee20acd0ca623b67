import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MAIN, type Outcome, runCommand } from "../../../test/support/command.js";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { writePng } from "../../data/pictures/image-file.js";
import { GraphBuilder } from "../../graph/builder.js";
import { encodeModel } from "../../graph/codec/codec.js";
import { modelOf } from "../../graph/model.js";
import { float32 } from "../../graph/tensor.js";
import { toOnnx } from "../../network/model/model.js";
import { sequential } from "../../network/network.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-classify-"));
  const g = new GraphBuilder("means");
  const axes = g.ints(2, 3);
  g.output("y", g.op("ReduceMean", [g.input("image", "float32", ["N", 3, 2, 2]), axes], { keepdims: 0 }));
  await writeFile(join(folder, "means.onnx"), encodeModel(modelOf(g.build())));
  for (let i = 1; i <= 17; i++) {
    await writePng(join(folder, `${i}.png`), { width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(i) });
  }
});
afterAll(() => rm(folder, { recursive: true }));

const LETTERS = join(import.meta.dirname, "../../../assets/ocr.onnx");
const classify = (...call: readonly string[]): Promise<Outcome> => runCommand(folder, "classify", ...call);

test("explains what it says on the page, for the class that is asked about, too", async () => {
  expect((await classify(LETTERS, "1.png", "2.png", "--explain", "--out", "why.html")).code).toBe(0);
  const page = await readFile(join(folder, "why.html"), "utf8");
  expect(page.match(/alt="Grad-CAM for “[^”]*” against “/g)).toHaveLength(2);
  const asked = await classify(LETTERS, "1.png", "--why-not", "q", "--explain-by", "saliency", "--out", "q.html");
  expect(asked.code).toBe(0);
  expect(await readFile(join(folder, "q.html"), "utf8")).toMatch(/alt="Gradient saliency for “q”"/);
}, 60_000);

test("a picture that cannot be explained is told with its reason, and the others go on", async () => {
  // black pixels are below the rectifier's bias, and white ones above it
  const network = sequential("steps", { channels: 1, height: 2, width: 2 }, [conv(1, 1), relu(), conv(2, 2)]);
  const values = {
    "conv1/filters": [1],
    "conv1/biases": [-100],
    "conv2/filters": [1, 1, 1, 1, 0, 0, 0, 1],
    "conv2/biases": [0, 0],
  };
  const parameters = new Map(
    network.layers
      .flatMap((placed) => placed.parameters)
      .map(({ name, shape }) => [name, float32(values[name as keyof typeof values], shape)]),
  );
  const model = { network, parameters, classes: ["a", "b"], history: null, normalization: { mean: [0], scale: 1 } };
  await writeFile(join(folder, "steps.onnx"), toOnnx(model));
  await writePng(join(folder, "white.png"), { width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(255) });
  const { code, out, err } = await classify(
    "steps.onnx",
    "1.png",
    "white.png",
    "--explain-by",
    "saliency",
    "--out",
    "s2.html",
  );
  expect({
    code,
    told: err.match(/1\.png is not explained: 'steps': what is explained does not change/g)?.length,
  }).toEqual({ code: 1, told: 1 });
  expect(out).toMatch(/1\.png\n[\s\S]*white\.png\n/);
  expect((await readFile(join(folder, "s2.html"), "utf8")).match(/alt="Gradient saliency for “a”"/g)).toHaveLength(1);
}, 60_000);

test.each([
  [2, [LETTERS, "1.png", "--explain"], /--explain draws on a page: expected where it goes/],
  [
    2,
    [LETTERS, "1.png", "--why-not", "qq", "--out", "no.html"],
    /--why-not qq: the model has no such class.*It knows 'a'/,
  ],
  [2, [LETTERS, "1.png", "--map-layer", "poool1", "--out", "no.html"], /--map-layer poool1: .*has no layer 'poool1'/],
  [2, [LETTERS, "1.png", "--map-layer", "scores", "--out", "no.html"], /--map-layer scores: 'scores' has no places/],
  [2, [LETTERS, "1.png", "--explain-by", "gradcam", "--out", "no.html"], /Allowed choices are .*gradCam/],
])("%i: %o", async (code, call, message) => {
  const found = await classify(...call);
  expect([found.code, found.out]).toEqual([code, ""]);
  expect(found.err).toMatch(message);
});

const pictures = Array.from({ length: 16 }, (_, i) => `${i + 1}.png`);

test("what was looked at when it is stopped is written", async () => {
  // the 17th picture never comes
  const child = spawn(
    process.execPath,
    [MAIN, "classify", "means.onnx", ...pictures, "-", "--csv", "--out", "s.html"],
    {
      cwd: folder,
    },
  );
  let [out, err] = ["", ""];
  child.stdout.on("data", (piece) => {
    out += piece;
    if (out.includes("16.png,3,")) child.kill("SIGINT");
  });
  child.stderr.on("data", (piece) => {
    err += piece;
  });
  const code = await new Promise((resolve) => child.on("exit", resolve));
  expect({ code, rows: out.trim().split("\n").length }).toEqual({ code: 130, rows: 1 + 16 * 3 });
  expect(err).toContain("stopped: 16 of 17 pictures done");
  expect(await readFile(join(folder, "s.html"), "utf8")).toMatch(/16 of 17.pictures, the likeliest/);
}, 30_000);
