import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { type Check, docstringsOf, exportsOf, markdownExamples, moduleOf } from "./support/examples.js";

const PROJECT = join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(PROJECT, file), "utf8");

const sources = readdirSync(join(PROJECT, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map((name) => `src/${name.replaceAll("\\", "/")}`)
  .sort();
const guides = ["README.md", ...readdirSync(join(PROJECT, "docs")).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);
const docstrings = sources.flatMap((file) => docstringsOf(file, read(file)));
// What only a page has does not run here; src/data/web/web.test.ts runs it in a page.
const isOfPages = (file: string): boolean => file.startsWith("src/data/web/");
const examples = [
  ...docstrings.flatMap((docstring) => docstring.examples).filter(({ file }) => !isOfPages(file)),
  ...guides.flatMap((file) => markdownExamples(file, read(file))),
];

/** The subpaths of the package whose target is a module, with the source file of each. */
const subpaths = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === "string"
    ? []
    : [
        {
          name: subpath.replace(".", "bellpepper"),
          target,
          file: target.types.replace(/^\.\/dist\/(.*)\.d\.ts$/, "src/$1.ts"),
        },
      ],
);

/** The package's own module gives only what those of the rooms give. */
const rooms = subpaths.filter(({ name }) => name !== "bellpepper");

test("what a comment states becomes a check", () => {
  const code = [
    "const a = f(1); // one number: [1]",
    "a; // equals g()",
    "f(2); // a list",
    "console.log(h(3)); // 4",
  ].join("\n");
  const written = moduleOf(
    { file: "f.ts", line: 2, symbol: "f", code },
    [{ path: "./f.js", names: ["f", "g", "h"] }],
    String,
  );
  const [head, ...lines] = written.split("\n");
  expect(head).toContain('import { f, g, h } from "./f.js";');
  expect(lines).toEqual([
    "const a = f(1); $check(a, [1], 2);",
    "$check(a, g(), 3);",
    "f(2); // a list",
    "$check(h(3), 4, 5);",
    "}",
    "",
  ]);
});

describe("every example is right", () => {
  let folder: string;
  let work: string;
  let typeErrors: readonly string[];

  beforeAll(async () => {
    const { exampleFolder, ...prelude } = await import("./support/example-prelude.js");
    work = await exampleFolder();
    // Inside the project, so that imports are found; dotted, so that no other tool looks into it.
    folder = mkdtempSync(join(PROJECT, "test/.examples-"));
    const asModule = (file: string): string => `../../${file.replace(/\.ts$/, ".js")}`;
    const pathOf = (name: string): string =>
      asModule(subpaths.find((s) => s.name === name)?.file ?? `no export ${name}`);
    examples.forEach((example, i) => {
      const own = { path: asModule(example.file), names: exportsOf(read(example.file)) };
      const usual = { path: "../support/example-prelude.js", names: Object.keys(prelude) };
      writeFileSync(join(folder, `${i}.ts`), moduleOf(example, [own, usual], pathOf));
    });
    const settings = { extends: "../../tsconfig.json", compilerOptions: { noUnusedLocals: false }, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
    const tsc = join(PROJECT, "node_modules/typescript/bin/tsc");
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, "--pretty", "false", "-p", "."], {
      cwd: folder,
      encoding: "utf8",
    });
    typeErrors = `${stdout}${stderr}`.split("\n");
  });

  afterAll(() => {
    for (const made of [folder, work]) if (made) rmSync(made, { recursive: true, force: true });
  });

  test("their types can be checked", () => {
    expect(typeErrors.filter((text) => text !== "" && !/^(\d+\.ts\(| )/.test(text))).toEqual([]);
  });

  test.each(examples.map((example, i) => [`${example.file}:${example.line} ${example.symbol}`, i] as const))(
    "%s",
    async (title, i) => {
      const { file, symbol } = examples[i];
      const own = typeErrors.filter((text) => text.startsWith(`${i}.ts(`)).map((text) => text.replace(`${i}.ts`, file));
      expect(own, title).toEqual([]);
      const check: Check = (value, stated, line) =>
        expect(plain(value), `${file}:${line} ${symbol}`).toEqual(plain(stated));
      const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
      const home = process.cwd();
      process.chdir(work);
      try {
        const example: { readonly default: (check: Check) => Promise<void> } = await import(join(folder, `${i}.ts`));
        await example.default(check);
      } finally {
        process.chdir(home);
        log.mockRestore();
      }
    },
  );
});

/** A value as JSON has it: typed arrays are lists of numbers. */
function plain(value: unknown): unknown {
  const asList = (_: string, v: unknown): unknown => {
    if (typeof v === "bigint") return Number(v);
    if (v instanceof Map) return [...v];
    return ArrayBuffer.isView(v) && !(v instanceof DataView) ? Object.values(v) : v;
  };
  return JSON.parse(JSON.stringify([value], asList))[0];
}

describe("the package", () => {
  test.each(rooms)("every public value of $name has a docstring, every function an example", async ({ file }) => {
    // What a room gives may be declared, and described, in a room above it.
    const own = docstrings;
    const described = new Set(own.map((d) => d.symbol));
    const shown = new Set(own.filter((d) => d.examples.length > 0).map((d) => d.symbol));
    const values = Object.entries(await import(join(PROJECT, file)));
    const needsExample = (v: unknown): boolean => typeof v === "function" && !(v.prototype instanceof Error);
    expect(
      values.filter(([name]) => !described.has(name)).map(([name]) => name),
      "without a docstring",
    ).toEqual([]);
    expect(
      values.filter(([name, v]) => needsExample(v) && !shown.has(name)).map(([name]) => name),
      "without an example",
    ).toEqual([]);
  });

  // Node itself imports the built package by its name, as whoever installs it does.
  test.each(subpaths)("$name is built and gives what its source promises", async ({ name, target, file }) => {
    const script = `console.log(JSON.stringify(Object.keys(await import("${name}"))))`;
    const run = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: PROJECT,
      encoding: "utf8",
    });
    expect(run.stderr, `import of ${name}; npm run build first`).toBe("");
    expect(JSON.parse(run.stdout).sort()).toEqual(Object.keys(await import(join(PROJECT, file))).sort());
    expect(existsSync(join(PROJECT, target.types)), target.types).toBe(true);
  });
});
