import { fileURLToPath } from "node:url";
import { build } from "vite";
import { expect, test } from "vitest";
import { startBrowser } from "../bench/chromium.js";
import { served } from "../bench/site.js";

/** What Vite builds for production of a page's module: its files by their paths. */
async function builtBy(module: string): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const made = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      target: "esnext",
      minify: false,
      rolldownOptions: { input: module, output: { codeSplitting: false, entryFileNames: "page.js" } },
    },
  });
  const { output } = Array.isArray(made) ? made[0] : "output" in made ? made : { output: [] };
  return new Map(output.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : file.source]));
}

// In one file: the runtime's own threads would be the page's program once more, and never answer.
test("threads and the decoder's worker start in what Vite 8 builds for production", async (context) => {
  const browser = await startBrowser();
  if (!browser) return context.skip("there is no Chromium");
  const files = await builtBy(fileURLToPath(new URL("../../test/support/vite-page.ts", import.meta.url)));
  const site = await served(async (path) =>
    path === "/" ? '<script type="module" src="/page.js"></script>' : files.get(path),
  );
  try {
    await browser.open(site.url);
    const { threads, data, workers, error } = JSON.parse(await site.answer);
    expect(error).toBeUndefined();
    expect({ threads, data }).toEqual({ threads: 2, data: [0, 255] });
    expect(workers).toEqual([expect.stringMatching(/ort-wasm-simd-threaded/), expect.stringMatching(/decode-worker/)]);
  } finally {
    await browser.close();
    site.close();
  }
});
