import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addFiles } from "../../../test/support/picture-folder.js";
import { stripesFolder } from "../../../test/support/stripes.js";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { topError } from "../../evaluation/metrics/metrics.js";
import { onPlateau } from "../../training/solver/schedule.js";
import { finishJob } from "../events/event-stream.js";
import { type TrainPicturesEvent, type TrainPicturesOptions, trainPictures } from "./train-pictures-file.js";

let stripes: string;
let runs: string;
beforeAll(async () => {
  stripes = await stripesFolder(12, 8);
  await addFiles(stripes, { "lying/empty.png": "" });
  runs = await mkdtemp(join(tmpdir(), "bellpepper-jobs-"));
});
afterAll(async () => {
  await rm(stripes, { recursive: true });
  await rm(runs, { recursive: true });
});

const start = (name: string, more: TrainPicturesOptions = {}) =>
  trainPictures(stripes, {
    folder: join(runs, name),
    size: { width: 8, height: 8 },
    threads: 1,
    batchSize: 4,
    epochs: 2,
    ...more,
  });

/** The types of the events, without repetitions one after the other. */
const typesOf = (events: readonly TrainPicturesEvent[]): string[] =>
  events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);

test("tells what it does from the data set to the page", async () => {
  const events: TrainPicturesEvent[] = [];
  for await (const event of start("whole")) events.push(event);
  expect(typesOf(events)).toEqual([
    ...["opened", "decoding", "decoded", "prepared", "started", "training"],
    ...["written", "predicted", "written", "done"],
  ]);
  const of = <T extends TrainPicturesEvent["type"]>(type: T) =>
    events.filter((event): event is Extract<TrainPicturesEvent, { type: T }> => event.type === type);
  // Of 21 pictures 16 are for training, and one of these is broken.
  const last = new Map(of("decoding").map(({ pass, done, total }) => [pass, `${done} of ${total}`]));
  expect([...last].filter(([pass]) => pass !== "checked")).toEqual([
    ["opened", "21 of 21"],
    ["decoded", "21 of 21"],
    ["measured", "15 of 15"],
    ["compared", "20 of 20"],
  ]);
  expect(of("decoded")[0].broken).toEqual([{ path: "lying/empty.png", reason: "the file is empty" }]);
  const [{ counts, choices, configuration }] = of("prepared");
  expect(counts.training + counts.validation).toBe(20);
  expect(choices.map(({ what }) => what)).toEqual(["network", "solver", "rate"]);
  const [{ result }] = of("done");
  expect(result.predictions.labels).toHaveLength(counts.validation);
  expect(result.history.map(({ epoch }) => epoch)).toEqual([1, 2]);
  expect(JSON.parse(await readFile(join(runs, "whole/config.json"), "utf8"))).toEqual(configuration);
  for (const path of of("written").map((event) => event.path)) expect(existsSync(path), path).toBe(true);
}, 60_000);

