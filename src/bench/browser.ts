/** A module in a page of Chromium, which answers by a message to its server. */

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

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

/** Only pages that are shut off from others may have threads. */
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
} as const;

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
};

/**
 * Runs a module in a page of its own, in a browser of its own, until it answers.
 *
 * @param module the file of the module, whose imports are put into one file with it, apart from ONNX Runtime's
 * @param task the search of the module's address
 * @param options of the browser's command line
 * @returns the answer as text; undefined where there is no browser
 */
export async function answerOfPage(
  module: URL,
  task: URLSearchParams,
  options: readonly string[] = ["--disable-gpu"],
): Promise<string | undefined> {
  const script = await bundled(module);
  const runtime = dirname(fileURLToPath(import.meta.resolve("onnxruntime-web/wasm")));
  let told: (answer: string) => void = () => undefined;
  const answer = new Promise<string>((resolve) => {
    told = resolve;
  });
  const imports = {
    "onnxruntime-web/wasm": "/runtime/ort.wasm.min.mjs",
    "onnxruntime-web/webgpu": "/runtime/ort.webgpu.min.mjs",
  };
  const page = `<script type="importmap">${JSON.stringify({ imports })}</script>
<script>addEventListener("error", ({ message = "its module does not load" }) => fetch("/answer", { method: "POST", body: JSON.stringify({ error: message }) }), true);</script>
<script type="module" src="/page.js?${task.toString().replaceAll("&", "&amp;")}"></script>`;
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? "/", "http://page");
    const send = (type: string, body: string | Uint8Array): unknown =>
      response.writeHead(200, { ...HEADERS, "Content-Type": type }).end(body);
    if (pathname === "/") return send("text/html", page);
    if (pathname === "/page.js") return send("text/javascript", script);
    if (pathname === "/answer") {
      told(await text(request));
      return send("text/plain", "");
    }
    const file = await readFile(join(runtime, basename(pathname))).catch(() => undefined);
    if (!file) return response.writeHead(404).end();
    return send(TYPES[pathname.split(".").pop() ?? ""] ?? "text/plain", file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-browser-"));
  try {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    return await visited(`http://127.0.0.1:${port}/`, folder, answer, options);
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Visits a page with the first browser that starts, and closes it when the page has answered. */
async function visited(
  url: string,
  folder: string,
  answer: Promise<string>,
  options: readonly string[],
): Promise<string | undefined> {
  const { CHROMIUM } = process.env;
  for (const browser of CHROMIUM === undefined ? BROWSERS : [CHROMIUM]) {
    const args = ["--headless", "--no-sandbox", "--no-first-run", `--user-data-dir=${folder}`, ...options, url];
    const child = spawn(browser, args, { stdio: "ignore" });
    const ended = new Promise<undefined>((resolve) => {
      child.once("error", () => resolve(undefined));
      child.once("exit", () => resolve(undefined));
    });
    const first = await Promise.race([answer, ended]);
    if (first === undefined) continue;
    child.kill();
    await ended;
    return first;
  }
  return undefined;
}

/** A module and what it imports as one file. */
async function bundled(module: URL): Promise<string> {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({
    input: fileURLToPath(module),
    external: [/^onnxruntime-web\//],
    platform: "browser",
    // a module of the sources imports its kin by the names that they have when they are compiled
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
    logLevel: "silent",
  });
  const { output } = await bundle.generate({ format: "es", codeSplitting: false });
  return output[0].code;
}
