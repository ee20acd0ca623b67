import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { outcomeOf } from "./command.js";

test.each([
  ["", 0],
  ["process.exitCode = 3", 3],
  ["process.kill(process.pid, 'SIGKILL'); setTimeout(() => undefined, 60_000)", "SIGKILL"],
])("%s ends with %s", async (program, code) => {
  const outcome = await outcomeOf(["-e", `process.stdout.write("said"); ${program}`], tmpdir());
  expect([outcome.code, outcome.out]).toEqual([code, "said"]);
});
