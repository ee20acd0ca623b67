import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addFiles } from "../../../test/support/picture-folder.js";
import { stripesFolder } from "../../../test/support/stripes.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { folds } from "../../data/sources/split.js";
import { predicted } from "../../evaluation/metrics/metrics.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { holdFolder } from "../../files/hold-folder-file.js";
import { fromOnnx } from "../../network/model/model.js";
import { errorInterval } from "../../report/evaluation/evaluation-figures.js";
import { onPlateau } from "../../training/solver/schedule.js";
import { finishJob } from "../events/event-stream.js";
import { trainPictures } from "../pictures/train-pictures-file.js";
import type { CrossvalidateEvent, CrossvalidateOptions } from "./crossvalidate-file.js";

// The threads of the folds are started from the built files; `npm test` builds them first.
const built = (): Promise<typeof import("./crossvalidate-file.js")> =>
  import(new URL("../../../dist/jobs/crossvalidation/crossvalidate-file.js", import.meta.url).href);

let stripes: string;
let runs: string;
let dataset: Dataset;
beforeAll(async () => {
  stripes = await stripesFolder(12, 8);
  dataset = await openDataset(stripes);
  runs = await mkdtemp(join(tmpdir(), "bellpepper-folds-"));
});
afterAll(async () => {
  await rm(stripes, { recursive: true });
  await rm(runs, { recursive: true });
});

interface Asked extends Omit<CrossvalidateOptions, "folder" | "signal"> {
  /** the signal is aborted where it says so */
  readonly until?: (event: CrossvalidateEvent) => boolean;
  readonly signal?: AbortSignal;
}

/** What happened, in its order: "2 starts with 0 done", "2 ends epoch 1", of folds from 1. */
interface Outcome {
  readonly table: ClassTable | undefined;
  readonly log: readonly string[];
}

/** Cross-validates in two folds, each computed by one thread. */
async function crossvalidated(
  name: string,
  { parallel = 2, until, signal, ...asked }: Asked = {},
  log: string[] = [],
): Promise<Outcome> {
  const { crossvalidate } = await built();
  const stop = new AbortController();
  const size = { width: 8, height: 8 };
  const options = { threads: parallel, parallel, size, batchSize: 8, epochs: 2, folds: 2, ...asked };
  const either = AbortSignal.any(signal ? [signal, stop.signal] : [stop.signal]);
  for await (const event of crossvalidate(stripes, { ...options, folder: join(runs, name), signal: either })) {
    if (event.type === "fold" && event.event.type === "started") {
      log.push(`${event.fold + 1} starts with ${event.event.done} done`);
    }
    if (event.type === "fold" && event.event.type === "epoch") {
      log.push(`${event.fold + 1} ends epoch ${event.event.epoch}`);
    }
    if (until?.(event)) stop.abort();
    if (event.type === "done") return { table: event.result.predictions, log };
  }
  return { table: undefined, log };
}

let whole: Outcome;
beforeAll(async () => {
  whole = await crossvalidated("whole", { parallel: 1 });
}, 60_000);

