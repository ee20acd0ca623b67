import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { expect, test } from "vitest";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const HEADERS = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

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
test.skipIf(!existsSync(CHROMIUM))(
  "threads and the decoder's worker start in what Vite 8 builds for production",
  async () => {
    const files = await builtBy(fileURLToPath(new URL("../../test/support/vite-page.ts", import.meta.url)));
    const folder = await mkdtemp(join(tmpdir(), "bellpepper-vite-"));
    let told: (answer: string) => void = () => undefined;
    const answer = new Promise<string>((resolve) => {
      told = resolve;
    });
    const server = createServer(async (request, response) => {
      const path = request.url ?? "/";
      const body = path === "/" ? '<script type="module" src="/page.js"></script>' : files.get(path);
      if (path === "/answer") told(await text(request));
      const type = path === "/" ? "text/html" : path.endsWith(".wasm") ? "application/wasm" : "text/javascript";
      response.writeHead(body === undefined ? 404 : 200, { ...HEADERS, "Content-Type": type }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${folder}`];
    const browser = spawn(CHROMIUM, [...options, `http://127.0.0.1:${port}/`], { stdio: "ignore" });
    const ended = new Promise((resolve) => browser.once("exit", resolve));
    try {
      const { threads, data, workers, error } = JSON.parse(await answer);
      expect(error).toBeUndefined();
      expect({ threads, data }).toEqual({ threads: 2, data: [0, 255] });
      expect(workers).toEqual([
        expect.stringMatching(/ort-wasm-simd-threaded/),
        expect.stringMatching(/decode-worker/),
      ]);
    } finally {
      browser.kill();
      await ended;
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
  },
);
