import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stripesFolder } from "../../../test/support/stripes.js";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { JITTER_PRESETS } from "../../data/change/jitter-description.js";
import { topError } from "../../evaluation/metrics/metrics.js";
import { toOnnx } from "../../network/model/model.js";
import { inputOf, outputOf, sequential } from "../../network/network.js";
import { adam } from "../../training/solver/solver.js";
import { initialize } from "../../training/step/initialize.js";
import { PREPROCESSING } from "../../values/preprocessing.js";
import { finishJob } from "../events/event-stream.js";
import { readModel, readWholeModel } from "../run/model-file.js";
import { trainedOnIn } from "../run/trained-on.js";
import { type TrainPicturesEvent, type TrainPicturesOptions, trainPictures } from "./train-pictures-file.js";

// A network of seven classes that has learned nothing: what is tested is what becomes of its weights.
const NETWORK = sequential("seven", { channels: 1, height: 12, width: 12 }, [
  conv(3, 6, { pad: 1, initialization: { type: "he" } }),
  batchNorm(),
  relu(),
  conv(3, 8, { name: "second", stride: 2, initialization: { type: "he" } }),
  relu(),
  globalAveragePool(),
  dropout(0.2),
  conv(1, 7, { name: "scores" }),
  softmaxLogLoss(),
]);

let stripes: string;
let runs: string;
let from: string;
beforeAll(async () => {
  stripes = await stripesFolder(12, 12);
  runs = await mkdtemp(join(tmpdir(), "bellpepper-from-"));
  from = join(runs, "seven.onnx");
  const classes = Array.from({ length: 7 }, (_, k) => `class ${k}`);
  const preprocessing = PREPROCESSING.make({ width: 12, height: 12, channels: 1, fit: "crop", labelOffset: 1 });
  const model = { network: NETWORK, parameters: initialize(NETWORK, 1), classes, history: null };
  await writeFile(from, toOnnx({ ...model, normalization: { mean: [100], scale: 0.02 }, preprocessing }));
});
afterAll(async () => {
  await rm(stripes, { recursive: true });
  await rm(runs, { recursive: true });
});

const options = (name: string): TrainPicturesOptions => ({
  ...{ folder: join(runs, name), from, threads: 1, batchSize: 4, epochs: 3, learningRate: 0.05 },
  cache: join(runs, "cache"),
});

const start = (name: string, more: TrainPicturesOptions = {}) => trainPictures(stripes, { ...options(name), ...more });

/** The largest change of each parameter, by its name. */
async function changes(name: string): Promise<Map<string, number>> {
  const [before, { parameters }] = [initialize(NETWORK, 1), await readModel(join(runs, name, "model.onnx"))];
  return new Map(
    [...parameters].map(([key, { data }]) => {
      const old = before.get(key)?.data ?? [];
      return [key, data.reduce((most, value, i) => Math.max(most, Math.abs(value - (old[i] ?? 0))), 0)];
    }),
  );
}

const changed = async (name: string): Promise<string[]> =>
  [...(await changes(name))].filter(([, change]) => change > 0).map(([key]) => key);

const choicesOf = async (events: AsyncIterable<TrainPicturesEvent>): Promise<Map<string, string>> => {
  const found = new Map<string, string>();
  for await (const event of events) {
    if (event.type === "prepared") for (const { what, value } of event.choices) found.set(what, value);
  }
  return found;
};

