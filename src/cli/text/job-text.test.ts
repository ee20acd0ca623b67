import { expect, test } from "vitest";
import { resumedText } from "./job-text.js";

test("epochs are offered only to a run that may have more of them", () => {
  const done = { type: "started", folder: "run", epochs: 2, notes: [], resumed: { epoch: 2, batch: 0 } } as const;
  expect(resumedText({ ...done, mayGrow: true })).toBe(
    "all 2 epochs are done: --epochs 7 adds some, --fresh begins anew\n",
  );
  expect(resumedText({ ...done, mayGrow: false })).toBe("all 2 epochs are done: --fresh begins anew\n");
});
