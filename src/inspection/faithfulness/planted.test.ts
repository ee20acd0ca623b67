import { describe, expect, test } from "vitest";
import { cpu, wasm } from "../../../test/devices.js";
import { CAUSES, planted, SIDE, trainedOn } from "../../../test/support/planted-causes.js";
import { float32 } from "../../graph/tensor.js";
import { METHOD_NAMES, METHODS, type MethodName } from "../attribution/methods.js";
import { openNetwork } from "../opened.js";
import { evidenceShare } from "./evidence-share.js";

const SHOWN = 24;

/** The mean share of the evidence inside the cause, by each method; and the cause's share of the picture. */
async function sharesOf(cause: (typeof CAUSES)[keyof typeof CAUSES]) {
  const [training, validation] = [planted(cause, 240, 1), planted(cause, 40, 2)];
  // WebAssembly rounds in the same way on every machine, so that the network is the same on all of them
  const { model, error } = await trainedOn(wasm.engine, training, validation);
  expect(error).toBe(0);
  const opened = await openNetwork(cpu.engine, model);
  const sums = new Map<MethodName, number>();
  for (let i = 0; i < SHOWN; i++) {
    const bytes = new Uint8Array(SIDE * SIDE);
    validation.read(i, 0, bytes, 0);
    const image = float32(Float32Array.from(bytes), [1, 1, SIDE, SIDE]);
    const weights = float32(i % 2 === 0 ? [1, -1] : [-1, 1], [1, 2, 1, 1]);
    for (const method of METHOD_NAMES) {
      const map = await METHODS[method].explain(opened, image, { layer: "scores", weights }, {});
      const share = evidenceShare(map, validation.boxes[i], { width: SIDE, height: SIDE });
      sums.set(method, (sums.get(method) ?? 0) + share / SHOWN);
    }
  }
  await opened.close();
  const [{ width, height }] = validation.boxes;
  return { shares: Object.fromEntries(sums), chance: (width * height) / SIDE ** 2 };
}

// The figures stand in docs/inspect.md; SHOW_SHARES=1 prints them.
describe("the share of evidence inside a planted cause", { timeout: 120_000 }, () => {
  test.each(Object.entries(CAUSES))("%s: most of it, by what follows the score", async (name, cause) => {
    const { shares, chance } = await sharesOf(cause);
    if (process.env.SHOW_SHARES) console.log(name, chance, shares);
    expect(shares.integratedGradients).toBeGreaterThan(0.7);
    expect(shares.inputTimesGradient).toBeGreaterThan(0.6);
    expect(shares.occlusion).toBeGreaterThan(0.55);
    expect(shares.rise).toBeGreaterThan(0.4);
    for (const [method, share] of Object.entries(shares)) {
      expect(share, method).toBeGreaterThan(1.25 * chance);
      // It goes back through rectifiers whether they were open or not: what did not excite the network is in its map, too.
      if (method !== "deconvolution") expect(share, method).toBeGreaterThan(shares.deconvolution);
    }
  });
});
