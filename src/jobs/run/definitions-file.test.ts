import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { importDefinitions } from "./definitions-file.js";

test("what is no module is refused with what was expected", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-modules-"));
  const json = join(folder, "net.json");
  await writeFile(json, "[]");
  const expected = "expected a JavaScript module that calls defineBlock or defineLoss, such as mine.js";
  for (const [path, said] of [
    [folder, `${folder} is a folder; ${expected}.`],
    [join(folder, "nope.js"), `${join(folder, "nope.js")}: there is no such file; ${expected}.`],
    [json, `${json} is no module; ${expected} (layers as JSON are for --network).`],
  ]) {
    await expect(importDefinitions([path])).rejects.toThrow(said);
  }
  await rm(folder, { recursive: true });
});
