import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";

const SOURCE = join(import.meta.dirname, "../src");

/** The rooms, in the order of docs/architecture.md. A room knows the ones above it. */
const ROOMS = [
  ...readFileSync(join(import.meta.dirname, "../docs/architecture.md"), "utf8").matchAll(/^ {2}(\w+)\/ {2,}/gm),
].map((match) => match[1]);

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) => /\.ts$/.test(name));

test("every room stands in the picture of the house", () => {
  const rooms = readdirSync(SOURCE, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(rooms.map(({ name }) => name).sort()).toEqual([...ROOMS].sort());
});

test("a room imports only from rooms above it", () => {
  const wrong = files
    .filter((name) => !/\.test\.ts$/.test(name) && name.includes("/"))
    .flatMap((name) => {
      const text = readFileSync(join(SOURCE, name), "utf8");
      const room = name.split("/")[0];
      return [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].flatMap(([, target]) => {
        const other = relative(SOURCE, join(SOURCE, name, "..", target)).split("/")[0];
        if (other.startsWith("..")) return [];
        return ROOMS.indexOf(other) > ROOMS.indexOf(room) ? [`${name} imports ${target}`] : [];
      });
    });
  expect(wrong).toEqual([]);
});

test("what touches files or processes says so in its name, below the command", () => {
  const loud = /(-file|\.test)\.ts$|^engine\/node(-aside)?\.ts$|^(cli|bench|fuzz)\//;
  const quiet = files.filter((name) => !loud.test(name));
  const touching = quiet.filter((name) =>
    /from "node:(fs|child_process|net|http|worker_threads)/.test(readFileSync(join(SOURCE, name), "utf8")),
  );
  expect(touching).toEqual([]);
});

test("one file knows the decoder of pictures", () => {
  // Those that are fuzzed are made by the encoders beside it, and the bench measures it alone.
  const knowing = files.filter(
    (name) =>
      !/\.test\.ts$|^(bench|fuzz)\//.test(name) && /from "sharp"/.test(readFileSync(join(SOURCE, name), "utf8")),
  );
  expect(knowing).toEqual(["data/pictures/formats/sharp-file.ts"]);
});

/** The files that a file of src/ imports, types included. */
function importsOf(name: string): string[] {
  const text = readFileSync(join(SOURCE, name), "utf8");
  return [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, target]) =>
    relative(SOURCE, join(SOURCE, name, "..", target))
      .replaceAll("\\", "/")
      .replace(/\.js$/, ".ts"),
  );
}

/** A circle of files that import one another, if there is any: each imports the next, the last one the first. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const walk = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return path.slice(path.indexOf(name));
    if (done.has(name)) return undefined;
    for (const next of imports.get(name) ?? []) {
      const circle = walk(next, [...path, name]);
      if (circle) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of imports.keys()) {
    const circle = walk(name, []);
    if (circle) return circle;
  }
  return undefined;
}

test("a circle of imports is found, wherever it begins", () => {
  const imports = { a: ["b", "c"], b: ["d"], c: ["d"], d: ["e"], e: ["c", "f"], f: [] };
  expect(findCircle(new Map(Object.entries(imports)))).toEqual(["d", "e", "c"]);
  expect(findCircle(new Map(Object.entries({ ...imports, e: ["f"] })))).toBeUndefined();
});

test("no files import each other in a circle, not even types", () => {
  const own = files.filter((name) => !/\.test\.ts$/.test(name)).map((name) => name.replaceAll("\\", "/"));
  expect(findCircle(new Map(own.map((name) => [name, importsOf(name)])))).toBeUndefined();
});
