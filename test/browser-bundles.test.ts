/** What of the package a page can use: each entry is bundled for browsers, from the sources, and must need nothing of Node. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";

interface Entry {
  readonly default: string;
  readonly browser?: { readonly default: string };
}
const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const entries: Record<string, Entry> = exports;

/** Entries that read files or start processes, and say so in the docs. */
const OF_NODE = ["./engine/node", "./cluster", "./report", "./jobs", "./package.json"];
const inPage = Object.keys(entries).filter((name) => !OF_NODE.includes(name));

/** The source of what a page gets by an entry's name. */
const sourceOf = (name: string): string =>
  join(
    process.cwd(),
    (entries[name].browser ?? entries[name]).default.replace("./dist", "src").replace(/\.js$/, ".ts"),
  );

const PAGE = "\0page";

/** Bundles a module of a page, in which the package has its own name, and tells what the page loads at first, and which modules all of it still imports. */
async function bundled(source: string): Promise<{ readonly code: string; readonly imports: readonly string[] }> {
  const bundle = await rolldown({
    input: PAGE,
    external: [/^onnxruntime-web\//],
    platform: "browser",
    logLevel: "silent",
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
    plugins: [
      {
        name: "page",
        resolveId: (id) =>
          id === PAGE ? id : id.startsWith("bellpepper") ? sourceOf(id.replace("bellpepper", ".")) : undefined,
        load: (id) => (id === PAGE ? source : undefined),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "es", minify: true });
  const chunks = output.filter((part) => part.type === "chunk");
  const files = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const first = new Set([chunks[0].fileName]);
  for (const name of first)
    for (const module of files.get(name)?.imports ?? []) if (files.has(module)) first.add(module);
  const code = [...first].map((name) => files.get(name)?.code ?? "").join("\n");
  const imports = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]);
  return { code, imports: imports.filter((module) => !files.has(module)) };
}

const isRuntime = (module: string): boolean => module.startsWith("onnxruntime-web/");

describe("in a page", () => {
  it.each(inPage)("%s needs nothing of Node", async (name) => {
    const { imports } = await bundled(`export * from "${name.replace(".", "bellpepper")}";`);
    expect(imports.filter((module) => !isRuntime(module))).toEqual([]);
  });

  it("training takes at most 125 kB of our own code, compressed", async () => {
    const { code, imports } = await bundled(`
      import { jitterPictures } from "bellpepper/data";
      import { webEngine } from "bellpepper/engine/web";
      import { ocr } from "bellpepper/network";
      import { train } from "bellpepper/training";
      globalThis.page = { jitterPictures, webEngine, ocr, train };`);
    expect(imports.every(isRuntime)).toBe(true);
    expect(code).toContain("learningRate");
    expect(gzipSync(code).length).toBeLessThan(125_000);
  });
});
