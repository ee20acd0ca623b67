/**
 * node scripts/page.js [folder]: makes dist/page, the package for pages without a bundler, of what the compiler has made.
 *
 * `bellpepper.js` has all that a page can use. Beside it lie the workers with what they import, as they can have no import map.
 */

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

/** Entries that read files or start processes. */
const OF_NODE = ["./engine/node", "./cluster", "./report", "./jobs", "./package.json"];

const PROJECT = join(import.meta.dirname, "..");
const [folder = join(PROJECT, "dist/page")] = process.argv.slice(2);

const { exports } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
const entries = Object.keys(exports).filter((name) => !OF_NODE.includes(name));
const modules = entries.map((name) => join(PROJECT, (exports[name].browser ?? exports[name]).default));

const PAGE = "\0page";
const bundle = await rolldown({
  input: {
    bellpepper: PAGE,
    worker: join(PROJECT, "dist/training/web/worker.js"),
    "decode-worker": join(PROJECT, "dist/data/web/decode-worker.js"),
  },
  platform: "browser",
  logLevel: "silent",
  plugins: [
    {
      name: "page",
      resolveId: (id) => (id === PAGE ? id : undefined),
      load: (id) =>
        id === PAGE ? modules.map((path) => `export * from ${JSON.stringify(path)};`).join("\n") : undefined,
    },
  ],
});
rmSync(folder, { recursive: true, force: true });
const { output } = await bundle.write({
  ...{ dir: folder, format: "es", minify: true },
  ...{ entryFileNames: "[name].js", chunkFileNames: "[name].js" },
});

/** The folders of the packages that are in it, and what their authors want to be said of them. */
const packages = new Set(
  output
    .flatMap((file) => (file.type === "chunk" ? file.moduleIds : []))
    .flatMap((id) => /^.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0] ?? []),
);
const licences = [...packages].sort().map((path) => {
  const { name, version, license, repository } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const file = ["LICENSE", "LICENSE.md", "LICENSE.txt"].map((each) => join(path, each)).find(existsSync);
  return `${name} ${version}, ${license} (${repository?.url ?? repository})\n${file ? `\n${readFileSync(file, "utf8")}` : ""}`;
});
writeFileSync(join(folder, "LICENSES.txt"), `The modules of this folder have in them:\n\n${licences.join("\n\n")}`);
