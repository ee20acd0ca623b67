import { expect, test } from "vitest";
import { deadChart } from "./dead-chart.js";

test("a cell for each epoch, stronger where more are dead, and how many are at the end", () => {
  const { text } = deadChart([
    { name: "relu1", epoch: 1, share: 0, channels: 20 },
    { name: "relu1", epoch: 2, share: 0.5, channels: 20 },
    { name: "relu2", epoch: 1, share: 0.1, channels: 50 },
    { name: "relu2", epoch: 2, share: 1, channels: 50 },
  ]);
  const cells = [...text.matchAll(/fill-opacity="([\d.]+)"[^>]*><title>([^<]*)</g)].map(([, opacity, title]) => [
    title,
    Number(Number(opacity).toFixed(2)),
  ]);
  // 0.12 + 0.88 · share, nothing where none is dead
  expect(cells).toEqual([
    ["relu1, epoch 1: 0 of 20", 0],
    ["relu1, epoch 2: 10 of 20", 0.56],
    ["relu2, epoch 1: 5 of 50", 0.21],
    ["relu2, epoch 2: 50 of 50", 1],
  ]);
  expect([...text.matchAll(/>(\d+ of \d+)<\/text>/g)].map(([, told]) => told)).toEqual(["10 of 20", "50 of 50"]);
});
