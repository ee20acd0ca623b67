import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderOf } from "../../../test/support/picture-folder.js";
import { atOnce } from "../../files/at-once.js";
import { fileStore, gigabyteText, memoryStore, type PictureStore, passingStore } from "./store-file.js";

let folder: string;
beforeAll(async () => {
  folder = await folderOf({});
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A picture of three bytes, where it is there. */
function read(store: PictureStore, index: number): number[] | undefined {
  const into = new Uint8Array(5);
  return store.read(index, into, 1) ? [...into] : undefined;
}

describe.each(["memory", "file"])("the store in %s", (kind) => {
  test("gives back what it was given, and says what it has not", async () => {
    const names = { set: "a set", state: "as it is" };
    const store = kind === "memory" ? memoryStore(4, 3) : await fileStore(folder, names, 4, 3);
    expect(await store.fetch(2)).toBe(false);
    expect(read(store, 2)).toBeUndefined();
    await store.keep(2, Uint8Array.of(7, 8, 9));
    await store.keep(0, Uint8Array.of(0, 0, 0));
    expect(await store.fetch(2)).toBe(true);
    expect(read(store, 2)).toEqual([0, 7, 8, 9, 0]);
    expect(read(store, 0)).toEqual([0, 0, 0, 0, 0]);
    expect(await store.fetch(1)).toBe(false);
    await store.close();
    if (kind === "memory") return;

    const again = await fileStore(folder, names, 4, 3);
    // three zeros were kept, and are told apart from what was never written
    expect([await again.fetch(0), await again.fetch(1), await again.fetch(2)]).toEqual([true, false, true]);
    expect(read(again, 2)).toEqual([0, 7, 8, 9, 0]);
    await again.close();
    await writeFile(join(folder, "notes.txt"), "not ours");
    await (await fileStore(folder, { ...names, state: "changed" }, 4, 3)).close();
    await (await fileStore(folder, { ...names, set: "another set" }, 4, 3)).close();
    expect((await readdir(folder)).sort()).toHaveLength(3);
  });
});

test("pictures that only pass are kept for as many calls as are looked back to", async () => {
  const store = passingStore(2);
  await store.keep(1, Uint8Array.of(1, 1, 1));
  store.next();
  await store.keep(2, Uint8Array.of(2, 2, 2));
  expect([read(store, 1), read(store, 2)]).toEqual([
    [0, 1, 1, 1, 0],
    [0, 2, 2, 2, 0],
  ]);
  // asked for again, it stays
  expect(await store.fetch(1)).toBe(true);
  store.next();
  expect(await store.fetch(1)).toBe(true);
  store.next();
  expect([await store.fetch(1), await store.fetch(2)]).toEqual([true, false]);
  store.next();
  store.next();
  expect(read(store, 1)).toBeUndefined();
});

test("sizes are told in the unit that suits them", () => {
  expect([gigabyteText(36e12), gigabyteText(1.26e9), gigabyteText(5e5), gigabyteText(900)]).toEqual([
    "36000.0 GB",
    "1.3 GB",
    "0.5 MB",
    "1 kB",
  ]);
});

test("work is done so many at a time; at a failure none is begun, and what was begun ends", async () => {
  let [running, most] = [0, 0];
  const done: number[] = [];
  await atOnce([5, 1, 3, 2, 4], 2, async (value, index) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, value));
    running--;
    done.push(index);
  });
  expect(most).toBe(2);
  expect(done.sort()).toEqual([0, 1, 2, 3, 4]);
  const begun: number[] = [];
  const ended: number[] = [];
  const failing = atOnce([0, 1, 2, 3, 4, 5], 2, async (value) => {
    begun.push(value);
    await Promise.resolve();
    if (value === 1) throw new Error("the second fails");
    await new Promise((resolve) => setTimeout(resolve, 5));
    ended.push(value);
  });
  await expect(failing).rejects.toThrow("the second fails");
  expect(ended).toEqual([0]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(begun).toEqual([0, 1]);
});
