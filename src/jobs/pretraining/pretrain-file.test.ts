/** Training without labels, from a folder of unsorted pictures to a folder that a training with labels begins with. */

import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import { encodeWav } from "../../data/sound/wav.js";
import { openUnlabelled } from "../../data/sources/unlabelled-file.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { readModelFile } from "../../network/model/model.js";
import { stream } from "../../random/stream.js";
import { ENCODER } from "../pictures/pretrained-start-file.js";
import { trainPictures } from "../pictures/train-pictures-file.js";
import { findOutliers } from "./outliers-file.js";
import type { PretrainOptions } from "./pretrain-file.js";
import { type Pretrained, pretrain } from "./pretrain-file.js";

let folder = "";
let unsorted = "";
let sorted = "";
let tiny = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-pretrain-"));
  [unsorted, sorted] = [join(folder, "unsorted"), join(folder, "sorted")];
  tiny = join(folder, "tiny.json");
  const layers = [
    { type: "conv", support: 3, filters: 4, initialization: { type: "he" } },
    { type: "relu" },
    { type: "pool", method: "max", support: 2, stride: 2 },
    { type: "conv", support: 3, filters: 4, initialization: { type: "he" } },
    { type: "relu" },
    { type: "conv", support: 3, filters: 2 },
    { type: "loss", loss: "softmaxLog" },
  ];
  await writeFileAtomically(tiny, JSON.stringify(layers));
  for (let i = 0; i < 40; i++) {
    const png = await barOf(i);
    await writeFileAtomically(join(unsorted, i % 2 === 0 ? "" : "deeper", `${i}.png`), png);
    await writeFileAtomically(join(sorted, i % 2 === 0 ? "across" : "down", `${i}.png`), png);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A bright bar across or down a grey picture of 12×12. */
function barOf(i: number): Promise<Uint8Array> {
  const random = stream(i, "bar");
  const at = random.integer(1, 10);
  const data = Uint8Array.from({ length: 144 }, (_, k) => {
    const place = i % 2 === 0 ? Math.floor(k / 12) : k % 12;
    return 60 + random.integer(0, 20) + (place === at ? 150 : 0);
  });
  return encodePng({ width: 12, height: 12, channels: 1, data });
}

const usual = () => ({ network: tiny, size: { width: 12, height: 12 }, epochs: 3, batchSize: 12, threads: 1 });

/** The kinds of events, each once in a row, and what was made. */
async function run(data: string, options: PretrainOptions): Promise<{ kinds: string[]; made: Pretrained | undefined }> {
  const kinds: string[] = [];
  let made: Pretrained | undefined;
  for await (const event of pretrain(data, options)) {
    if (kinds.at(-1) !== event.type) kinds.push(event.type);
    if (event.type === "done") made = event.result;
  }
  return { kinds, made };
}

test("an autoencoder of unsorted pictures: the folder, the page, and the same again where it goes on", async () => {
  const out = join(folder, "plain");
  const { kinds, made } = await run(unsorted, { ...usual(), kind: "variational", code: 3, folder: out });
  expect(kinds).toEqual(["opened", "decoding", "decoded", "prepared", "started", "training", "written", "done"]);
  expect((await readdir(out)).sort()).toEqual(
    [
      "checkpoints",
      "config.json",
      "encoder.onnx",
      "events.jsonl",
      "model.onnx",
      "pictures",
      "report.html",
      "split.json",
    ].sort(),
  );
  expect(made?.error).toBeGreaterThan(0);
  expect(made?.error).toBeLessThan(1.5);
  const page = await readFile(join(out, "report.html"), "utf8");
  for (const title of ["Reconstructions", "Drawn pictures", "First-layer filters", "What it cannot make"])
    expect(page).toContain(title);
  const { model } = readModelFile(await readFile(join(out, ENCODER)));
  expect(model.network.layers.at(-2)?.output).toEqual({ name: "code", shape: { channels: 3, height: 1, width: 1 } });
  const before = await readFile(join(out, ENCODER));
  const again = await run(unsorted, { ...usual(), kind: "variational", code: 3, folder: out });
  expect(again.kinds).not.toContain("training");
  expect((await readFile(join(out, ENCODER))).equals(before)).toBe(true);
  await expect(run(unsorted, { ...usual(), kind: "denoising", folder: out })).rejects.toThrow(
    "holds a run with other settings (kind",
  );
});

test("a run that is stopped goes on to the same numbers", async () => {
  const whole = join(folder, "whole");
  await run(unsorted, { ...usual(), kind: "layer-wise", epochs: 2, folder: whole });
  const parts = join(folder, "parts");
  const stop = new AbortController();
  const kinds: string[] = [];
  for await (const event of pretrain(unsorted, {
    ...usual(),
    kind: "layer-wise",
    epochs: 2,
    folder: parts,
    signal: stop.signal,
  })) {
    kinds.push(event.type);
    if (event.type === "training" && event.event.type === "epoch") stop.abort();
  }
  expect(kinds.at(-1)).toBe("stopped");
  await run(unsorted, { ...usual(), kind: "layer-wise", epochs: 2, folder: parts });
  const [one, other] = await Promise.all([whole, parts].map((each) => readFile(join(each, ENCODER))));
  const parametersOf = (bytes: Uint8Array) => readModelFile(bytes).model.parameters;
  expect(parametersOf(one)).toEqual(parametersOf(other));
});

test("a picture that is like none of the others is the first outlier", async () => {
  const out = join(folder, "looks");
  await run(unsorted, { ...usual(), code: 6, epochs: 20, folder: out });
  const odd = join(folder, "odd");
  await cp(unsorted, odd, { recursive: true });
  const data = Uint8Array.from({ length: 144 }, (_, k) => ((k + Math.floor(k / 12)) % 2) * 255);
  await writeFileAtomically(join(odd, "odd.png"), await encodePng({ width: 12, height: 12, channels: 1, data }));
  const [first, second] = await findOutliers(await openUnlabelled(odd), out);
  expect(first.path).toBe("odd.png");
  expect(first.error).toBeGreaterThan(2 * second.error);
  await expect(findOutliers(await openUnlabelled(odd), odd)).rejects.toThrow(
    "with an autoencoder, or its model.onnx; there is none",
  );
});

describe("a training with labels", () => {
  test.each(["kmeans", "pca"] as const)("begins with filters by %s", async (kind) => {
    const out = join(folder, kind);
    const { made } = await run(sorted, { ...usual(), epochs: undefined, kind, patches: 200, folder: out });
    expect(made?.files.model).toBeUndefined();
    const learned = readModelFile(await readFile(join(out, ENCODER))).model.parameters.get("conv1/filters");
    const notes: string[] = [];
    for await (const event of trainPictures(sorted, {
      start: out,
      folder: join(folder, `${kind}-start`),
      epochs: 1,
      threads: 1,
      learningRate: 1e-12,
    })) {
      if (event.type === "decoded") notes.push(...event.findings.map(({ text }) => text));
      if (event.type !== "done") continue;
      const begun = event.result.model.parameters.get("conv1/filters");
      const most = Math.max(...Array.from(learned?.data ?? [9], (value, i) => Math.abs(value - (begun?.data[i] ?? 9))));
      expect(most).toBeLessThan(1e-6);
      expect(event.result.configuration.network).toBe("custom");
    }
    expect(notes.join()).toContain("up to 'conv1', begin as they were learned without labels");
  });

  test("refuses what contradicts the run, and what is no run", async () => {
    const begin = (options: object) =>
      trainPictures(sorted, { start: join(folder, "plain"), ...options })
        .next()
        .then(async () => {
          for await (const _ of trainPictures(sorted, {
            start: join(folder, "plain"),
            folder: join(folder, "never"),
            ...options,
          }));
        });
    await expect(begin({ size: { width: 8, height: 8 } })).rejects.toThrow(
      "--size: what --start begins with says how pictures are prepared",
    );
    await expect(begin({ start: sorted })).rejects.toThrow("expected the folder of a run of `bellpepper pretrain`");
    await expect(begin({ from: "a.onnx" })).rejects.toThrow("--start and --from: give one of them.");
  });
});

test.each<[string, PretrainOptions]>([
  ["Invalid value for code: expected none of the kind kmeans", { kind: "kmeans", code: 3 }],
  ["Invalid value for patches: expected none of the kind autoencoder", { patches: 10 }],
  ["has branches", { network: "resnet20", size: { width: 32, height: 32 } }],
])("refuses: %s", async (message, options) => {
  await expect(run(unsorted, { ...options, folder: join(folder, "refused") })).rejects.toThrow(message);
});

test("a folder without pictures is said to be one", async () => {
  const empty = join(folder, "empty");
  await cp(join(folder, "plain", "checkpoints"), empty, { recursive: true });
  await expect(run(empty, { folder: join(folder, "none") })).rejects.toThrow("there is no picture in this folder");
});

test("sounds, of which a page could show nothing, are refused before anything is trained", async () => {
  const sounds = join(folder, "sounds");
  const samples = Float32Array.from({ length: 1600 }, (_, i) => Math.sin(i / 5) / 2);
  for (const name of ["a.wav", "b.wav"]) await writeFileAtomically(join(sounds, name), encodeWav(samples, 16_000));
  const out = join(folder, "of-sounds");
  await expect(run(sounds, { folder: out })).rejects.toThrow(
    `${sounds} holds sounds: learning without labels is of pictures.`,
  );
  expect(await readdir(folder)).not.toContain("of-sounds");
});
