/** What is published: its files, its metadata and its types; and that it runs where a user installs it. */

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, posix } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { parseAstAsync } from "rolldown/parseAst";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installed, installedNode, type Packed, packed, ran, registryAnswers } from "./support/packed.js";

const reachable = await registryAnswers();
let made: Packed;

/** Much longer than it takes: the registry may be slow. */
const MINUTES = 5 * 60_000;

beforeAll(async () => {
  made = await packed();
}, MINUTES);

afterAll(() => made && rm(made.folder, { recursive: true, force: true }));

const read = (name: string): Promise<string> => readFile(join(made.contents, name), "utf8");
const endingIn = (ending: string): string[] => [...made.files].filter((name) => name.endsWith(ending)).sort();

/** Files that `name` points to, by paths from itself, and that are not in the package. */
const missing = (name: string, targets: readonly string[]): string[] =>
  targets
    .map((target) => posix.join(posix.dirname(name), target))
    .filter((target) => !made.files.has(target))
    .map((target) => `${name} → ${target}`);

describe("the package", () => {
  test("has the built program, and neither tests nor what only the project needs", () => {
    expect(made.files).toContain("dist/cli/main.js");
    for (const name of ["bellpepper.js", "worker.js", "LICENSES.txt"])
      expect(made.files).toContain(`dist/page/${name}`);
    expect([...made.files].filter((name) => /\.test\.|\b(bench|fuzz|lecture|test)\//.test(name))).toEqual([]);
  });

  test("has no complaint from publint", async () => {
    const tarball = await readFile(made.tarball);
    const { messages, pkg = {} } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  // It is made of ES modules only: programs of the older kind are not asked about.
  test("has types that are found, and are those of its modules", async () => {
    const result = await checkPackage(createPackageFromTarballData(new Uint8Array(await readFile(made.tarball))));
    if (!result.types) throw new Error("it has no types");
    const problems = result.problems.filter(
      (problem) => !("resolutionKind" in problem && ["node10", "node16-cjs"].includes(problem.resolutionKind)),
    );
    expect(problems).toEqual([]);
  });

  test("has source maps that point to sources in it", async () => {
    const maps = endingIn(".map");
    expect(maps.length).toBeGreaterThan(100);
    const found = await Promise.all(
      maps.map(async (name) => {
        const { sources }: { readonly sources: readonly string[] } = JSON.parse(await read(name));
        return missing(name, sources);
      }),
    );
    expect(found.flat()).toEqual([]);
  });

  test("has guides whose links and pictures are in it", async () => {
    const guides = endingIn(".md");
    expect(guides).toContain("docs/lecture.md");
    const found = await Promise.all(
      guides.map(async (name) => {
        const text = (await read(name)).replace(/^```[\s\S]*?^```/gm, "");
        const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, link]) => link);
        const local = links.filter((link) => !/^[a-z]+:/.test(link));
        const folders = local.filter((link) =>
          [...made.files].some((file) => file.startsWith(`${posix.join(posix.dirname(name), link)}/`)),
        );
        return missing(
          name,
          local.filter((link) => !folders.includes(link)),
        );
      }),
    );
    expect(found.flat()).toEqual([]);
  });

  test("names each module that does something when it is loaded", async () => {
    // the generated one fills its own enumerations; what is made for pages without a bundler is taken by no bundler
    const modules = endingIn(".js").filter((name) => /^dist\/(?!page\/)/.test(name) && !name.endsWith("/onnx_pb.js"));
    const { sideEffects }: { readonly sideEffects: readonly string[] } = JSON.parse(await read("package.json"));
    const acting = await Promise.all(modules.map(async (name) => ((await acts(name)) ? [`./${name}`] : [])));
    expect(acting.flat().sort()).toEqual([...sideEffects].sort());
  });
});

/** A program of a user: five steps of the letters' network, 100 letters each. */
const TRAINING = `
import { ocr, train } from "bellpepper";
import { loadLetters } from "bellpepper/data";
import { nodeEngine } from "bellpepper/engine/node";

const engine = nodeEngine({ threads: 1 });
const { training, mean } = await loadLetters();
const objectives = [];
const options = { training, normalization: { mean: [mean], scale: 1 / 64 }, epochs: 1, learningRate: 0.02 };
for await (const event of train(engine, ocr(), options)) {
  if (event.type === "batch" && objectives.push(event.statistics.objective) === 5) break;
}
console.log(JSON.stringify({ device: engine.device, objectives }));
`;

interface Trained {
  readonly device: string;
  readonly objectives: readonly number[];
  readonly warning: string;
}

async function trained(app: string, node?: string): Promise<Trained> {
  await writeFile(join(app, "training.mjs"), TRAINING);
  const { stdout, stderr } = await ran(app, ["training.mjs"], node);
  expect(stdout, stderr).not.toBe("");
  return { ...JSON.parse(stdout), warning: stderr };
}

/** The first objective is that of scores which know nothing, the logarithm of the number of classes; then it falls. */
function expectLearning({ objectives }: Trained): void {
  expect(objectives[0]).toBeCloseTo(Math.log(26), 1);
  expect(objectives[4]).toBeLessThan(objectives[0]);
}

const BELLPEPPER = "node_modules/bellpepper/dist/cli/main.js";

const why = reachable ? "" : ": skipped, because npm's registry does not answer";

describe.skipIf(!reachable)(`installed by npm in an empty folder${why}`, () => {
  let app: string;

  beforeAll(async () => {
    app = await installed(made);
  }, MINUTES);

  test("shows a network, and says that native code computes", async () => {
    const { stdout } = await ran(app, [BELLPEPPER, "display", "ocr"]);
    expect(stdout).toContain("conv4  conv");
    const doctor = await ran(app, [BELLPEPPER, "doctor"]);
    expect(doctor.stdout).toContain("ONNX Runtime's native library computes here.");
    // where there is more than one core, both ways to use them are timed
    if (availableParallelism() > 1) expect(doctor.stdout.replace(/\s+/g, " ")).toMatch(/Here workers are \d/);
  });

  test("trains in native code, and as well in WebAssembly where that is absent, with a warning", async () => {
    const native = await trained(app);
    expect(native).toMatchObject({ device: "cpu", warning: "" });
    expectLearning(native);

    const runtime = join(app, "node_modules/onnxruntime-node");
    await rename(runtime, join(app, "away"));
    const wasm = await trained(app);
    expect(wasm.device).toBe("wasm");
    expect(wasm.warning).toContain("BellPepperWarning: Computing in WebAssembly");
    expect(wasm.warning).toMatch(/onnxruntime-node is not installed \(npm install --ignore-scripts onnxruntime-node@1/);
    for (const [i, objective] of wasm.objectives.entries()) expect(objective).toBeCloseTo(native.objectives[i], 4);
    await rename(join(app, "away"), runtime);
  });

  test("says where there is no native library for the processor", async () => {
    const runtime = join(app, "node_modules/onnxruntime-node");
    await rename(join(runtime, "bin"), join(runtime, "away"));
    const { stdout } = await ran(app, [BELLPEPPER, "doctor"]);
    expect(stdout.replace(/\s+/g, " ")).toContain(
      `onnxruntime-node has no library for ${process.platform} on ${process.arch}.`,
    );
    await rename(join(runtime, "away"), join(runtime, "bin"));
  });

  // npm run nodes
  const versions = process.env.npm_lifecycle_event === "nodes" ? [20, 22, 24] : [];
  test.each(versions)("runs on Node %d", async (version) => {
    const node = await installedNode(made, version);
    const { stdout } = await ran(app, [BELLPEPPER, "doctor"], node);
    expect(stdout).toContain(`Node v${version}.`);
    expect(stdout).toContain("native library computes");
    expectLearning(await trained(app, node));
  });
});

/**
 * Whether a module has statements outside its functions. Declarations are no such statements: where a bundler leaves one out because nothing reads
 * it, nothing is missing, as no constant of ours is made by a call that changes anything else.
 */
async function acts(name: string): Promise<boolean> {
  const { body } = await parseAstAsync(await read(name));
  return body.some(({ type }) => !/^(Import|Export)|Declaration$/.test(type));
}
