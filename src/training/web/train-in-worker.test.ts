import { expect, test } from "vitest";
import { SIDES, sides, sidesNetwork, type TrainingPage } from "../../../test/support/training-page.js";
import { answerOfPage } from "../../bench/browser.js";
import { jitterPictures } from "../../data/change/jitter-pictures.js";
import { samplesFrom } from "../../data/plain-samples.js";
import { nodeEngine } from "../../engine/node.js";
import { train } from "../train.js";
import { trainInWorker } from "./train-in-worker.js";

const page = new URL("../../../test/support/training-page.ts", import.meta.url);
const answer = await answerOfPage(page, new URLSearchParams());

test.skipIf(answer === undefined)(
  "a worker in Chromium gives Node's objectives, goes on bit for bit after it died, and is paused, steered and stopped",
  async () => {
    const told: TrainingPage = JSON.parse(answer ?? "");
    if ("error" in told) throw new Error(told.error);
    const objectives: number[] = [];
    const samples = samplesFrom(sides);
    const training = jitterPictures(samples, { translate: 1 }, 1);
    const options = { ...SIDES, training, validation: samples };
    for await (const event of train(nodeEngine({ threads: 1 }), sidesNetwork(), options)) {
      if (event.type === "batch") objectives.push(event.statistics.objective);
    }
    expect(told.objectives).toHaveLength(objectives.length);
    for (const [i, objective] of objectives.entries()) expect(told.objectives[i]).toBeCloseTo(objective, 4);
    expect(told.turns).toBeGreaterThan(0); // the page does other things meanwhile
    expect(told.resumed).toEqual(told.whole);
    expect(told.firstStep).toBeGreaterThan(8);
    expect(told.refused).toMatch(/The checkpoints 'sides' are of another training: batchSize differs\./);
    expect(told.rates).toEqual([0.01, 0.001]);
    expect(told.end).toBe("stopped after true");
  },
);

test("what does not fit is refused at once, as in train", () => {
  const options = { ...SIDES, training: sides };
  expect(() => trainInWorker(sidesNetwork(), { ...options, batchSize: 0 })).toThrow(/batchSize/);
  expect(() => trainInWorker(sidesNetwork(), { ...options, checkpoints: "a/b" })).toThrow(/checkpoints\.name/);
  const cut = { ...sides, pixels: sides.pixels.subarray(1) };
  expect(() => trainInWorker(sidesNetwork(), { ...options, training: cut })).toThrow(/expected pictures of 1×6×6/);
});
