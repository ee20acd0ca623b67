/** Toolboxes that train in a page: steps of the lecture's network, each in a tab of its own of one Chromium, in turn. */

import { readFile } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { errorText } from "../values/error-text.js";
import { bundled, IMPORT_MAP, RUNTIME } from "./browser.js";
import { type Browser, startBrowser, type Tab } from "./chromium.js";
import { type Contender, interleaved, median, ratio, repeated, timeText, turnsOf } from "./interleaved.js";
import { served } from "./site.js";

const BATCH = 100;

/** What is measured, and by which module. Those that are not compiled lie in the source folder. */
interface Peer {
  readonly name: string;
  readonly module: URL;
  readonly task: Readonly<Record<string, unknown>>;
}

const source = (name: string): URL => new URL(`../../src/bench/pages/${name}`, import.meta.url);
const OWN = new URL("own-page.js", import.meta.url);

const own = (threads: number): Peer => ({
  name: `Bell Pepper, ${threads} thread${threads > 1 ? "s" : ""}`,
  module: OWN,
  task: { threads, batch: BATCH },
});

/** TensorFlow.js on the processor takes a minute for 100 pictures. */
const FEW = 10;

const PEERS: readonly Peer[] = [
  ...[1, 2].slice(0, availableParallelism()).map(own),
  { name: "TensorFlow.js, webgl", module: source("tensorflow.js"), task: { backend: "webgl", batch: BATCH } },
  {
    name: `TensorFlow.js, cpu, ${FEW} pictures`,
    module: source("tensorflow.js"),
    task: { backend: "cpu", batch: FEW },
  },
  { name: "jax-js, wasm", module: source("jax.js"), task: { backend: "wasm", batch: BATCH } },
];

/** A page of a module, open in a tab. */
async function openPage(browser: Browser, module: URL): Promise<Tab & { end(): Promise<void> }> {
  const script = await bundled(module);
  const runtime = dirname(fileURLToPath(import.meta.resolve("onnxruntime-web/wasm")));
  const worker = module === OWN ? await bundled(new URL("../training/web/worker.js", import.meta.url), RUNTIME) : "";
  const site = await served(async (path) => {
    if (path === "/") return `${IMPORT_MAP}<script type="module" src="/page.js"></script>`;
    if (path === "/page.js") return script;
    return path === "/worker.js" ? worker : await readFile(join(runtime, basename(path)));
  });
  const tab = await browser.open(site.url);
  await inTime(
    tab.evaluate(`new Promise((resolve) => {
    const look = () => (globalThis.startContender ? resolve() : setTimeout(look, 20));
    look();
  })`),
  );
  const end = async (): Promise<void> => {
    await tab.close();
    site.close();
  };
  return { ...tab, end };
}

interface Started extends Contender {
  /** milliseconds of the first step */
  readonly first: number;
  end(): Promise<void>;
}

/** So many seconds a toolbox has until it is there, and until its first step is done. */
const PATIENCE = 180;

/** @throws Error when it takes longer */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it takes longer than ${PATIENCE} s`)), 1000 * PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function started(browser: Browser, { name, module, task }: Peer): Promise<Started> {
  const tab = await openPage(browser, module);
  const step = async (): Promise<number> => Number(await tab.evaluate("contender.step()"));
  const begin = `startContender(${JSON.stringify(task)}).then((made) => (globalThis.contender = made).version)`;
  try {
    const version = await inTime(tab.evaluate(begin));
    const first = await inTime(step());
    return { name: `${name} ${version}`.trim(), first, run: (steps) => repeated(step, steps), end: tab.end };
  } catch (error) {
    await tab.end();
    throw error;
  }
}

/** Measures all that is installed, and tells lines of text. */
export async function measureBrowsers(print: (text: string) => void): Promise<void> {
  const browser = await startBrowser(["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]);
  if (!browser) return print("skipped: there is no browser (CHROMIUM names the one to take)");
  try {
    const there: Started[] = [];
    for (const peer of PEERS) {
      try {
        there.push(await started(browser, peer));
        print(`${peer.name.padEnd(32)} the first step took ${(there.at(-1)?.first ?? 0).toFixed(0)} ms`);
      } catch (error) {
        print(`${peer.name.padEnd(32)} skipped: ${reasonOf(error)}`);
      }
    }
    const [rounds] = turnsOf(Math.max(...there.map(({ first }) => first)));
    const measured = await interleaved(there, rounds, 1);
    print(`steps, in turn; ${rounds} rounds (load average ${loadavg()[0].toFixed(1)})`);
    for (const each of measured) {
      print(`${each.name.padEnd(32)} ${timeText(each)}, ${ratio(each, measured[0]).toFixed(1)} × ${measured[0].name}`);
    }
    for (const { end } of there) await end();
    await measureAside(browser, print);
  } finally {
    await browser.close();
  }
}

/** What is wrong with a toolbox, in a line. */
const reasonOf = (error: unknown): string => {
  const text = errorText(error);
  return /resolve import|Build failed/.test(text) ? "not installed" : text.split("\n")[0].slice(0, 200);
};

/** Training in a worker: how soon it begins, and how long the page waits. */
async function measureAside(browser: Browser, print: (text: string) => void): Promise<void> {
  for (const threads of [1, 2].slice(0, availableParallelism())) {
    const firsts: number[] = [];
    const blocks: number[] = [];
    for (let i = 0; i < 3; i++) {
      const tab = await openPage(browser, OWN);
      const told = await tab.evaluate(
        `trainAside(${JSON.stringify({ threads, batch: BATCH })}, 20).then(JSON.stringify)`,
      );
      const { first, blocked }: { first: number; blocked: number } = JSON.parse(String(told));
      firsts.push(first);
      blocks.push(blocked);
      await tab.end();
    }
    const range = (values: readonly number[]): string =>
      `${median(values).toFixed(0)} ms (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)})`;
    print(
      `trainInWorker, ${threads} thread${threads > 1 ? "s" : ""}: the first step after ${range(firsts)}; the page waited at most ${range(blocks)} (load average ${loadavg()[0].toFixed(1)})`,
    );
  }
}