describe("a cross-validation", () => {
  test("explains its mistakes by the models of their folds, also when the folds are done", async () => {
    const { crossvalidate } = await built();
    const size = { width: 8, height: 8 };
    const asked = { threads: 1, size, batchSize: 8, epochs: 2, folds: 2, learningRate: 1e-9 };
    const folder = join(runs, "explained");
    const { predictions, files } = await finishJob(crossvalidate(stripes, { ...asked, folder, explain: true }));
    const { classes, labels } = predictions;
    const pairs = predicted(predictions).reduce(
      (all, guess, i) => (guess === labels[i] ? all : all.add(`${labels[i] + 1}-${guess + 1}`)),
      new Set<string>(),
    );
    const page = await readFile(files.page, "utf8");
    const sheets = [...page.matchAll(/<h3 id="why-(\d-\d)">/g)].map(([, pair]) => pair);
    expect(classes.length).toBe(2);
    expect(pairs.size).toBeGreaterThan(0); // a network that has not learned errs
    expect(sheets.sort()).toEqual([...pairs].sort());
    expect(page).not.toContain("as it is looked into, it is taken for");
    await rm(join(folder, "fold-1/model.onnx"));
    const again = await finishJob(crossvalidate(stripes, { ...asked, folder, explainBy: "saliency" }));
    const without = (await readFile(again.files.page, "utf8")).replaceAll("\u00a0", " ");
    expect(without).toContain("whose model cannot be looked into: ");
    expect(without).toContain("Gradient saliency");
  }, 60_000);

  test("one fold after the other predicts every picture once, in the fold that it was kept from", () => {
    expect(whole.log).toEqual([
      "1 starts with 0 done",
      "1 ends epoch 1",
      "1 ends epoch 2",
      "2 starts with 0 done",
      "2 ends epoch 1",
      "2 ends epoch 2",
    ]);
    const kept = folds(dataset, 2).map(({ validation }) => validation.map((i) => dataset.items[i].path));
    expect(whole.table?.paths).toEqual(kept.flat());
    expect([...(whole.table?.folds ?? [])]).toEqual(kept.flatMap((paths, fold) => paths.map(() => fold)));
    expect(new Set(kept.flat()).size).toBe(20);
  });

  test("side by side gives the same table, number for number", async () => {
    const { table, log } = await crossvalidated("side", { parallel: 2 });
    expect(table).toEqual(whole.table);
    expect([...log].sort()).toEqual([...whole.log].sort());
  }, 60_000);

  test("tells once which pictures cannot be decoded", async () => {
    const folder = await stripesFolder(4, 4);
    await addFiles(folder, { "lying/empty.png": "" });
    const { crossvalidate } = await built();
    const told: string[] = [];
    let table: ClassTable | undefined;
    const options = { threads: 2, folds: 2, size: { width: 8, height: 8 }, epochs: 1, folder: join(runs, "broken") };
    for await (const event of crossvalidate(folder, options)) {
      if (event.type === "decoded") told.push(...event.broken.map(({ path, reason }) => `${path}: ${reason}`));
      if (event.type === "predicted") table = event.table;
    }
    await rm(folder, { recursive: true });
    expect(told).toEqual(["lying/empty.png: the file is empty"]);
    expect(table?.labels).toHaveLength(8);
  }, 60_000);
});

describe("the folders of folds are held while they are trained", () => {
  test("who would train in one of them, also with fresh, is told who holds it, and nothing in it is touched", async () => {
    const fold = join(runs, "held/fold-1");
    const size = { width: 8, height: 8 };
    const refusals: unknown[] = [];
    const training = (async () => {
      const { crossvalidate } = await built();
      const options = { threads: 2, folds: 2, batchSize: 8, size, epochs: 2, folder: join(runs, "held") };
      for await (const event of crossvalidate(stripes, options)) {
        // the fold itself has swept its folder before it starts
        if (event.type !== "fold" || event.fold !== 0 || event.event.type !== "started") continue;
        await mkdir(fold, { recursive: true });
        const temporary = join(fold, ".model.onnx.00000000-0000-0000-0000-000000000000");
        await writeFile(temporary, "being written");
        for (const fresh of [false, true]) {
          const other = finishJob(trainPictures(stripes, { folder: fold, size, epochs: 1, fresh }));
          refusals.push(await other.catch((error: unknown) => String(error)));
          expect(await readFile(temporary, "utf8")).toBe("being written");
        }
      }
    })();
    await training;
    expect(refusals).toHaveLength(2);
    const who = new RegExp(`fold-1 is in use by process ${process.pid} on `);
    for (const refusal of refusals) expect(refusal).toMatch(who);
    expect(existsSync(join(runs, "held/evaluation.html"))).toBe(true);
  }, 60_000);

  test("a fold that another process trains is not begun anew", async () => {
    const fold = join(runs, "taken/fold-1");
    await mkdir(fold, { recursive: true });
    await writeFile(join(fold, "config.json"), "{}");
    const held = await holdFolder(fold);
    await expect(crossvalidated("taken", { fresh: true })).rejects.toThrow(/fold-1 is in use by process/);
    expect(await readFile(join(fold, "config.json"), "utf8")).toBe("{}");
    await held.close();
  });
});

