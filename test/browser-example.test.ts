/** The page of examples/browser, with its user's hands: as it lies on a plain server, and as Vite builds it. */

import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { type Browser, startBrowser, type Tab } from "../src/bench/chromium.js";
import { served } from "../src/bench/site.js";
import { loadClassifier } from "../src/evaluation/classifier.js";
import { fromOnnx } from "../src/network/model/model.js";
import { cpu } from "./devices.js";
import { craftPng } from "./support/crafted.js";

const PROJECT = join(import.meta.dirname, "..");
const EXAMPLE = join(PROJECT, "examples/browser");
const SIDE = 24;

/** Much longer than it takes: the machine may be busy. */
const MINUTES = 5 * 60_000;

/** The camera is one that Chromium paints: a green picture. */
const CAMERA = ["--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

let folder: string;
let browser: Browser | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-example-"));
  browser = await startBrowser(CAMERA);
  for (const [name, colour] of Object.entries({ green: [40, 200, 60], red: [210, 60, 50] })) {
    await mkdir(join(folder, "colours", name), { recursive: true });
    for (let i = 0; i < 20; i++) {
      const row = (y: number) =>
        Array.from({ length: SIDE * 3 }, (_, x) => colour[x % 3] + ((i * 13 + y * 7 + x) % 40));
      const png = craftPng({ width: SIDE, height: SIDE, depth: 8, colour: 2, row });
      await writeFile(join(folder, "colours", name, `${i}.png`), png);
    }
  }
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Waits in the page until an expression is true. */
const until = (tab: Tab, condition: string): Promise<unknown> =>
  tab.evaluate(`new Promise((resolve) => {
    const look = () => (${condition}) ? resolve() : setTimeout(look, 50);
    look();
  })`);

/** Gives the page a folder, and waits until it says what the camera sees. */
async function used(tab: Tab) {
  await until(tab, `document.readyState === "complete"`);
  await tab.choose("#folder", [join(folder, "colours")]);
  const said = `document.querySelector("#said").textContent`;
  await until(tab, `document.querySelector("#guesses li, .error")`);
  const told = await tab.evaluate(`(async () => {
    const model = await (await fetch(document.querySelector("#model").href)).blob();
    const url = await new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.readAsDataURL(model);
    });
    return JSON.stringify({
      said: ${said},
      points: document.querySelector("#validation").getAttribute("points")?.split(" ").length,
      first: document.querySelector("#guesses li")?.textContent,
      workers: performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => /worker/.test(name)),
      model: url.split(",")[1],
    });
  })()`);
  const { model, ...rest } = JSON.parse(String(told));
  return { ...rest, model: Buffer.from(model, "base64") };
}

async function expectUse(tab: Tab): Promise<void> {
  const { said, points, first, workers, model } = await used(tab);
  expect({ said, points, first }).toEqual({ said: "Epoch 12: 0 % of new pictures wrong", points: 12, first: "green" });
  expect(workers).toEqual(expect.arrayContaining([expect.stringMatching(/\/worker\b.*js$/)]));
  const classifier = await loadClassifier(cpu.engine, fromOnnx(model));
  const [likeliest] = await classifier.classify({ width: 1, height: 1, data: Uint8Array.of(200, 40, 40, 255) });
  await classifier.close();
  expect(likeliest.name).toBe("red");
}

test(
  "without a bundler, from a plain server, it learns a folder in the worker, sees by the camera and gives the model",
  async (context) => {
    if (!browser) return context.skip("there is no Chromium");
    const page = join(folder, "page");
    execFileSync(process.execPath, [join(PROJECT, "scripts/page.js"), page]);
    const site = await served(async (path) => {
      const [, module, rest] = /^\/node_modules\/(bellpepper\/dist\/page|onnxruntime-web)\/(.*)$/.exec(path) ?? [];
      if (module === undefined) return readFile(join(EXAMPLE, path === "/" ? "index.html" : path));
      return readFile(join(module === "onnxruntime-web" ? join(PROJECT, "node_modules", module) : page, rest));
    }, false);
    const tab = await browser.open(site.url);
    try {
      await expectUse(tab);
      const names = await tab.evaluate(`import("bellpepper").then((all) => Object.keys(all))`);
      expect(names).toEqual(expect.arrayContaining(await namesInPages()));
    } finally {
      await tab.close();
      site.close();
    }
  },
  MINUTES,
);

/** What the entries give that need nothing of Node. */
async function namesInPages(): Promise<string[]> {
  const entries = Object.entries(manifest.exports).flatMap(([name, entry]) =>
    typeof entry === "string" || /node|cluster|report|jobs/.test(name)
      ? []
      : ["browser" in entry ? entry.browser.default : entry.default],
  );
  const modules = await Promise.all(
    entries.map((file) => import(join(PROJECT, file.replace("./dist", "src").replace(/js$/, "ts")))),
  );
  return modules.flatMap((module) => Object.keys(module));
}

test(
  "Vite builds the same page",
  async (context) => {
    if (!browser) return context.skip("there is no Chromium");
    const root = join(folder, "vite");
    await cp(EXAMPLE, root, { recursive: true });
    await mkdir(join(root, "node_modules"));
    await symlink(PROJECT, join(root, "node_modules/bellpepper"), "junction");
    await build({ root, configFile: false, logLevel: "silent", build: { target: "esnext", minify: false } });
    const site = await served((path) => readFile(join(root, "dist", path === "/" ? "index.html" : path)));
    const tab = await browser.open(site.url);
    try {
      await expectUse(tab);
    } finally {
      await tab.close();
      site.close();
    }
  },
  MINUTES,
);
