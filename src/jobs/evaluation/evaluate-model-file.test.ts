import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addFiles, folderOf } from "../../../test/support/picture-folder.js";
import { preparePicture } from "../../data/pictures/image-file.js";
import { nodeEngine } from "../../engine/node.js";
import { topError } from "../../evaluation/metrics/metrics.js";
import { parseCsv } from "../../files/csv.js";
import { watchDisk } from "../../files/disk-steps.js";
import { float32 } from "../../graph/tensor.js";
import { fromOnnx, modelGraph, toOnnx } from "../../network/model/model.js";
import { defined } from "../../values/defined.js";
import { finishJob } from "../events/event-stream.js";
import { runJob } from "../events/job.js";
import { trainPictures } from "../pictures/train-pictures-file.js";
import { readModel } from "../run/model-file.js";
import { type ClassifyPicturesEvent, classifyPictures, isUnlabelled } from "./classify-pictures-file.js";
import { type EvaluateModelEvent, type EvaluateModelOptions, evaluateModel } from "./evaluate-model-file.js";
import { resultFolder } from "./result-folder-file.js";

/** A wide picture: its middle is dark or bright, as its class is; its sides are bright or dark, more than that. */
function banded(bright: boolean, number: number): Promise<Buffer> {
  const [middle, sides] = bright ? [150 + number, 30] : [100 - number, 220];
  const data = Uint8Array.from({ length: 48 * 16 }, (_, i) => (i % 48 >= 16 && i % 48 < 32 ? middle : sides));
  return sharp(data, { raw: { width: 48, height: 16, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toBuffer();
}

let folder: string;
beforeAll(async () => {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 12; i++) {
    files[`data/bright/${i}.png`] = await banded(true, i);
    files[`data/dark/${i}.png`] = await banded(false, i);
  }
  folder = await folderOf(files);
  const size = { width: 8, height: 8 };
  const options = { size, fit: "crop", epochs: 6, batchSize: 4, learningRate: 0.01, threads: 1 } as const;
  await finishJob(trainPictures(join(folder, "data"), { ...options, folder: join(folder, "run") }));
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

async function evaluated(model: string, options: EvaluateModelOptions = {}, name = "evaluated") {
  const events: EvaluateModelEvent[] = [];
  const out = join(folder, name);
  for await (const event of evaluateModel(model, join(folder, "data"), { threads: 1, ...options, folder: out })) {
    events.push(event);
  }
  const of = <T extends EvaluateModelEvent["type"]>(type: T) =>
    events.find((event): event is Extract<EvaluateModelEvent, { type: T }> => event.type === type);
  return { error: topError(of("predicted")?.table ?? expect.fail(), 1), notes: of("decoded")?.warnings };
}

test("a model's own preprocessing is used, without being asked for", async () => {
  // a fifth of each class is for validation: 2 of 12
  const notes = [
    "20 of 24 pictures are among those that the model was trained on: the result does not tell how good it is on others.",
  ];
  expect(await evaluated(join(folder, "run/model.onnx"))).toEqual({ error: 0, notes });
  expect(await evaluated(join(folder, "run/model.onnx"), { fit: "crop" })).toEqual({ error: 0, notes });
});

test("pictures of one class are measured, and that it is alone is no surprise: the model knows others", async () => {
  const one = await folderOf({ "bright/1.png": await banded(true, 1) });
  const said: string[] = [];
  const options = { threads: 1, folder: join(folder, "one") };
  for await (const event of evaluateModel(join(folder, "run/model.onnx"), one, options)) {
    if (event.type === "opened") said.push(...event.findings.map(({ text }) => text));
    if (event.type === "done") said.push("done");
  }
  await rm(one, { recursive: true });
  expect(said).toEqual(["done"]);
});

test("another rule than the model's is refused", async () => {
  await expect(evaluated(join(folder, "run/model.onnx"), { fit: "pad" })).rejects.toThrow(
    "--fit pad: the model was trained on pictures with --fit crop, which holds wherever it is used. Leave --fit out.",
  );
});

test("of a model that does not say it, what is asked for is used, and what is used is said", async () => {
  const { preprocessing: _, ...model } = fromOnnx(await readFile(join(folder, "run/model.onnx")));
  const path = join(folder, "earlier.onnx");
  await writeFile(path, toOnnx(model));
  const begin = "The model does not say how its pictures were prepared: they are brought to 8×8 by --fit";
  expect((await evaluated(path, {}, "earlier")).notes).toEqual([
    `${begin} squash; give the rule that it was trained with, if it was another one.`,
  ]);
  expect(await evaluated(path, { fit: "crop" }, "earlier-cropped")).toEqual({ error: 0, notes: [`${begin} crop.`] });
});

describe("pictures without classes", () => {
  const classified = async (name: string, out = "classified") => {
    const job = classifyPictures(join(folder, "run/model.onnx"), join(folder, name), {
      threads: 1,
      folder: join(folder, out),
    });
    return finishJob(job);
  };
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

  test("one of them: each class has its probability, in the terminal and in the file", async () => {
    const { classes, pictures, files } = await classified("data/dark/3.png", "one-picture");
    expect(classes).toEqual(["bright", "dark"]);
    expect(pictures.map(({ path }) => path)).toEqual(["3.png"]);
    const [{ probabilities }] = pictures;
    expect(probabilities[1]).toBeGreaterThan(0.5);
    expect(sum(probabilities)).toBeCloseTo(1, 6);
    const [heading, row] = parseCsv(await readFile(files.predictions, "utf8"));
    expect(heading.fields).toEqual([
      "path",
      "predicted",
      "confidence",
      ...["probability", "score"].flatMap((w) => [`${w} bright`, `${w} dark`]),
    ]);
    expect(row.fields.slice(0, 2)).toEqual(["3.png", "dark"]);
    expect(Number(row.fields[4])).toBeCloseTo(probabilities[1], 5);
  });

  test("a folder of them; what is broken is left out", async () => {
    await addFiles(folder, {
      "new/1.png": await banded(true, 3),
      "new/2.png": await banded(false, 5),
      "new/3.png": "none",
    });
    const events: ClassifyPicturesEvent[] = [];
    const out = join(folder, "several");
    for await (const event of classifyPictures(join(folder, "run/model.onnx"), join(folder, "new"), {
      threads: 1,
      folder: out,
    })) {
      events.push(event);
    }
    expect(events.find((event) => event.type === "decoded")).toMatchObject({
      broken: [{ path: "3.png" }],
      findings: [],
    });
    const said = events.find((event) => event.type === "classified");
    expect(said?.pictures.map(({ path, probabilities: [bright] }) => [path, bright > 0.5])).toEqual([
      ["1.png", true],
      ["2.png", false],
    ]);
  });

  test("are told from a data set, and from a folder that is a class", async () => {
    const classes = ["bright", "dark"];
    const found = ["data/dark/3.png", "new", "data", "data/dark", "run/predictions.csv", "nowhere"].map((name) =>
      isUnlabelled(join(folder, name), async () => classes),
    );
    expect(await Promise.all(found)).toEqual([true, true, false, false, false, false]);
  });
});

test("a program prepares a picture for a model, and gives it to any runtime", async () => {
  const model = fromOnnx(await readFile(join(folder, "run/model.onnx")));
  const { preprocessing } = defined(model);
  const { channels, height, width, data } = await preparePicture(
    join(folder, "data/dark/3.png"),
    preprocessing ?? expect.fail(),
  );
  const program = await nodeEngine({ threads: 1 }).load(modelGraph(model));
  const { probabilities } = await program.run({ image: float32(data, [1, channels, height, width]) });
  expect(Number(probabilities.data[model.classes.indexOf("dark")])).toBeGreaterThan(0.5);
  await program.close();
});

describe("a result is not written over another one", () => {
  const model = () => join(folder, "run/model.onnx");

  test("in the folder that was asked for: the same is written anew, another is refused, and nothing is touched", async () => {
    const out = join(folder, "asked");
    const [some, others] = [join(folder, "some"), join(folder, "others")];
    await addFiles(folder, { "some/bright/1.png": await banded(true, 1), "some/dark/1.png": await banded(false, 1) });
    await addFiles(folder, {
      "others/bright/2.png": await banded(true, 2),
      "others/dark/2.png": await banded(false, 2),
    });
    await finishJob(evaluateModel(model(), some, { threads: 1, folder: out }));
    const before = await readFile(join(out, "predictions.csv"), "utf8");
    await finishJob(evaluateModel(model(), some, { threads: 1, folder: out }));
    const other = finishJob(evaluateModel(model(), others, { threads: 1, folder: out }));
    await expect(other).rejects.toThrow(
      /asked holds the evaluation of other pictures\. Choose another folder with --out\./,
    );
    const predicted = finishJob(classifyPictures(model(), join(some, "dark"), { threads: 1, folder: out }));
    await expect(predicted).rejects.toThrow(/asked holds another kind of result \(evaluation\)/);
    expect(await readFile(join(out, "predictions.csv"), "utf8")).toBe(before);
  });

  test("in the usual folder: another goes beside it, and that is said", async () => {
    const made = { task: "evaluation", model: "0123", pictures: "2 samples 4567" };
    const places: (readonly string[])[] = [];
    for (const each of [made, { ...made, pictures: "2 samples 89ab" }, made, { ...made, model: "cdef" }]) {
      await finishJob(
        runJob("usual", undefined, async function* (job) {
          const place = await resultFolder(job, undefined, join(folder, "usual"), each);
          places.push([place.folder, ...place.notes].map((text) => text.replaceAll(`${folder}/`, "")));
          await place.begin();
          place.keep();
          yield { type: "done", result: {}, seconds: 0 } as const;
        }),
      );
    }
    const goes = "this result goes to";
    expect(places).toEqual([
      ["usual"],
      ["usual-2", `usual holds the evaluation of other pictures: ${goes} usual-2.`],
      ["usual"],
      ["usual-3", `usual holds the evaluation of another model: ${goes} usual-3.`],
    ]);
  });

  test("nothing is left where the disk is full", async () => {
    const out = join(folder, "full");
    watchDisk((step, path) => {
      if (step === "write" && path.includes(".evaluation.html."))
        throw Object.assign(new Error("full"), { code: "ENOSPC" });
    });
    const run = finishJob(evaluateModel(model(), join(folder, "some"), { threads: 1, folder: out }));
    await expect(run).rejects.toThrow();
    watchDisk();
    expect(existsSync(out)).toBe(false);
  });

  test("nor among pictures, or other files that are no result", async () => {
    const refused = /data holds bright, dark and is no result's folder\. Choose another folder with --out\./;
    const data = join(folder, "data");
    await expect(finishJob(evaluateModel(model(), data, { folder: data }))).rejects.toThrow(refused);
    await expect(finishJob(classifyPictures(model(), join(data, "dark/3.png"), { folder: data }))).rejects.toThrow(
      refused,
    );
  });
});

test("of a folder whose name is a class, it is said that this is taken for the label", async () => {
  const events = evaluateModel(join(folder, "run/model.onnx"), join(folder, "data/dark"), {
    threads: 1,
    folder: join(folder, "labelled"),
  });
  const said: string[] = [];
  for await (const event of events) if (event.type === "opened") said.push(...event.findings.map(({ text }) => text));
  expect(said.join("\n")).toMatch(
    /No folders of classes are in .*data\/dark: its own name, 'dark', is taken for the label/,
  );
});

test("a model that was damaged is refused by its checksum, one without a checksum is read", async () => {
  const bytes = await readFile(join(folder, "run/model.onnx"));
  const damaged = Buffer.from(bytes);
  damaged[Math.floor(bytes.length / 2)] ^= 1;
  await writeFile(join(folder, "damaged.onnx"), damaged);
  await expect(readModel(join(folder, "damaged.onnx"))).rejects.toThrow(/damaged\.onnx: it is damaged: its checksum/);
  await writeFile(join(folder, "edited.onnx"), toOnnx(fromOnnx(bytes)));
  expect((await readModel(join(folder, "edited.onnx"))).classes).toEqual(["bright", "dark"]);
});

test("neither measures nor predicts into the folder of a run, and reads no model that is no file", async () => {
  const model = join(folder, "run/model.onnx");
  const before = await readFile(join(folder, "run/predictions.csv"), "utf8");
  const [run, data] = [join(folder, "run"), join(folder, "data")];
  const message = /run holds a run \(.*config\.json.*\), whose predictions and pictures would be overwritten\./;
  await expect(finishJob(evaluateModel(model, data, { threads: 1, folder: run }))).rejects.toThrow(message);
  await expect(finishJob(classifyPictures(model, data, { threads: 1, folder: run }))).rejects.toThrow(message);
  expect(await readFile(join(folder, "run/predictions.csv"), "utf8")).toBe(before);
  const none = evaluateModel("/dev/zero", data, { folder: join(folder, "none") });
  await expect(finishJob(none)).rejects.toThrow(/^\/dev\/zero(: there is no such file| is no regular file)/);
});
