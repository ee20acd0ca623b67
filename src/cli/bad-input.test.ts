import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAIN, type Outcome, runCommand } from "../../test/support/command.js";
import { addFiles, flat, photo } from "../../test/support/picture-folder.js";
import { describeFullDisk } from "../../test/support/small-disk.js";

const QUICK = ["--size", "16", "--epochs", "1", "--batch-size", "8", "--threads", "2", "--jitter", "none"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-bad-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the command; whatever happens, it must not show a stack trace. */
async function bellpepper(...call: readonly string[]): Promise<Outcome> {
  const outcome = await runCommand(folder, ...call);
  expect(outcome.out + outcome.err).not.toMatch(/^\s+at /m);
  return outcome;
}

/** A black PNG of any size: a bit for each pixel. */
function blackPng(width: number, height: number): Buffer {
  const part = (type: string, content: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), content]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head[8] = 1;
  const rows = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height), { level: 1 });
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, part("IHDR", head), part("IDAT", rows), part("IEND", Buffer.alloc(0))]);
}

/** Pictures of two classes, as good as pictures can be. */
async function addGood(place: string, count = 12): Promise<void> {
  for (let i = 0; i < count; i++) {
    await addFiles(place, {
      [`cat/${i}.jpg`]: await photo(i, 48, 36),
      [`dog/${i}.png`]: await photo(100 + i, 40, 40, "png"),
    });
  }
}

describe("a folder with everything that can be wrong with pictures", () => {
  const place = (): string => join(folder, "nasty");
  /** What is no picture, or only part of one, with what is said of it. */
  const broken: Record<string, RegExp> = {
    "cat/truncated.jpg": /cannot be decoded/,
    "cat/empty.png": /the file is empty/,
    "cat/text.jpg": /cannot be decoded/,
    "dog/huge.png": /measures 30000×30000: expected at most 268 million pixels/,
  };

  beforeAll(async () => {
    await addGood(place());
    const whole = await photo(50, 200, 200);
    const noise = { create: { width: 20, height: 20, channels: 3, background: "#123456" } } as const;
    await addFiles(place(), {
      "cat/truncated.jpg": whole.subarray(0, whole.length / 2),
      "cat/empty.png": "",
      "cat/text.jpg": "these are no pixels",
      "dog/huge.png": blackPng(30_000, 30_000),
      // those are unusual, but pictures
      "dog/wide.png": blackPng(30_000, 3),
      "dog/one-pixel.png": await flat("png", 1, 1, [1, 2, 3]),
      "cat/cmyk.jpg": await sharp(noise).toColourspace("cmyk").jpeg().toBuffer(),
      "cat/sixteen.png": await sharp(noise).toColourspace("rgb16").png().toBuffer(),
      "cat/a png called.jpg": await photo(51, 30, 30, "png"),
      'cat/line\nbreak, comma "quote" <b> ü 🫑 #1.png': await photo(52, 30, 30, "png"),
      ".DS_Store": "nothing",
      "cat/Thumbs.db": "nothing",
      "notes.txt": "not a picture",
    });
    await mkdir(join(place(), "empty"));
    await symlink(place(), join(place(), "dog", "round and round"));
    await symlink(join(folder, "gone.png"), join(place(), "dog", "gone.png"));
  }, 60_000);

  test("is looked through: each broken one is named with its reason, and what may be a mistake", async () => {
    const { code, out } = await bellpepper("data", "nasty", "--json");
    expect(code).toBe(0);
    const { broken: found } = JSON.parse(out) as { broken: { path: string; reason: string }[] };
    expect(found.map(({ path }) => path).sort()).toEqual(Object.keys(broken).sort());
    for (const { path, reason } of found) expect(reason).toMatch(broken[path]);
    const text = await bellpepper("data", "nasty");
    expect(text.code).toBe(0);
    for (const what of ["empty", "round and round", "gone.png"]) expect(text.out + text.err).toContain(what);
  }, 60_000);

  test("is trained on as far as it is good, and what was left out is listed", async () => {
    const { code, out, err } = await bellpepper("train", "nasty", ...QUICK, "--out", "nasty-run");
    expect(err).not.toMatch(/^bellpepper:/m);
    expect(code).toBe(0);
    expect(out + err).toMatch(/! 4 pictures cannot be decoded and are left out: /);
    // 12 + 4 unusual ones of cats, 12 + 2 of dogs
    const counts = /^(\d+) pictures to train on, (\d+) to validate, 2 classes, 16×16×3$/m.exec(out);
    expect(Number(counts?.[1]) + Number(counts?.[2])).toBe(30);
    const folds = await bellpepper("crossvalidate", "nasty", ...QUICK, "--folds", "2", "--out", "nasty-folds");
    expect(folds.code).toBe(0);
    expect(folds.out).toMatch(/! 4 pictures cannot be decoded and are left out: /);
    const measured = await bellpepper("evaluate", "nasty-run/model.onnx", "nasty", "--out", "nasty-measured");
    expect(measured.code).toBe(0);
    const rows = await readFile(join(folder, "nasty-measured/predictions.csv"), "utf8");
    expect(rows).toContain("🫑");
    const page = await readFile(join(folder, "nasty-measured/evaluation.html"), "utf8");
    expect(page).not.toContain("<b> ü");
  }, 120_000);
});

