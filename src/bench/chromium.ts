/** Chromium without a window, driven as its developer tools drive it: by messages through two pipes. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";

/** The names that Chromium and its kin go by; CHROMIUM names another. */
const BROWSERS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

/** A page that is open. */
export interface Tab {
  /** Computes an expression of JavaScript in the page, and waits for what it promises. @throws Error that the page throws */
  evaluate(expression: string): Promise<unknown>;
  /** Chooses files or folders in an `<input type="file">`, as its user would. */
  choose(selector: string, paths: readonly string[]): Promise<void>;
  /** What it looks like, as a PNG. */
  picture(width: number, height: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** A browser with a profile of its own, which ends with it. */
export interface Browser {
  open(url: string): Promise<Tab>;
  /** Resolves when it is closed, or has crashed. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;
type Send = (method: string, params?: Fields, session?: string) => Promise<Fields>;

/**
 * Starts the first browser that there is.
 *
 * @param options of its command line
 * @returns undefined where there is none
 */
export async function startBrowser(options: readonly string[] = ["--disable-gpu"]): Promise<Browser | undefined> {
  const { CHROMIUM } = process.env;
  for (const program of CHROMIUM === undefined ? BROWSERS : [CHROMIUM]) {
    const profile = await mkdtemp(join(tmpdir(), "bellpepper-browser-"));
    const args = ["--headless", "--no-sandbox", "--no-first-run", "--remote-debugging-pipe"];
    const child = spawn(program, [...args, `--user-data-dir=${profile}`, ...options, "about:blank"], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    const ended = new Promise<void>((resolve) => {
      child.once("error", () => resolve());
      child.once("exit", () => resolve());
    });
    const send = lineTo(child, ended);
    const close = async (): Promise<void> => {
      child.kill();
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    };
    const isThere = await send("Browser.getVersion").then(
      () => true,
      () => false,
    );
    if (isThere) return { open: (url) => opened(send, url), ended, close };
    await close();
  }
  return undefined;
}

/** Messages are JSON, with a zero byte at the end. */
function lineTo(child: ChildProcess, ended: Promise<void>): Send {
  const [, , , to, from] = child.stdio;
  if (!(to instanceof Writable && from instanceof Readable)) throw new Error("The browser has no pipes.");
  const waiting = new Map<
    number,
    { readonly resolve: (result: Fields) => void; readonly reject: (error: Error) => void }
  >();
  let last = 0;
  let rest = "";
  from.setEncoding("utf8").on("data", (text: string) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop() ?? "";
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message);
      const { resolve, reject } = waiting.get(id) ?? {};
      waiting.delete(id);
      if (error) reject?.(new Error(error.message));
      else resolve?.(result);
    }
  });
  to.on("error", () => undefined);
  const over = ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error("The browser has ended."));
    waiting.clear();
  });
  return async (method, params = {}, session) => {
    const id = ++last;
    const answer = new Promise<Fields>((resolve, reject) => waiting.set(id, { resolve, reject }));
    to.write(`${JSON.stringify({ id, method, params, ...(session ? { sessionId: session } : {}) })}\0`);
    return Promise.race([answer, over.then(() => answer)]);
  };
}

async function opened(browser: Send, url: string): Promise<Tab> {
  const { targetId } = await browser("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await browser("Target.attachToTarget", { targetId, flatten: true });
  const send = (method: string, params?: Fields): Promise<Fields> => browser(method, params, String(sessionId));
  await send("Page.navigate", { url });
  const evaluated = async (params: Fields): Promise<Fields> => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { awaitPromise: true, ...params });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result as Fields;
  };
  return {
    evaluate: async (expression) => (await evaluated({ expression, returnByValue: true })).value,
    async choose(selector, files) {
      const { objectId } = await evaluated({ expression: `document.querySelector(${JSON.stringify(selector)})` });
      await send("DOM.setFileInputFiles", { objectId, files });
    },
    async picture(width, height) {
      await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
      const { data } = await send("Page.captureScreenshot");
      return Buffer.from(String(data), "base64");
    },
    async close() {
      await browser("Target.closeTarget", { targetId });
    },
  };
}
