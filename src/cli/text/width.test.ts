import { describe, expect, test } from "vitest";
import { classTable } from "../../evaluation/table/predictions.js";
import { widthOf } from "../../report/page/text/wrap.js";
import { foldsProgress } from "../progress/folds-progress.js";
import { epochText, trainingProgress } from "../progress/progress.js";
import { filesText, trainedText } from "./closing-text.js";
import { choicesText, preparedText } from "./job-text.js";

/** Lines fit a terminal of 80 columns, but for paths, which stay whole. */
function expectNarrow(text: string): void {
  for (const line of text.split("\n")) if (!/\S{40}/.test(line)) expect(widthOf(line), line).toBeLessThanOrEqual(80);
}

const statistics = {
  objective: 12.3456,
  metrics: { top1Error: 1, top5Error: 0.9912 },
  imagesPerSecond: 12345.6,
  waiting: 0.412,
};

/** An output that is no terminal, and what was written to it. */
function captured() {
  const lines: string[] = [];
  const output = Object.assign(Object.create(process.stdout), {
    isTTY: false,
    write: (text: string) => lines.push(text) > 0,
  });
  return { lines, output };
}

describe("lines of progress", () => {
  const epoch = { epoch: 100, learningRate: 0.0123, train: statistics, validation: statistics };

  test("of an epoch have all that there is room for", () => {
    expectNarrow(epochText(epoch, 100));
    expect(epochText(epoch, 100)).toContain("top-1");
    const wide = epochText(epoch, 100, 200);
    expect(wide).toMatch(/top-5 .* top-5 .* 12346 images\/s, 41 % waiting$/);
    expect(epochText(epoch, 100, 200, 6)).toBe(wide);
    expect(epochText(epoch, 100, 200, 5)).not.toContain("top-5");
    const { validation: _, ...blind } = epoch;
    expect(epochText({ ...blind, epoch: 1 }, 9)).toContain("41 % waiting");
  });

  test("while a network is trained, and of warnings", () => {
    const { lines, output } = captured();
    const progress = trainingProgress(output, 100, 0);
    for (let batch = 1; batch < 1000; batch++) {
      const place = { part: "train", epoch: 100, batch, batches: 1000, step: 1, learningRate: 0.000123456 } as const;
      progress.show({ type: "batch", ...place, statistics });
    }
    progress.show({ type: "warning", epoch: 1, message: "Nothing is learned, which has many reasons. ".repeat(5) });
    expect(lines.length).toBeGreaterThan(3);
    expectNarrow(lines.join(""));
  });

  test("of folds", () => {
    const { lines, output } = captured();
    const folds = foldsProgress(output, 10);
    folds.show(0, { type: "started", choices: [], configuration: {}, epochs: 100, done: 0 });
    folds.show(0, { type: "epoch", ...epoch });
    folds.show(9, { type: "warning", epoch: 1, message: "Nothing is learned, which has many reasons. ".repeat(5) });
    expectNarrow(lines.join(""));
  });
});

test("what was chosen, with its reasons", () => {
  const text = choicesText([
    { what: "network", value: "compact, 22 layers, 1234567 parameters", why: "made for the size of the pictures" },
    { what: "rate", value: "0.014", why: "usual for sgd; batch normalisation bears it; less for a batch below 100" },
    { what: "epochs", value: "60", why: "8 steps each, about 6000 in all are usual" },
  ]);
  expectNarrow(text);
  expect(text.replaceAll(/\s+/g, " ")).toContain(
    "rate 0.014 usual for sgd; batch normalisation bears it; less for a batch",
  );
});

test("the end of a training, whatever classes and pictures are called", () => {
  const names = ["a very long name of a class ".repeat(4), "another very long name of a class ".repeat(4)];
  const paths = ["a folder with spaces in its name/picture 1.png", "x/2.png", "x/3.png"];
  const predictions = classTable(names, Int32Array.of(0, 1, 1), Float32Array.of(0, 3, 3, 0, 0, 3), { paths });
  const next = [{ command: "bellpepper evaluate runs/photos/model.onnx OTHER-PICTURES", why: "measures it elsewhere" }];
  const files = { model: "runs/photos/model.onnx", page: "runs/photos/report.html", predictions: "runs/p.csv" };
  const history = [{ epoch: 1, learningRate: 0.1, train: statistics, validation: statistics }];
  const text = trainedText({ epoch: 1, history, predictions, next, files }, 75);
  expectNarrow(text);
  // the result comes first, then the files, then what may be typed next
  expect(text.indexOf("66.67 %")).toBeLessThan(text.indexOf("model   "));
  expect(text.indexOf("report")).toBeLessThan(text.indexOf("bellpepper evaluate"));
});

test("a path stays in one piece, spaces and all", () => {
  const model = `runs/${"a long folder  with spaces/".repeat(4)}model.onnx`;
  expect(filesText({ model })).toBe(`model  ${model}\n`);
});

test("that nothing will be known of the error is said in lines of the same width", () => {
  expect(preparedText({ training: 90, validation: 0 })).toMatch(/^all 90 pictures are trained on: nothing will tell/);
});
