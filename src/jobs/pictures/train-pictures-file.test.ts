import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addFiles } from "../../../test/support/picture-folder.js";
import { stripesFolder } from "../../../test/support/stripes.js";
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
  expect(of("decoding").at(-1)).toMatchObject({ done: 21, total: 21 });
  expect(of("decoded")[0].broken).toEqual([{ path: "lying/empty.png", reason: "the file is empty" }]);
  const [{ counts, choices, configuration }] = of("prepared");
  expect(counts.training + counts.validation).toBe(20);
  expect(choices.map(({ what }) => what)).toEqual(["network", "rate"]);
  const [{ result }] = of("done");
  expect(result.predictions.labels).toHaveLength(counts.validation);
  expect(result.history.map(({ epoch }) => epoch)).toEqual([1, 2]);
  expect(JSON.parse(await readFile(join(runs, "whole/config.json"), "utf8"))).toEqual(configuration);
  for (const path of of("written").map((event) => event.path)) expect(existsSync(path), path).toBe(true);
}, 60_000);

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