describe("the model", () => {
  test("is that of the epoch that was best on validation, by the objective", async () => {
    // so high a rate unlearns what was learned
    const spoiled = { epochs: 5, learningRate: [0.02, 0.02, 3, 3, 3] };
    const { epoch, history, predictions } = await finishJob(start("spoiled", spoiled));
    const measured = history.map(({ epoch: number, validation }) => ({
      number,
      error: validation?.metrics.top1Error ?? Number.NaN,
      objective: validation?.objective ?? Number.NaN,
    }));
    const [best] = [...measured].sort((a, b) => a.objective - b.objective);
    expect(epoch).toBe(best.number);
    expect(epoch).toBeLessThan(5);
    expect(topError(predictions, 1)).toBeCloseTo(best.error, 6);
    expect((await readFile(join(runs, "spoiled/report.html"), "utf8")).replaceAll("\u00a0", " ")).toContain(
      `The model is that of epoch ${epoch} of 5, the one of the lowest validation objective;`,
    );
  }, 60_000);

  test("is trained on all pictures where none are to measure by, and that is said", async () => {
    const events: TrainPicturesEvent[] = [];
    for await (const event of start("all", { validation: 0 })) events.push(event);
    expect(typesOf(events)).toEqual([
      ...["opened", "decoding", "decoded", "prepared", "started", "training", "written", "done"],
    ]);
    expect(events.find(({ type }) => type === "prepared")).toMatchObject({ counts: { training: 20, validation: 0 } });
    const { result } = events.filter((event) => event.type === "done")[0];
    expect(result).toMatchObject({ epoch: 2, predictions: { labels: new Int32Array() } });
    expect(result.history.every(({ validation }) => validation === undefined)).toBe(true);
    expect(Object.keys(result.files)).toEqual(["model", "page"]);
    expect(existsSync(join(runs, "all/predictions.csv"))).toBe(false);
    expect(await readFile(result.files.page, "utf8")).toContain("how often it is wrong on others is not known");
  }, 60_000);

  const cannot: [TrainPicturesOptions, RegExp][] = [
    [{ earlyStopping: { patience: 2 } }, /earlyStopping: expected none with validation 0/],
    [{ learningRate: onPlateau({ rate: 0.1 }) }, /learningRate: expected rates that need no validation/],
    [{ split: "split.json" }, /split: expected none with validation 0/],
  ];
  test.each(cannot)("cannot be trained on all pictures with %o", async (options, message) => {
    await expect(finishJob(start("refused", { validation: 0, ...options }))).rejects.toThrow(message);
    expect(existsSync(join(runs, "refused"))).toBe(false);
  });
});

describe("a signal", () => {
  test("in training stops after the step; the same job goes on to the same end", async () => {
    const controller = new AbortController();
    const events: TrainPicturesEvent[] = [];
    for await (const event of start("stopped", { signal: controller.signal })) {
      events.push(event);
      if (event.type === "training" && event.event.type === "epoch") controller.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: "stopped", saved: true, position: { epoch: 1 } });
    expect(existsSync(join(runs, "stopped/model.onnx"))).toBe(false);
    const resumed: TrainPicturesEvent[] = [];
    for await (const event of start("stopped")) resumed.push(event);
    expect(resumed.find(({ type }) => type === "started")).toMatchObject({ resumed: { epoch: 1 } });
    const whole = await finishJob(start("again"));
    expect(resumed.at(-1)).toMatchObject({
      type: "done",
      result: { predictions: { scores: whole.predictions.scores } },
    });
  }, 60_000);

  test("before training leaves no run", async () => {
    const controller = new AbortController();
    const events: TrainPicturesEvent[] = [];
    for await (const event of start("never", { signal: controller.signal })) {
      events.push(event);
      if (event.type === "decoding") controller.abort();
    }
    expect(typesOf(events)).toEqual(["opened", "decoding", "stopped"]);
    expect(events.at(-1)).toEqual({ type: "stopped", folder: join(runs, "never"), saved: false });
    expect(existsSync(join(runs, "never"))).toBe(false);
  });
});