describe("data sets that are none", () => {
  beforeAll(async () => {
    await addGood(join(folder, "one"));
    await rm(join(folder, "one", "dog"), { recursive: true });
    await mkdir(join(folder, "nothing"));
    await addFiles(join(folder, "words"), { "a/1.txt": "a", "b/2.txt": "b" });
    await addFiles(join(folder, "ruins"), { "a/1.png": "a", "a/2.png": "a", "b/1.png": "b", "b/2.png": "b" });
    await addGood(join(folder, "listed"), 4);
    await addFiles(join(folder, "listed"), {
      "gone.csv": "path,label\nx.png,a\ny.png,b\n",
      "no-label.csv": "path,kind\ncat/1.jpg,a\n",
      "empty.csv": "",
      "quote.csv": 'path,label\n"cat/1.jpg,a\n',
      "binary.csv": Buffer.from([0, 1, 2, 255, 254]),
    });
  });

  test.concurrent.each<[string, number, RegExp]>([
    ["one", 1, /class/],
    ["nothing", 1, /nothing .*(empty|no pictures)/],
    ["words", 1, /words holds no data set: expected .*, but there is only a, b\.$/m],
    ["ruins", 1, /None of the 4 pictures/],
    ["listed/gone.csv", 1, /(x\.png|missing|not there|none)/i],
    ["listed/no-label.csv", 1, /line 1.*label/],
    ["listed/empty.csv", 1, /empty|line 1/],
    ["listed/quote.csv", 1, /line 2.*quot/],
    ["listed/binary.csv", 1, /binary\.csv/],
    ["listed/cat/1.jpg", 1, /1\.jpg/],
  ])(
    "%s",
    async (path, expected, message) => {
      // one process at a time writes to a folder
      const run = `none-run-${path.replaceAll("/", "-")}`;
      const { code, err } = await bellpepper("train", path, ...QUICK, "--out", run);
      expect(err).toMatch(message);
      expect(code).toBe(expected);
      // a message is a message: at most the note of what was left out, and the error
      expect(err.trim().split("\n").length).toBeLessThanOrEqual(8);
      expect(existsSync(join(folder, run))).toBe(false);
    },
    60_000,
  );
});

test.each([
  [
    ["train", "good", "--validation", "0", "--patience", "3"],
    "--validation 0 trains on all pictures; --patience looks",
  ],
  [["train", "good", "--validation", "0", "--split", "x.json"], "--validation 0 trains on all pictures; --split says"],
  [
    ["crossvalidate", "good", "--final", "--learning-rate", "0.1", "--schedule", "plateau"],
    "--final trains on all pictures; --schedule plateau looks",
  ],
])("%j asks for what cannot be together: wrong usage, before anything is looked at", async (call, message) => {
  const { code, err } = await bellpepper(...call);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) });
});

describe("lists as spreadsheets write them", () => {
  const rows = Array.from({ length: 4 }, (_, i) => [`cat/${i}.jpg`, `dog/${i}.png`]).flat();
  const labels = rows.map((path) => path.slice(0, 3));
  const variants: Record<string, string> = {
    "mark-of-order.csv": `\uFEFFpath,label\r\n${rows.map((path, i) => `${path},${labels[i]}`).join("\r\n")}\r\n`,
    "semicolons.csv": `path;label\n${rows.map((path, i) => `${path};${labels[i]}`).join("\n")}`,
    "quoted.csv": `"label","path"\n${rows.map((path, i) => `"${labels[i]}","${path}"`).join("\n")}\n\n`,
    "tabs.tsv": `path\tlabel\n${rows.map((path, i) => `${path}\t${labels[i]}`).join("\n")}\n`,
    "lines.jsonl": rows.map((path, i) => JSON.stringify({ path, label: labels[i] })).join("\n"),
    "backslashes.csv": `path,label\n${rows.map((path, i) => `${path.replace("/", "\\")},${labels[i]}`).join("\n")}\n`,
  };
  beforeAll(async () => {
    await addGood(join(folder, "sheets"), 4);
    await addFiles(join(folder, "sheets"), variants);
  });

  test.concurrent.each(Object.keys(variants))("%s", async (name) => {
    const { code, out } = await bellpepper("data", `sheets/${name}`);
    expect(code).toBe(0);
    expect(out).toMatch(/^8 pictures of 2 classes/m);
  });
});

