import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cpu } from "../../../test/devices.js";
import { PREPARED, ramp } from "../../../test/support/ramp.js";
import type { WebPage } from "../../../test/support/web-page.js";
import { type StepNetwork, webSteps } from "../../../test/support/web-steps.js";
import { answerOfPage } from "../../bench/browser.js";
import { drawLetters } from "../letters/draw-letters-file.js";
import { readLetters } from "../letters/letters-file.js";
import { prepareImage } from "../pictures/prepare-image.js";

const FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

/** The letters of a font as Node draws them. */
async function drawnInNode(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-letters-"));
  try {
    await mkdir(join(folder, "fonts"));
    await copyFile(FONT, join(folder, "fonts", "one.ttf"));
    await drawLetters(join(folder, "fonts"), join(folder, "set"));
    return (await readLetters(join(folder, "set"))).pixels;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PAGES: readonly (readonly [threads: number, networks: readonly StepNetwork[]])[] = [
  [1, ["ocr"]],
  [2, ["cifarQuick"]],
];

for (const [threads, networks] of PAGES)
  test(`a page with ${threads} threads trains as Node does, and decodes and draws`, async (context) => {
    const task = new URLSearchParams([["threads", `${threads}`], ...networks.map((name) => ["network", name])]);
    const answer = await answerOfPage(new URL("../../../test/support/web-page.ts", import.meta.url), task);
    if (answer === undefined) return context.skip("there is no Chromium");
    const told: WebPage = JSON.parse(answer);
    if ("error" in told) throw new Error(told.error);
    expect(told.threads).toBe(threads);
    for (const name of networks) {
      const expected = await webSteps(cpu.engine, name);
      expect(told.objectives[name]).toHaveLength(50);
      for (const [i, objective] of expected.entries()) expect(told.objectives[name][i] / objective).toBeCloseTo(1, 4);
    }
    const { file, pixels, canvas, samples, noZip, letters } = told.pictures;
    const prepared = Array.from(prepareImage({ width: 40, height: 30, data: ramp(40, 30) }, PREPARED).data);
    expect(pixels).toEqual(Array.from(ramp(40, 30)));
    expect(file).toEqual(prepared);
    expect(canvas).toEqual(prepared);
    expect(samples).toMatchObject({ count: 2, paths: ["set/cat/1.png", "set/dog/2.png"], second: prepared });
    expect(samples.target).toMatchObject({ names: ["cat", "dog"] });
    expect(samples.broken).toEqual([expect.stringMatching(/^Cannot decode the picture set\/dog\/3\.png: /)]);
    expect(noZip).toMatch(/^Cannot read a\.zip: expected a zip, but /);
    if (!existsSync(FONT)) return;
    if (typeof letters === "string") throw new Error(letters);
    expect(letters.typefaces).toEqual([{ family: "DejaVu Sans", style: "normal", source: "the page" }]);
    expect(letters.skipped.map(({ reason }) => reason)).toEqual([
      "the page has no such font",
      "it draws the same letters as DejaVu Sans (normal)",
    ]);
    const node = await drawnInNode();
    const off = letters.pixels.reduce((sum, p, i) => sum + Math.abs(p - node[i]), 0) / node.length;
    expect(off).toBeLessThan(12);
  });