describe("one fold alone", () => {
  const options = { threads: 1, folds: 2, size: { width: 8, height: 8 }, batchSize: 8, epochs: 2 };

  test("is what it is beside the others, in the same files", async () => {
    const { crossvalidateFold } = await built();
    const folder = join(runs, "alone");
    const { predictions, fold } = await finishJob(crossvalidateFold(stripes, 2, { ...options, folder }));
    expect(fold).toBe(1);
    const file = "fold-2/predictions.csv";
    expect(await readFile(join(folder, file), "utf8")).toBe(await readFile(join(runs, "whole", file), "utf8"));
    expect([...(predictions.folds ?? [])]).toEqual(predictions.labels.length === 10 ? Array(10).fill(1) : []);
    expect((await readdir(folder)).filter((name) => !name.startsWith("."))).toEqual(["cache", "config.json", "fold-2"]);

    const { log, table } = await crossvalidated("alone", { parallel: 1 });
    expect(log).toEqual(["1 starts with 0 done", "1 ends epoch 1", "1 ends epoch 2", "2 starts with 2 done"]);
    expect(table).toEqual(whole.table);
  }, 60_000);

  test("is refused where it differs from the others, and where another process trains it; the others stay", async () => {
    const { crossvalidateFold } = await built();
    const folder = join(runs, "differing");
    await finishJob(crossvalidateFold(stripes, 1, { ...options, folder }));
    const other = finishJob(crossvalidateFold(stripes, 2, { ...options, folder, learningRate: 0.5 }));
    await expect(other).rejects.toThrow(/differing holds a run with other settings/);
    expect(existsSync(join(folder, "fold-2"))).toBe(false);
    expect(existsSync(join(folder, "config.json"))).toBe(true);
    const held = await holdFolder(join(folder, "fold-2"));
    const second = finishJob(crossvalidateFold(stripes, 2, { ...options, folder }));
    await expect(second).rejects.toThrow(/fold-2 is in use by process/);
    await held.close();
    await expect(finishJob(crossvalidateFold(stripes, 3, { ...options, folder }))).rejects.toThrow(
      /^Invalid value for fold: expected a whole number of at least 1 and at most 2, got 3\.$/,
    );
  }, 60_000);

  test("leaves nothing behind where it cannot begin", async () => {
    const { crossvalidateFold } = await built();
    const folder = join(runs, "diverging");
    const run = finishJob(crossvalidateFold(stripes, 1, { ...options, folder, learningRate: 1e30 }));
    await expect(run).rejects.toThrow(/^Fold 1 of 2: /);
    expect(existsSync(folder)).toBe(false);
  }, 60_000);
});

test("folds are not put among the pictures", async () => {
  const { crossvalidate } = await built();
  const run = finishJob(crossvalidate(stripes, { folds: 2, epochs: 1, folder: stripes }));
  await expect(run).rejects.toThrow(/ holds .* and no cross-validation\. Choose another folder with --out\./);
  expect(existsSync(join(stripes, "config.json"))).toBe(false);
});

