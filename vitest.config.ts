import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { defineConfig } from "vitest/config";

// Where there is no graphics card, the tests of WebGPU run on the software one that Debian's package chromium brings.
// The system reads both variables when a process starts, so they are set here, for the processes that run the tests.
const CHROMIUM = "/usr/lib/chromium";
const driver = `${CHROMIUM}/vk_swiftshader_icd.json`;
if (!existsSync("/dev/dri") && existsSync(driver) && process.env.VK_ICD_FILENAMES === undefined) {
  process.env.VK_ICD_FILENAMES = driver;
  process.env.LD_LIBRARY_PATH = [process.env.LD_LIBRARY_PATH, CHROMIUM].filter(Boolean).join(delimiter);
}

// A graphics card in software is slow, the more so while other tests run.
export default defineConfig({ test: { pool: "forks", testTimeout: 60_000 } });
