import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { expectPage } from "../../../test/support/snapshot.js";
import { writePng } from "../../data/pictures/image-file.js";
import { picturePaths } from "../../data/pictures/picture-paths-file.js";
import { writeContactSheet } from "../../report/classification/contact-sheet-file.js";
import { type ClassifyImagesEvent, classifyImages } from "./classify-images-file.js";

const folder = mkdtempSync(join(tmpdir(), "classify-"));
afterAll(() => rmSync(folder, { recursive: true }));
const grey = (value: number) => ({ width: 4, height: 2, channels: 1 as const, data: new Uint8Array(8).fill(value) });

test("files, folders and patterns, each picture once, in natural order", async () => {
  for (const name of ["10.png", "2.png", "deep/1.png"]) await writePng(join(folder, "set", name), grey(9));
  writeFileSync(join(folder, "set", "notes.txt"), "no picture");
  const set = join(folder, "set");
  const names = ["2.png", "10.png", "deep/1.png"].map((name) => join(set, name));
  expect(await picturePaths([set])).toEqual(names);
  expect(await picturePaths([join(set, "*.png"), names[0]])).toEqual(names.slice(0, 2));
  expect(await picturePaths([join(set, "**/1*.png")])).toEqual(names.slice(1));
  expect(await picturePaths([names[1], "-", names[0]], ["-"])).toEqual([names[1], "-", names[0]]);
  await expect(picturePaths([join(set, "*.jpg")])).rejects.toThrow("no picture fits this pattern");
  await expect(picturePaths([join(set, "none.png")])).rejects.toThrow("there is no such file or folder");
});

test("a contact sheet", async () => {
  const path = join(folder, "set", "2.png");
  const guesses = [
    { name: "bell pepper", number: 946, probability: 0.848 },
    { name: "cucumber", number: 944, probability: 0.1 },
  ];
  const { page } = await writeContactSheet(join(folder, "sheet.html"), {
    title: "What a model sees",
    pictures: [{ path: "2.png", file: path, guesses }].map((one) => ({ ...one, file: path })),
    configuration: { model: "model.onnx", top: 2 },
  });
  await expectPage("contact-sheet", await readFile(page, "utf8"));
  // what the terminal tells stands on the page, too
  const told = await writeContactSheet(join(folder, "told.html"), {
    ...{ title: "What a model sees", pictures: [], count: 1, configuration: {} },
    notes: ["3.png is left out: the file is empty."],
  });
  expect(await readFile(told.page, "utf8")).toContain("3.png is left out: the file is empty.");
});

const { BELLPEPPER_IMAGENET: weights = "" } = process.env;
describe.skipIf(!existsSync(join(weights, "parrot.jpg")))("ImageNet's MobileNet V2 (BELLPEPPER_IMAGENET)", () => {
  test("sees a macaw, and what cannot be decoded is told", async () => {
    const broken = join(folder, "broken.png");
    writeFileSync(broken, "none");
    const model = join(weights, "mobilenet_v2_1.0_224_quant.tflite");
    const events: ClassifyImagesEvent[] = [];
    const pictures = [broken, join(weights, "parrot.jpg"), join(weights, "hot_dog.jpg")];
    for await (const event of classifyImages(model, pictures, { threads: 1 })) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(["loaded", "broken", "guessed", "guessed"]);
    const [, , last, hotDog] = events;
    if (last.type !== "guessed" || hotDog.type !== "guessed") return expect.fail();
    expect(hotDog.guesses[0].number).toBe(935);
    expect(hotDog.guesses[0].probability).toBeGreaterThan(0.92);
    expect(last.guesses).toHaveLength(5);
    expect(last.guesses[0]).toMatchObject({ name: "macaw", number: 89, id: "n01818515" });
    expect(last.guesses[0].probability).toBeCloseTo(0.999, 2);
  });
});
