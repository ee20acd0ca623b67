import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readForeignFile } from "./read-foreign-file.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");

test("reads a file, and several of one model, whatever they are called", async () => {
  expect(await readForeignFile(join(FIXTURES, "state-deflated.pt"))).toMatchObject({ format: "pytorch" });
  const files = ["caffe-net.prototxt", "caffe-net.caffemodel", "caffe-mean.binaryproto"].map((name) =>
    join(FIXTURES, name),
  );
  expect(await readForeignFile(files)).toMatchObject({ format: "caffe", name: "Tiny" });
});

test("what cannot be opened or is no model is told with its path", async () => {
  await expect(readForeignFile("none.pt")).rejects.toThrow("none.pt: there is no such file.");
  await expect(readForeignFile(FIXTURES)).rejects.toThrow(`${FIXTURES}: it is a folder, not a file.`);
  const folder = mkdtempSync(join(tmpdir(), "foreign-"));
  const path = join(folder, "text.pt");
  writeFileSync(path, "no model");
  await expect(readForeignFile(path)).rejects.toThrow(`${path}: expected a model (`);
  writeFileSync(path, "");
  await expect(readForeignFile(path)).rejects.toThrow("got nothing");
  const broken = join(FIXTURES, "module.pt");
  await expect(readForeignFile(broken)).rejects.toThrow(`${broken}: The pickle names`);
  rmSync(folder, { recursive: true });
});
