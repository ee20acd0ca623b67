import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scanDataset } from "../scan/scan-file.js";
import { samplesOfBytes } from "../sound/sound-bytes.js";
import { encodeWav } from "../sound/wav.js";
import { openDataset } from "../sources/open-dataset-file.js";
import { writePng } from "./image-file.js";
import { openPictures } from "./pictures-file.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-sounds-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tone = (hertz: number, seconds: number, rate = 8000): Uint8Array =>
  encodeWav(
    Float32Array.from(
      { length: Math.round(seconds * rate) },
      (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate),
    ),
    rate,
  );

async function put(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const root = await mkdtemp(join(folder, "set-"));
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), bytes);
  }
  return root;
}

test("sounds become the upper and lower bytes of samples of one length, which is said", async () => {
  const root = await put({
    "low/a.wav": tone(200, 0.1),
    "low/b.wav": tone(200, 0.05),
    "high/a.wav": tone(1000, 0.1),
    "high/b.wav": tone(1000, 0.1, 16_000),
  });
  const pictures = await openPictures(await openDataset(root), { seconds: 0.075 });
  expect(pictures.shape).toEqual({ channels: 1, height: 2, width: 600 });
  expect(pictures.preprocessing).toMatchObject({ rate: 8000, width: 600, height: 2, channels: 1, fit: "crop" });
  expect(pictures.warnings).toEqual([
    "Sounds are brought to 0.075 seconds of 8000 samples; 1 with another rate is resampled. Of 3 longer ones the middle is taken; shorter ones lie in the middle of silence.",
  ]);
  const samples = pictures.samples();
  expect(samples.rate).toBe(8000);
  const soundOf = async (path: string): Promise<Float32Array> => {
    const index = samples.items.findIndex((item) => item.path === path);
    const bytes = new Uint8Array(1200);
    await samples.prepare([index], 0);
    samples.read(index, 0, bytes, 0);
    return samplesOfBytes(bytes, 600);
  };
  const middle = await soundOf("high/a.wav");
  middle.forEach((value, i) => {
    expect(value).toBeCloseTo(0.5 * Math.sin((2 * Math.PI * 1000 * (i + 100)) / 8000), 4);
  });
  const short = await soundOf("low/b.wav");
  expect([...short.subarray(0, 100), ...short.subarray(500)].every((value) => value === 0)).toBe(true);
  // at another rate the same, but for half a sample at the ends
  const other = await soundOf("high/b.wav");
  for (let i = 50; i < 550; i++) expect(other[i]).toBeCloseTo(middle[i], 2);
  await pictures.close();
});

test("broken sounds are told with what is wrong, and none is waited for", async () => {
  const root = await put({
    "yes/good.wav": tone(300, 0.1),
    "yes/cut.wav": tone(300, 0.1).subarray(0, 844),
    "no/good.wav": tone(600, 0.1),
    "no/other.wav": "no sound at all",
    "no/empty.wav": "",
  });
  // three hours of 16 bits, of which the disk keeps nothing
  const head = tone(300, 0.1);
  new DataView(head.buffer).setUint32(40, 2 * 8000 * 3 * 3600, true);
  const long = await open(join(root, "no/long.wav"), "w");
  await long.write(head.subarray(0, 44));
  await long.truncate(44 + 2 * 8000 * 3 * 3600);
  await long.close();
  const dataset = await openDataset(root);
  const expected = [
    ["no/empty.wav", "the file is empty"],
    ["no/long.wav", "it lasts 180 minutes: expected at most 10; cut it into pieces, a word each"],
    ["no/other.wav", "it is no WAV file, which begins with RIFF and WAVE"],
    ["yes/cut.wav", "it is cut off: of 0.10 seconds 0.05 are there"],
  ].map(([path, reason]) => ({ path, reason }));
  const { broken, close } = await openPictures(dataset);
  expect(broken).toEqual(expected);
  await close();
  const scan = await scanDataset(dataset);
  expect(scan.broken).toEqual(expected);
});

