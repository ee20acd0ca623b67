import { expect, test } from "vitest";
import { waitingLine } from "./at-once.js";

test("a line begins in the order of the calls, so much at a time, and goes on after what fails", async () => {
  const line = waitingLine(2);
  const begun: number[] = [];
  let [under, most] = [0, 0];
  const work = async (i: number): Promise<number> => {
    begun.push(i);
    most = Math.max(most, ++under);
    // the later ones are faster
    for (let wait = i; wait < 9; wait++) await Promise.resolve();
    under--;
    if (i === 3) throw new Error("three");
    return i * i;
  };
  const found = await Promise.allSettled([1, 2, 3, 4, 5].map((i) => line(() => work(i))));
  expect(found.map((one) => (one.status === "fulfilled" ? one.value : "failed"))).toEqual([1, 4, "failed", 16, 25]);
  expect(begun).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});
