import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writePng } from "../../data/pictures/image-file.js";
import { GraphBuilder } from "../../graph/builder.js";
import { encodeModel } from "../../graph/codec/codec.js";
import { modelOf } from "../../graph/model.js";

// These tests run the built command, as a user would; `npm test` builds it first.
const MAIN = join(import.meta.dirname, "../../../dist/cli/main.js");

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