describe("a fold that fails", () => {
  /** A fold whose folder holds a run with another seed, which it refuses to go on with. */
  async function refused(name: string, fold: number): Promise<void> {
    const folder = join(runs, name, `fold-${fold}`);
    await mkdir(folder, { recursive: true });
    const configuration = JSON.parse(await readFile(join(runs, "whole", `fold-${fold}`, "config.json"), "utf8"));
    await writeFile(join(folder, "config.json"), JSON.stringify({ ...configuration, seed: 7 }));
  }

  test("is named, and stops those beside it", async () => {
    await refused("beside", 2);
    const log: string[] = [];
    // so many epochs take minutes
    const run = crossvalidated("beside", { epochs: 100_000 }, log);
    await expect(run).rejects.toThrow(/^Fold 2 of 2: .*fold-2 holds a run with other settings \(.*seed 7, now 1/);
    expect(log).toEqual(["1 starts with 0 done"]);
    expect(existsSync(join(runs, "beside/fold-1/predictions.csv"))).toBe(false);
  }, 60_000);

  test("is the last that begins", async () => {
    await refused("first", 1);
    const log: string[] = [];
    const run = crossvalidated("first", { parallel: 1 }, log);
    await expect(run).rejects.toThrow(/^Fold 1 of 2: /);
    expect(log).toEqual([]);
  }, 60_000);

  test("other pictures than those it was begun with are refused before anything is trained", async () => {
    const log: string[] = [];
    await expect(crossvalidated("whole", { seed: 2 }, log)).rejects.toThrow(
      /fold-1 holds a fold with other pictures\. Start over with --fresh/,
    );
    expect(log).toEqual([]);
  }, 60_000);
});

describe("folds are pooled only where they are made from the same", () => {
  test("a network that was edited is refused before anything is trained", async () => {
    const network = join(runs, "net.json");
    await writeFile(network, JSON.stringify([conv(8, 2), softmaxLogLoss()]));
    const options = { network, learningRate: 0.001 };
    await crossvalidated("edited", {
      ...options,
      parallel: 1,
      until: (event) => event.type === "fold" && event.fold === 0 && event.event.type === "epoch",
    });
    await writeFile(network, JSON.stringify([conv(8, 2, { biases: false }), softmaxLogLoss()]));
    const log: string[] = [];
    await expect(crossvalidated("edited", options, log)).rejects.toThrow(
      /edited holds a run with other layers \(.*net\.json, 2, but not the same\)\. Start over with --fresh/,
    );
    expect(log).toEqual([]);
    const { table } = await crossvalidated("edited", { ...options, fresh: true });
    expect(table?.labels).toHaveLength(20);
  }, 60_000);

  test("predictions of a fold that were damaged are made again", async () => {
    const { table } = await crossvalidated("predicted");
    const path = join(runs, "predicted/fold-1/predictions.csv");
    const before = await readFile(path, "utf8");
    await writeFile(
      path,
      before.replace(/0\.\d/, (digits) => (digits === "0.5" ? "0.6" : "0.5")),
    );
    expect(await readFile(path, "utf8")).not.toBe(before);
    const again = await crossvalidated("predicted");
    expect(again.table).toEqual(table);
    expect(await readFile(path, "utf8")).toBe(before);
  }, 60_000);

  test("a start that is refused leaves nothing behind", async () => {
    await expect(crossvalidated("refused", { subBatches: 9 })).rejects.toThrow(/^Invalid value for subBatches/);
    expect(existsSync(join(runs, "refused"))).toBe(false);
    // only the fold's own training finds that
    const network = join(runs, "noloss.json");
    const layers = [{ type: "conv", support: 8, pad: 0, filters: 2 }];
    await writeFile(network, JSON.stringify(layers));
    await expect(crossvalidated("refused", { network })).rejects.toThrow(/has no loss/);
    expect(existsSync(join(runs, "refused"))).toBe(false);
    await writeFile(network, JSON.stringify([...layers, { type: "loss", loss: "softmaxLog" }]));
    expect((await crossvalidated("refused", { network, parallel: 1 })).log).toHaveLength(6);
  }, 60_000);
});

describe("a cross-validation that is stopped", () => {
  test("gives no table, and goes on where it was, to the same numbers", async () => {
    const stopped = await crossvalidated("stopped", {
      parallel: 1,
      until: (event) =>
        event.type === "fold" && event.fold === 1 && event.event.type === "epoch" && event.event.epoch === 1,
    });
    expect(stopped.table).toBeUndefined();
    // the thread may have begun the second epoch, or ended it, before it heard of the signal
    expect(stopped.log.slice(0, 5)).toEqual(whole.log.slice(0, 5));
    const { table, log } = await crossvalidated("stopped", { parallel: 1 });
    expect(log[0]).toBe("1 starts with 2 done");
    expect(log[1]).toMatch(/^2 starts with [12] done$/);
    expect(table).toEqual(whole.table);
  }, 60_000);

  test("before its first fold trains none", async () => {
    const aborted = AbortSignal.abort();
    expect(await crossvalidated("never", { signal: aborted })).toEqual({ table: undefined, log: [] });
    const until = ({ type }: CrossvalidateEvent): boolean => type === "decoded";
    expect(await crossvalidated("never", { until })).toEqual({ table: undefined, log: [] });
  }, 60_000);
});

describe("one model from all pictures", () => {
  const place = (name: string): string => join(runs, name, "final");
  const configurationIn = async (folder: string): Promise<Record<string, unknown>> =>
    JSON.parse(await readFile(join(folder, "config.json"), "utf8"));

  test("is trained as the folds were, after them; a stop in it goes on to the same model", async () => {
    const told: string[] = [];
    const watch = (event: CrossvalidateEvent): void => {
      if (event.type === "started") told.push(`starts with ${event.resumed?.epoch ?? 0} done`);
      if (event.type === "training" && event.event.type === "epoch") told.push(`ends epoch ${event.event.epoch}`);
    };
    const run = (stopAt: string) => {
      const until = (event: CrossvalidateEvent): boolean => {
        watch(event);
        return told.at(-1) === stopAt;
      };
      return crossvalidated("final", { parallel: 1, final: true, until });
    };
    const stopped = await run("ends epoch 1");
    expect(stopped.table).toBeUndefined();
    expect(existsSync(join(place("final"), "model.onnx"))).toBe(false);
    const folds = await readFile(join(runs, "final/evaluation.html"), "utf8");
    expect(folds).toContain(`bellpepper evaluate ${join(place("final"), "model.onnx")} OTHER-PICTURES`);
    const { table } = await run("never");
    expect(table).toEqual(whole.table);
    expect(told).toEqual(["starts with 0 done", "ends epoch 1", "starts with 1 done", "ends epoch 2"]);

    await crossvalidated("whole", { parallel: 1, final: true });
    const models = ["final", "whole"].map((name) => readFile(join(place(name), "model.onnx")));
    const [parameters, others] = (await Promise.all(models)).map((bytes) => fromOnnx(bytes).parameters);
    expect(parameters).toEqual(others);

    const [own, fold] = [place("final"), join(runs, "final/fold-1")].map(configurationIn);
    const { fold: _, contents, ...settings } = await fold;
    const layers = (contents as { layers: string }).layers;
    expect(await own).toEqual({
      ...{ ...settings, validation: 0, folds: 2 },
      contents: { layers, training: expect.stringMatching(/^20/), validation: expect.stringMatching(/^0/) },
    });
    const split = JSON.parse(await readFile(join(place("final"), "split.json"), "utf8"));
    expect(Object.values<string[]>(split.training).flat()).toHaveLength(20);
    const page = (await readFile(join(place("final"), "report.html"), "utf8")).replaceAll("\u00a0", " ");
    const { error, low, high } = errorInterval(table as ClassTable);
    expect(page).toContain(`about <b>${(100 * error).toFixed(2)} %</b> (95 %: ${(100 * low).toFixed(2)} %`);
    expect(page).toContain(`to ${(100 * high).toFixed(2)} %)`);
  }, 120_000);

  test("ends after the median of the best epochs, where the folds stopped early", async () => {
    const earlyStopping = { patience: 1 };
    const learningRate = [0.02, 3, 3, 3, 3, 3];
    await crossvalidated("early", { parallel: 2, final: true, epochs: 6, learningRate, earlyStopping, folds: 3 });
    const best = await Promise.all(
      [1, 2, 3].map(async (fold) => {
        const { history } = fromOnnx(await readFile(join(runs, `early/fold-${fold}/model.onnx`)));
        const objectives = (history as { validation: { objective: number } }[]).map(
          ({ validation }) => validation.objective,
        );
        return 1 + objectives.indexOf(Math.min(...objectives));
      }),
    );
    const [, median] = best.sort((a, b) => a - b);
    expect(await configurationIn(place("early"))).toMatchObject({ lastEpoch: median });
    const { history } = fromOnnx(await readFile(join(place("early"), "model.onnx")));
    expect(history).toHaveLength(median);
  }, 120_000);

  test("cannot have rates that look at validation", async () => {
    const asked = crossvalidated("plateau", { final: true, learningRate: onPlateau({ rate: 0.1 }) });
    await expect(asked).rejects.toThrow(/learningRate: expected rates that need no validation/);
  });
});
