/**
 * Makes dist/page: the package for pages without a bundler, from what the compiler has made. One module has all that a page can use, and beside it lie the
 * workers, since neither they nor the modules that they import can have an import map.
 */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

/** Entries that read files or start processes. */
export const OF_NODE = ["./engine/node", "./cluster", "./report", "./jobs", "./package.json"];

const PROJECT = join(dirname(fileURLToPath(import.meta.url)), "..");
const ENTRY = "\0page";

/** The module of each entry that a page can use, by its path from the project. */
const { exports } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
const modules = Object.keys(exports)
  .filter((name) => !OF_NODE.includes(name))
  .map((name) => (exports[name].browser ?? exports[name]).default);

/** @param {string} folder where the files come to lie */
export async function makePage(folder) {
  const dist = join(PROJECT, "dist");
  const bundle = await rolldown({
    input: {
      bellpepper: ENTRY,
      worker: join(dist, "training/web/worker.js"),
      "decode-worker": join(dist, "data/web/decode-worker.js"),
    },
    platform: "browser",
    logLevel: "silent",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === ENTRY ? id : undefined),
        load: (id) =>
          id === ENTRY
            ? modules.map((name) => `export * from ${JSON.stringify(join(PROJECT, name))};`).join("\n")
            : undefined,
      },
    ],
  });
  await bundle.write({
    dir: folder,
    format: "es",
    minify: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await makePage(join(PROJECT, "dist/page"));
