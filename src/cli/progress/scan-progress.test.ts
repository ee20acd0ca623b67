import { afterEach, expect, test, vi } from "vitest";
import { scanProgress } from "./scan-progress.js";

afterEach(() => {
  vi.useRealTimers();
});

test("the time that is left is told once enough is done, and not from what the first one took", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const lines: string[] = [];
  const write = (text: string): boolean => lines.push(text) > 0;
  const progress = scanProgress(Object.assign(Object.create(process.stderr), { isTTY: false, write }), "decoded");
  const after = (seconds: number, done: number): void => {
    vi.advanceTimersByTime(1000 * seconds);
    progress.show(done, 100);
  };
  after(0, 0);
  after(6, 1);
  // 60 after the first in 12 s: 5 a second, and 39 are left
  after(12, 61);
  expect(lines).toEqual(["decoded 1 of 100 pictures\n", "decoded 61 of 100 pictures  5 a second  8 s left\n"]);
});
