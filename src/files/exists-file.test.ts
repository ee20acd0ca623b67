import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exists, statIfExists } from "./exists-file.js";

test("files and folders exist, other paths and links that lead nowhere do not", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-exists-"));
  try {
    await writeFile(join(folder, "file"), "12345");
    await symlink(join(folder, "nowhere"), join(folder, "link"));
    expect(await Promise.all(["", "file", "link", "other"].map((name) => exists(join(folder, name))))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect((await statIfExists(join(folder, "file")))?.size).toBe(5);
    expect(await statIfExists(join(folder, "file", "inside"))).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});