test("silence is found, and so are sounds that are the same", async () => {
  const root = await put({
    "a/1.wav": tone(300, 0.1),
    "a/2.wav": tone(300, 0.1),
    "b/1.wav": encodeWav(new Float32Array(800), 8000),
  });
  const { items, flat, exact } = await openDataset(root).then(async (dataset) => ({
    ...(await scanDataset(dataset)),
    items: dataset.items,
  }));
  expect(flat.map((i) => items[i].path)).toEqual(["b/1.wav"]);
  expect(exact.map((set) => set.items.map((i) => items[i].path))).toEqual([["a/1.wav", "a/2.wav"]]);
});

test("sounds among pictures are left out; a list may not have both", async () => {
  const png = join(folder, "a.png");
  await writePng(png, { width: 1, height: 1, channels: 1, data: Uint8Array.of(9) });
  const { readFile } = await import("node:fs/promises");
  const files = { "a/1.png": await readFile(png), "a/1.wav": tone(300, 0.1), "b/1.png": await readFile(png) };
  const root = await put({ ...files, "list.csv": "path,label\na/1.png,a\na/1.wav,b\n" });
  const dataset = await openDataset(root);
  expect(dataset.items.map(({ path }) => path)).toEqual(["a/1.png", "b/1.png"]);
  expect(dataset.problems).toContainEqual({ path: "a/1.wav", reason: "left out: a sound among pictures" });
  const both = openDataset(join(root, "list.csv")).then((list) => openPictures(list));
  await expect(both).rejects.toThrow(
    "a/1.wav is a sound and a/1.png a picture: expected either sounds or pictures in a data set.",
  );
  const sounds = await openDataset(await put({ "a/1.wav": tone(300, 0.1), "b/1.wav": tone(400, 0.1) }));
  await expect(openPictures(sounds, { size: { width: 8, height: 8 } })).rejects.toThrow("size is of pictures");
  await expect(openPictures(dataset, { seconds: 1 })).rejects.toThrow("seconds is of sounds");
});

test("a folder without sounds that are read says what it has", async () => {
  await expect(openDataset(await put({ "yes/1.mp3": "x", "no/1.mp3": "x" }))).rejects.toThrow(
    "expected sounds as WAV, but there is only 2 files '.mp3'",
  );
});

test("Google's Speech Commands are read as they are", async () => {
  const word = tone(300, 0.1);
  const root = await put({
    "README.md": "",
    "validation_list.txt": "yes/0b_nohash_0.wav\n",
    "testing_list.txt": "no/0c_nohash_0.wav\nyes/0c_nohash_1.wav\n",
    "yes/0a_nohash_0.wav": word,
    "yes/0b_nohash_0.wav": word,
    "yes/0c_nohash_1.wav": word,
    "no/0a_nohash_0.wav": word,
    "no/0c_nohash_0.wav": word,
    "_background_noise_/pink_noise.wav": word,
  });
  const { classes, items, problems } = await openDataset(root);
  expect(classes).toEqual(["no", "yes"]);
  expect(items.map(({ path, group, split }) => [path, group, split])).toEqual([
    ["no/0a_nohash_0.wav", "0a", "training"],
    ["no/0c_nohash_0.wav", "0c", "test"],
    ["yes/0a_nohash_0.wav", "0a", "training"],
    ["yes/0b_nohash_0.wav", "0b", "validation"],
    ["yes/0c_nohash_1.wav", "0c", "test"],
  ]);
  expect(problems).toContainEqual({ path: "_background_noise_", reason: "left out: noise, which is no class" });
});

test.each(["", "recordings/"])("the Free Spoken Digit Dataset is read as it is, in '%s'", async (inside) => {
  const names = ["7_jackson_0.wav", "7_jackson_32.wav", "7_theo_5.wav", "8_theo_4.wav"];
  const root = await put(Object.fromEntries(names.map((name) => [inside + name, tone(300, 0.1)])));
  const { classes, items } = await openDataset(root, { groupOf: /_([a-z]+)_/ });
  expect(items.map(({ label, group, split }) => [classes[label], group, split])).toEqual([
    ["7", "jackson", "test"],
    ["7", "jackson", "training"],
    ["7", "theo", "training"],
    ["8", "theo", "test"],
  ]);
});
