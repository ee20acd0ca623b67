import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { addFiles, folderOf, photo } from "../../../test/support/picture-folder.js";
import { smallLetters } from "../../../test/support/small-letters.js";
import { JITTER_PRESETS, type Jitter } from "../../data/change/jitter-description.js";
import { readImage } from "../../data/pictures/image-file.js";
import { addJitterOptions, type JitterArguments, jitterOf } from "../options/jitter-options.js";
import { jitterCommand } from "./jitter.js";

/** The jitter that a call asks for. */
function asked(...call: readonly string[]): Jitter {
  let jitter: Jitter = {};
  addJitterOptions(new Command(), "digits")
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .action((options: JitterArguments) => {
      jitter = jitterOf(options);
    })
    .parse([...call], { from: "user" });
  return jitter;
}

describe("the options", () => {
  test("change and add to a preset", () => {
    expect(asked()).toEqual(JITTER_PRESETS.digits);
    const call = [
      "--preset",
      "light",
      "--rotate",
      "30",
      "--scale",
      "0.5,1",
      "--translate",
      "-0.1,0",
      "--quarter-turns",
    ];
    const more = [
      "--mirror",
      "both",
      "--border",
      "constant",
      "--fill",
      "0",
      "--elastic",
      "0.1",
      "--elastic-smoothness",
      "0.2",
    ];
    expect(asked(...call, ...more)).toEqual({
      ...JITTER_PRESETS.light,
      rotate: 30,
      scale: [0.5, 1],
      translate: [-0.1, 0],
      quarterTurns: true,
      mirror: "both",
      border: "constant",
      fill: 0,
      elastic: 0.1,
      elasticSmoothness: 0.2,
    });
  });

  test.each([
    [["--rotate", "200"], "Expected a number from 0 to 180, or [low, high] from -180 to 180, got '200'."],
    [["--scale", "0.9"], "Expected a number from 1 to 10, or [low, high] from 0.1 to 10, got '0.9'."],
    [["--noise", "much"], "Expected a number from 0 to 1, or [low, high] from 0 to 1, got 'much'."],
    [["--blur", "1,"], "Expected a number from 0 to 100, or [low, high] from 0 to 100, got '[1,"],
    [["--mirror", "left"], "Allowed choices are none, horizontal, vertical, both."],
    [["--preset", "cats"], "Allowed choices are none, light, photograph, digits, speech, tissue."],
  ])("%o is refused", (call, message) => {
    expect(() => asked(...call)).toThrow(message);
  });
});

describe("bellpepper jitter", () => {
  let folder: string;
  let letters: string;
  beforeAll(async () => {
    folder = await folderOf({});
    letters = await smallLetters(4);
    for (const i of [1, 2, 3]) await addFiles(folder, { [`pictures/cat/${i}.png`]: await photo(i, 60, 40, "png") });
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await rm(dirname(letters), { recursive: true, force: true });
  });

  const run = async (...call: readonly string[]): Promise<string> => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      await jitterCommand().parseAsync([...call], { from: "user" });
      return write.mock.calls.map(([text]) => String(text)).join("");
    } finally {
      write.mockRestore();
    }
  };

  test("draws a sheet of a folder of pictures, the same for the same seed", async () => {
    const [first, second, other] = ["1.png", "2.png", "3.png"].map((name) => join(folder, name));
    const call = [join(folder, "pictures"), "--preset", "photograph", "--size", "48", "--copies", "2"];
    const text = await run(...call, "--out", first);
    expect(text).toContain(`3\u00a0pictures, each jittered 2\u00a0times: ${first}`);
    for (const line of text.split("\n").slice(1)) expect(line.length).toBeLessThanOrEqual(80);
    expect(JSON.parse(text.slice(text.indexOf("{"), text.indexOf("}") + 1))).toEqual({
      ...JITTER_PRESETS.photograph,
      border: "reflect",
    });
    expect(text.replace(/\s+/g, " ")).toMatch(
      /beyond the pictures: mirror images \(\d+ % of the pictures have a plain ground/,
    );
    const command = jitterCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    const page = command.parseAsync([...call, "--out", join(folder, "1.html")], { from: "user" });
    await expect(page).rejects.toThrow(/a file that ends in \.png/);
    // 48 is enlarged to 96: three rows and three columns, four pixels between
    const { width, height } = await readImage(first, { channels: 3 });
    expect([width, height]).toEqual([3 * 96 + 8, 3 * 96 + 8]);
    await run(...call, "--out", second);
    await run(...call, "--out", other, "--seed", "2");
    const [a, b, c] = await Promise.all([first, second, other].map((path) => readFile(path)));
    expect(b.equals(a)).toBe(true);
    expect(c.equals(a)).toBe(false);
  });

  test("shows pictures in the size and by the rule that they are trained on", async () => {
    const out = join(folder, "own.png");
    const call = [join(folder, "pictures"), "--preset", "none", "--count", "1", "--copies", "1"];
    await run(...call, "--out", out);
    // 60×40, their own, enlarged twice
    const own = await readImage(out, { channels: 3 });
    expect([own.width, own.height]).toEqual([2 * 120 + 4, 80]);
    // 32×24, padded: white above and below
    await run(...call, "--size", "32x32", "--fit", "pad", "--out", out);
    const padded = await readImage(out, { channels: 1 });
    expect([padded.width, padded.height]).toEqual([2 * 96 + 4, 96]);
    expect(padded.data[10]).toBe(255);
  });

  test("draws a sheet of letters", async () => {
    const out = join(folder, "letters.png");
    await run(letters, "--preset", "none", "--out", out, "--count", "1", "--copies", "1");
    const { width, height, data } = await readImage(out, { channels: 1 });
    expect([width, height]).toEqual([196, 96]);
    // nothing is jittered: both pictures are the same
    const column = (x: number): number[] => Array.from({ length: 96 }, (_, y) => data[y * width + x]);
    for (const x of [0, 40, 95]) expect(column(100 + x)).toEqual(column(x));
  });

  test("says that there is nothing at the path", async () => {
    await expect(run(join(folder, "nowhere"))).rejects.toThrow("nowhere: there is no such file or folder.");
  });
});