describe("a cache of decoded pictures", () => {
  beforeAll(() => addGood(join(folder, "kept")));

  test("that was cut off is made whole again", async () => {
    const train = (out: string): Promise<Outcome> =>
      bellpepper("train", "kept", ...QUICK, "--cache", "cache", "--out", out);
    expect((await train("kept-1")).code).toBe(0);
    const [name] = await readdir(join(folder, "cache"));
    const path = join(folder, "cache", name);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, whole.length / 3));
    expect((await train("kept-2")).code).toBe(0);
    expect(await readFile(path)).toEqual(whole);
    const models = ["kept-1", "kept-2"].map((run) => readFile(join(folder, run, "predictions.csv"), "utf8"));
    expect(await models[0]).toBe(await models[1]);
  }, 60_000);
});

describeFullDisk("300k", (place) => {
  beforeAll(() => addGood(join(folder, "full")));

  test("cannot keep decoded pictures: said before any work", async () => {
    const call = ["train", "full", ...QUICK, "--size", "128", "--cache", join(place, "cache"), "--out", "full-run"];
    const { code, err } = await bellpepper(...call);
    expect(code).toBe(1);
    expect(err).toMatch(/The decoded pictures cannot be kept in .*: it needs 1\.2 MB, and .* of that are not free\./);
  }, 60_000);

  test("ends a training with one message", async () => {
    const { code, err } = await bellpepper("train", "full", ...QUICK, "--out", join(place, "run"));
    expect(code).toBe(1);
    expect(err).toMatch(/no space/i);
    expect(err.trim().split("\n").length).toBeLessThanOrEqual(2);
  }, 60_000);

  test("holds no part of a cut, and no part of a page", async () => {
    const lines = Array.from({ length: 12 }, (_, i) => `${300 + 40 * i},${300 + 40 * i},a`);
    const noise = { width: 1200, height: 1200, channels: 3 as const, background: "#888" };
    await sharp({ create: { ...noise, noise: { type: "gaussian", mean: 128, sigma: 60 } } })
      .png()
      .toFile(join(folder, "slide.png"));
    await writeFile(join(folder, "points.csv"), ["x,y,label", ...lines].join("\n"));
    await writeFile(join(place, "filler"), Buffer.alloc(250_000)).catch(() => undefined);
    const before = await readdir(place);
    const out = join(place, "patches");
    const cut = await bellpepper("cut", "slide.png", "--points", "points.csv", "--size", "256", "--out", out);
    expect(cut.code).toBe(1);
    expect(cut.err).toMatch(/no space/i);
    const page = await bellpepper("data", "full", "--out", join(place, "page.html"));
    expect(page.code).toBe(1);
    expect(page.err).toMatch(/no space/i);
    expect(await readdir(place)).toEqual(before);
  }, 60_000);
});

test("pictures that vanish while a run is stopped are named when it goes on", async () => {
  await addGood(join(folder, "vanishing"));
  const call = ["train", "vanishing", ...QUICK, "--epochs", "400", "--out", "vanishing-run"];
  const child = spawn(process.execPath, [MAIN, ...call], { cwd: folder });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (/^epoch +2\//m.test(said)) child.kill("SIGKILL");
    });
    child.on("error", reject).on("exit", () => resolve());
  });
  expect(child.signalCode).toBe("SIGKILL");
  await rm(join(folder, "vanishing/cat/3.jpg"));
  const { code, err } = await bellpepper(...call.with(call.indexOf("400"), "3"));
  expect(code).toBe(1);
  expect(err).toContain("cat/3.jpg");
  await addFiles(folder, { "vanishing/cat/3.jpg": await photo(3, 48, 36) });
  const back = await bellpepper(...call.with(call.indexOf("400"), "3"));
  expect(back.err).not.toMatch(/cat\/3\.jpg/);
}, 120_000);