describe("a run is what it was made from", () => {
  const layers = [conv(8, 2), softmaxLogLoss()];
  let data: string;
  let network: string;
  let model: string;
  let before: { readonly bytes: Buffer; readonly time: number };
  const again = (more: TrainPicturesOptions = {}, from = data) =>
    finishJob(
      trainPictures(from, {
        ...{ folder: join(runs, "made"), size: { width: 8, height: 8 }, threads: 1, batchSize: 4, epochs: 1 },
        ...{ network, learningRate: 0.001, ...more },
      }),
    );

  beforeAll(async () => {
    data = join(runs, "data");
    await cp(stripes, data, { recursive: true });
    network = join(runs, "net.json");
    await writeFile(network, JSON.stringify(layers));
    await again();
    model = join(runs, "made/model.onnx");
    before = { bytes: await readFile(model), time: (await stat(model)).mtimeMs };
  }, 60_000);

  /** Whatever happened, the model is that of before. */
  async function expectUntouched(): Promise<void> {
    expect((await readFile(model)).equals(before.bytes)).toBe(true);
    expect((await stat(model)).mtimeMs).toBe(before.time);
    expect((await readdir(join(runs, "made"))).filter((name) => name.startsWith("."))).toEqual([]);
  }

  test("the same command changes nothing, wherever its files lie", async () => {
    await again();
    await expectUntouched();
    const moved = join(runs, "moved");
    await rename(data, moved);
    const other = join(runs, "other-name.json");
    await writeFile(other, JSON.stringify({ layers }));
    const notes: string[] = [];
    for await (const event of trainPictures(moved, {
      ...{ folder: join(runs, "made"), size: { width: 8, height: 8 }, threads: 1, batchSize: 4, epochs: 1 },
      ...{ network: other, learningRate: 0.001 },
    })) {
      if (event.type === "started") notes.push(...event.notes);
    }
    expect(notes).toEqual([`The samples are the same as before, and lay in "${data}".`]);
    await expectUntouched();
    await rename(moved, data);
    await again();
  }, 60_000);

  test("one pixel more, and the run is refused", async () => {
    const name = "standing/patient0-1.png";
    const [own, other] = [await readFile(join(data, name)), await readFile(join(data, "standing/patient0-2.png"))];
    await writeFile(join(data, name), other);
    await expect(again()).rejects.toThrow(
      /made holds a run with other (training|validation) samples \(\d+ as before, but their names, labels or pixels differ\)\. Start over with --fresh, or choose another folder with --out\.$/,
    );
    await writeFile(join(data, name), own);
    await expectUntouched();
  }, 60_000);

  test("a picture less, or in another class, is refused", async () => {
    await rename(join(data, "standing/patient0-1.png"), join(data, "lying/moved.png"));
    await expect(again()).rejects.toThrow(
      /The run in .*made cannot go on\. .*1 gone .*, 1 new .*Start over with --fresh/,
    );
    await rename(join(data, "lying/moved.png"), join(data, "standing/patient0-1.png"));
    await expectUntouched();
  }, 60_000);

  test("other layers in the same file are refused", async () => {
    await writeFile(network, JSON.stringify([conv(8, 2, { biases: false }), layers[1]]));
    await expect(again()).rejects.toThrow(/made holds a run with other layers \(.*net\.json, 2, but not the same\)\./);
    await writeFile(network, JSON.stringify([layers[0], relu(), layers[1]]));
    await expect(again()).rejects.toThrow(
      /made holds a run with other layers \(.*net\.json, 2; now .*net\.json, 3\)\./,
    );
    await writeFile(network, JSON.stringify(layers));
    await expectUntouched();
  }, 60_000);

  test("other groups and another split are refused", async () => {
    await expect(again({ groupBy: /(patient\d+)/ })).rejects.toThrow(/other settings \(groupBy none, now .*patient/);
    const split = join(runs, "split.json");
    const { training, validation, ...rest } = JSON.parse(await readFile(join(runs, "made/split.json"), "utf8"));
    const [last, ...others] = training.lying.toReversed();
    const moved = {
      ...{ ...rest, training: { ...training, lying: others } },
      validation: { ...validation, lying: [...validation.lying, last] },
    };
    await writeFile(split, JSON.stringify(moved));
    await expect(again({ split })).rejects.toThrow(/other training samples \(15, now 14\)/);
    await expectUntouched();
  }, 60_000);

  test("a start that is refused leaves nothing behind", async () => {
    const folder = join(runs, "refused/run");
    await expect(again({ folder, subBatches: 9 })).rejects.toThrow(/^Invalid value for subBatches/);
    await expect(again({ folder, network: "vgg17" })).rejects.toThrow(/^Invalid value for network/);
    await expect(again({ folder, earlyStopping: { patience: 1, measure: "hue" } })).rejects.toThrow(/hue/);
    expect(existsSync(join(runs, "refused"))).toBe(false);
  }, 60_000);
});
