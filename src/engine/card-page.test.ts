import { expect, test } from "vitest";
import { cpu, difference } from "../../test/devices.js";
import type { CardPage } from "../../test/support/card-page.js";
import { BATCH, cardSteps, PIXELS } from "../../test/support/card-steps.js";
import { answerOfPage } from "../bench/browser.js";

const SOFTWARE = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--ignore-gpu-blocklist"];

test("in a page parameters stay on the card, and steps are those of the processor", async (context) => {
  const page = new URL("../../test/support/card-page.ts", import.meta.url);
  const answer = await answerOfPage(page, new URLSearchParams(), SOFTWARE);
  if (answer === undefined) return context.skip("there is no Chromium");
  const told: CardPage = JSON.parse(answer);
  if ("absent" in told) return context.skip("the browser has no WebGPU");
  if ("error" in told) throw new Error(told.error);
  // images, labels (floats there) and weights, and the learning rate; the runtime fills a buffer by 16 bytes, and reads back so many of each of three sums
  expect(told).toMatchObject({ to: BATCH * PIXELS + 2 * 16 + 4, from: 3 * 16 });
  const expected = await cardSteps(cpu.engine);
  for (const [i, objective] of expected.objectives.entries()) expect(told.objectives[i] / objective).toBeCloseTo(1, 4);
  expect(difference(told.filters, expected.filters)).toBeLessThan(1e-4);
});