describe("a training that begins with a model", () => {
  test("learns a new last layer, and prepares pictures as the model does", async () => {
    const choices = await choicesOf(start("head"));
    expect([choices.get("freeze"), choices.get("moments")]).toEqual(["all-but-head", "kept"]);
    expect(await changed("head")).toEqual(["scores/filters", "scores/biases"]);
    const { network, classes, preprocessing, normalization } = await readModel(join(runs, "head", "model.onnx"));
    expect([outputOf(network).channels, classes]).toEqual([2, ["lying", "standing"]]);
    expect(normalization).toEqual({ mean: [100], scale: 0.02 });
    expect(preprocessing).toMatchObject({ width: 12, fit: "crop" });
    expect(preprocessing?.labelOffset).toBeUndefined();
    const config = JSON.parse(await readFile(join(runs, "head", "config.json"), "utf8"));
    expect(config).toMatchObject({
      from,
      network: "seven",
      contents: { start: expect.stringMatching(/^[0-9a-f]{16}$/) },
    });
  });

  test("the model that is saved makes the errors that training has measured", async () => {
    const { history, epoch, predictions, baselines, files } = await finishJob(start("errors"));
    expect(topError(predictions, 1)).toBeCloseTo(history[epoch - 1].validation?.metrics.top1Error ?? -1, 10);
    expect(baselines.map(({ name, table }) => [name, table.labels.length])).toEqual([
      ["nearest neighbours", predictions.labels.length],
      ["logistic regression", predictions.labels.length],
    ]);
    expect(await readFile(files.page, "utf8")).toContain("Beside simple methods");
  });

  test.each([
    [
      "none",
      ["conv1/filters", "conv1/biases", "batchNorm1/gain", "batchNorm1/bias", "batchNorm1/moments", "second/filters"],
    ],
    [3, ["second/filters"]],
    ["conv1", ["batchNorm1/gain", "batchNorm1/bias", "batchNorm1/moments", "second/filters"]],
  ] as const)("freezes what is asked for: %s", async (freeze, expected) => {
    const name = `freeze-${freeze}`;
    const choices = await choicesOf(start(name, { freeze }));
    expect(choices.get("moments")).toBe(freeze === 3 ? "kept" : "adapted");
    expect(choices.get("rates")).toMatch(/^× 0.1/);
    expect(await changed(name)).toEqual(expect.arrayContaining([...expected]));
    const untouched = ["conv1/filters", "batchNorm1/moments"].filter((key) => !expected.some((other) => other === key));
    for (const key of untouched) expect(await changed(name)).not.toContain(key);
  });

  test("what was frozen learns after some epochs, at a rate of its own", async () => {
    const options = { unfreezeAfter: 2, epochs: 3 };
    await finishJob(start("later", { ...options, rates: 1e-4 }));
    const little = await changes("later");
    expect(await changed("later")).toContain("conv1/filters");
    await finishJob(start("faster", { ...options, rates: 1e-2 }));
    const more = await changes("faster");
    const of = (all: Map<string, number>): number => all.get("second/filters") ?? 0;
    // of sgd and of AdamW alike: a hundred times the rate moves about a hundred times as far
    expect(of(more) / of(little)).toBeGreaterThan(50);
    expect(of(more) / of(little)).toBeLessThan(200);
  });

  test.each([{}, { unfreezeAfter: 2 }, { freeze: 3 }])(
    "goes on after it was stopped as if it had not been: %o",
    async (more) => {
      const name = `stopped-${JSON.stringify(more).replaceAll(/\W/g, "")}`;
      const stop = new AbortController();
      for await (const event of start(name, { ...more, signal: stop.signal })) {
        if (event.type === "training" && event.event.type === "batch" && event.event.step === 9) stop.abort();
      }
      await cp(join(runs, name), join(runs, `${name}-copy`), { recursive: true });
      await finishJob(start(name, more));
      await finishJob(start(`${name}-whole`, more));
      const [resumed, whole] = await Promise.all(
        [name, `${name}-whole`].map(async (each) => (await readModel(join(runs, each, "model.onnx"))).parameters),
      );
      for (const [key, { data }] of whole) expect(resumed.get(key)?.data, key).toEqual(data);
    },
  );

  test("what frozen layers make of a picture is computed once and kept, and changes nothing", async () => {
    const cache = join(runs, "features");
    const computed = async (name: string, more: TrainPicturesOptions = {}): Promise<number> => {
      let count = 0;
      for await (const event of trainPictures(stripes, { ...options(name), ...more, cache })) {
        if (event.type === "decoding" && event.pass === "computed the features of") count = event.total;
      }
      return count;
    };
    const [file, files] = [
      async () => join(cache, (await files())[0]),
      async () => (await readdir(cache)).filter((name) => name.endsWith(".features")),
    ];
    expect(await computed("first")).toBe(24);
    expect(await computed("again", { seed: 2 })).toBe(0);
    // Eight numbers and a head of 12 bytes for each picture; what is cut off, or changed, is computed anew.
    expect((await stat(await file())).size).toBe(24 * (12 + 4 * 8));
    const bytes = await readFile(await file());
    bytes[20 * 44 + 15] ^= 1;
    await writeFile(await file(), bytes.subarray(0, 24 * 44 - 5));
    expect(await computed("damaged")).toBe(4);
    expect(await readFile(await file())).toHaveLength(24 * 44);
    const parameters = async (name: string) => (await readModel(join(runs, name, "model.onnx"))).parameters;
    const [first, damaged] = [await parameters("first"), await parameters("damaged")];
    for (const [key, { data }] of first) expect(damaged.get(key)?.data, key).toEqual(data);
    // Jitter that moves nothing as far as bytes go, but is none.
    await finishJob(trainPictures(stripes, { ...options("each"), jitter: { noise: 1e-9 } }));
    const each = await parameters("each");
    for (const [key, { data }] of first) {
      const other = each.get(key)?.data ?? [];
      data.forEach((value, i) => {
        expect(other[i], key).toBeCloseTo(value, 4);
      });
    }
    expect(await files()).toHaveLength(1);
    const choices = await choicesOf(
      trainPictures(stripes, { ...options("said"), cache, fresh: true, jitter: { mirror: "both" } }),
    );
    expect(choices.get("features")).toBe("computed in each step");
  });

  test("may take pictures of another size, where the network does", async () => {
    await finishJob(start("size", { size: { width: 16, height: 10 }, epochs: 1 }));
    const { network, preprocessing } = await readModel(join(runs, "size", "model.onnx"));
    expect(inputOf(network)).toEqual({ channels: 1, height: 10, width: 16 });
    expect(preprocessing).toMatchObject({ width: 16, height: 10 });
  });

  test.each<[TrainPicturesOptions, string]>([
    [{ from: undefined, freeze: "none" }, "--freeze says something of a model to begin with"],
    [{ network: "resnet18" }, "--network: the model of --from says the network"],
    [{ mean: "pixel" }, "--mean: the model of --from says the mean"],
    [{ fit: "squash" }, "trained on pictures with --fit crop"],
    [{ channels: 3 }, "takes pictures of 1"],
    [{ freeze: "secnd" }, "did you mean 'second'?"],
    [{ freeze: "scores" }, "is learned anew"],
    [{ freeze: 8 }, "has 7 layers before 'scores'"],
    [{ freeze: "none", unfreezeAfter: 1 }, "nothing is frozen"],
    [{ rates: 0.5 }, "only the new last layer learns"],
  ])("refuses what contradicts the model: %o", async (more, message) => {
    await expect(finishJob(start("refused", more))).rejects.toThrow(message);
  });

  test("says which of the pictures it is measured by the model has seen, on the page as well, and remembers them", async () => {
    const first = await finishJob(
      start("seen-first", { from: undefined, cache: undefined, network: undefined, size: { width: 12, height: 12 } }),
    );
    const events = trainPictures(stripes, { ...options("seen"), from: first.files.model, seed: 9 });
    const found: string[] = [];
    for await (const event of events) {
      if (event.type === "decoded") found.push(...event.findings.map(({ text }) => text));
    }
    const note = found.find((text) => text.includes("are among those that the model of --from was trained on"));
    expect(note).toMatch(
      /^\d+ of \d+ pictures are among those that the model of --from was trained on: the result does not tell/,
    );
    expect(await readFile(join(runs, "seen", "report.html"), "utf8")).toContain(
      "that the model of --from was trained on",
    );
    const [before, after] = await Promise.all(
      [first.files.model, join(runs, "seen", "model.onnx")].map(
        async (path) => (await readWholeModel(path)).extraMetadata,
      ),
    );
    const all = (metadata: Readonly<Record<string, string>>): number =>
      JSON.parse(trainedOnIn(metadata)["bellpepper.trainedOn"]).pictures;
    // the other seed trains on some pictures that the first run was measured by
    expect(all(after)).toBeGreaterThan(all(before));
  });

  test("what is proposed next is asked as this run was", async () => {
    const { next } = await finishJob(
      start("next", { freeze: 3, rates: 0.5, unfreezeAfter: 1, jitter: JITTER_PRESETS.light, solver: adam() }),
    );
    const proposed = next.find(({ command }) => command.startsWith("bellpepper crossvalidate"));
    expect(proposed?.command).toBe(
      `bellpepper crossvalidate ${stripes} --final --from ${from} --freeze 3 --unfreeze-after 1 --rates 0.5 --jitter light --epochs 3 --batch-size 4 --learning-rate 0.05 --threads 1 --cache ${join(runs, "cache")}`,
    );
    expect(proposed?.why).toContain("; add what this run was told of --solver");
  });

  test("nothing would be unfrozen after its last epoch: that is refused", async () => {
    await expect(finishJob(start("never", { unfreezeAfter: 3 }))).rejects.toThrow(
      "--unfreeze-after 3: the training has 3 epochs, so that nothing would be unfrozen. Expected fewer.",
    );
  });

  test("does not go on with another model", async () => {
    await finishJob(start("other", { epochs: 1 }));
    const other = join(runs, "other.onnx");
    const model = await readModel(from);
    await writeFile(other, toOnnx({ ...model, parameters: initialize(NETWORK, 2) }));
    await expect(finishJob(start("other", { from: other, epochs: 1 }))).rejects.toThrow("another model to begin with");
    const same = join(runs, "same.onnx");
    await cp(from, same);
    await finishJob(start("other", { from: same, epochs: 1 }));
  });
});
