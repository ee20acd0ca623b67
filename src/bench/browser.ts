/** A module in a page of Chromium, which answers by a message to its server. */

import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startBrowser } from "./chromium.js";
import { served } from "./site.js";

/** Where pages and their workers have ONNX Runtime's modules. */
export const RUNTIME = {
  "onnxruntime-web/wasm": "/runtime/ort.wasm.min.mjs",
  "onnxruntime-web/webgpu": "/runtime/ort.webgpu.min.mjs",
};

/** The same, as a page says it; workers have no import map. */
export const IMPORT_MAP = `<script type="importmap">${JSON.stringify({ imports: RUNTIME })}</script>`;

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
  options?: readonly string[],
): Promise<string | undefined> {
  const browser = await startBrowser(options);
  if (!browser) return undefined;
  const script = await bundled(module);
  const runtime = dirname(fileURLToPath(import.meta.resolve("onnxruntime-web/wasm")));
  const page = `${IMPORT_MAP}
<script>addEventListener("error", ({ message = "its module does not load" }) => fetch("/answer", { method: "POST", body: JSON.stringify({ error: message }) }), true);</script>
<script type="module" src="/page.js?${task.toString().replaceAll("&", "&amp;")}"></script>`;
  const site = await served(async (path) => {
    if (path === "/") return page;
    return path === "/page.js" ? script : await readFile(join(runtime, basename(path)));
  });
  try {
    await browser.open(site.url);
    return await Promise.race([
      site.answer,
      browser.ended.then(() => JSON.stringify({ error: "the browser has ended" })),
    ]);
  } finally {
    await browser.close();
    site.close();
  }
}

/**
 * A module and what it imports as one file. Packages that are not the project's are sought in the folder that the environment variable PEERS names.
 *
 * @param paths of ONNX Runtime's modules, for a worker
 * @throws Error where it imports what is not there
 */
export async function bundled(module: URL, paths: Readonly<Record<string, string>> = {}): Promise<string> {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({
    input: fileURLToPath(module),
    external: [/^onnxruntime-web\//],
    platform: "browser",
    resolve: {
      // a module of the sources imports its kin by the names that they have when they are compiled
      extensionAlias: { ".js": [".ts", ".js"] },
      modules: ["node_modules", ...(process.env.PEERS ? [process.env.PEERS] : [])],
    },
    onLog(_, { code, message }) {
      if (code === "UNRESOLVED_IMPORT") throw new Error(message);
    },
  });
  const { output } = await bundle.generate({ format: "es", codeSplitting: false, paths });
  return output[0].code;
}
