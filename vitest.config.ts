import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

// Where there is no graphics card, the tests of WebGPU run on the software one that Debian's package chromium brings.
// The system reads both variables when a process starts, so they are set here, for the processes that run the tests.
const CHROMIUM = "/usr/lib/chromium";
const driver = `${CHROMIUM}/vk_swiftshader_icd.json`;
if (!existsSync("/dev/dri") && existsSync(driver) && process.env.VK_ICD_FILENAMES === undefined) {
  process.env.VK_ICD_FILENAMES = driver;
  process.env.LD_LIBRARY_PATH = [process.env.LD_LIBRARY_PATH, CHROMIUM].filter(Boolean).join(delimiter);
}

/** These change what a process has once: its folder, its fonts. */
const ALONE = ["test/examples.test.ts", "src/report/page/pictures/raster-file.test.ts"];

// A graphics card in software is slow, the more so while other tests run. Much of the tests' time is spent waiting for commands and for one
// thread to compute, so that every core takes a file. A process takes one file after the other: loading the modules again for each, and compiling
// the same programs for the graphics card, took more than a third of the time.
export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: "100%",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: "together", isolate: false, exclude: [...configDefaults.exclude, ...ALONE] } },
      { extends: true, test: { name: "alone", include: ALONE } },
    ],
  },
});
