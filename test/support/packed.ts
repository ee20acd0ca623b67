/** The package as npm would publish it, made from the files of the working tree as in a fresh clone, and installed where nothing of ours is. */

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const PROJECT = join(import.meta.dirname, "../..");
const run = promisify(execFile);
const shell = process.platform === "win32";

/** The variables of a user's shell: not those that `npm test` and vitest.config.ts hand to what they start. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_|^VK_ICD_FILENAMES$/i.test(name)),
);

export interface Packed {
  /** with `tarball`, `package` (its contents) and whatever a test puts there */
  readonly folder: string;
  readonly tarball: string;
  /** where its contents lie */
  readonly contents: string;
  /** all files in it, by their paths from its root */
  readonly files: ReadonlySet<string>;
}

/** What `npm pack` makes in a fresh clone: there is no `dist`, and no `.npmrc` but the project's. */
export async function packed(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-package-"));
  const clone = join(folder, "clone");
  const listed = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: PROJECT });
  for (const name of listed.stdout.split("\0").filter((name) => name !== "" && name !== "node_modules")) {
    await mkdir(dirname(join(clone, name)), { recursive: true });
    // a file that was removed, and not yet committed, is listed too
    await cp(join(PROJECT, name), join(clone, name)).catch(() => undefined);
  }
  await symlink(join(PROJECT, "node_modules"), join(clone, "node_modules"), "junction");
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: clone,
    env: environment,
    maxBuffer: 2 ** 26,
    shell,
  });
  const [{ filename }] = Object.values<{ readonly filename: string }>(JSON.parse(stdout));
  await run("tar", ["-xzf", filename], { cwd: folder, shell });
  await rm(clone, { recursive: true });
  const contents = join(folder, "package");
  const names = await readdir(contents, { recursive: true });
  return {
    folder,
    tarball: join(folder, filename),
    contents,
    files: new Set(names.map((name) => name.replaceAll("\\", "/"))),
  };
}

/**
 * Installs the package with npm in an empty folder.
 *
 * The settings are those of a user who has none, and nothing beyond the registry can be reached by install scripts: onnxruntime-node's goes through the
 * proxy that is named here, where nothing listens.
 *
 * @returns the folder
 */
export async function installed({ folder, tarball }: Packed): Promise<string> {
  const app = join(folder, "app");
  await mkdir(app);
  await writeFile(join(folder, "npmrc"), "");
  const env = {
    ...environment,
    npm_config_userconfig: join(folder, "npmrc"),
    GLOBAL_AGENT_HTTPS_PROXY: "http://127.0.0.1:9",
  };
  // the prefix: else npm takes a folder above that has a package.json
  await run("npm", ["install", "--prefer-offline", "--prefix", app, tarball], { cwd: app, env, shell });
  return app;
}

/** Brings a version of Node from the registry. @returns the program */
export async function installedNode({ folder }: Packed, version: number): Promise<string> {
  const own = join(folder, `node-${version}`);
  await mkdir(own);
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  await run("npm", ["install", "--ignore-scripts", `${name}@${version}`], { cwd: own, env: environment, shell });
  return join(own, "node_modules", name, process.platform === "win32" ? "bin/node.exe" : "bin/node");
}

/** Whether npm's registry answers within five seconds. */
export async function registryAnswers(): Promise<boolean> {
  try {
    const { stdout } = await run("npm", ["config", "get", "registry"], { env: environment, shell });
    await fetch(stdout.trim(), { method: "HEAD", signal: AbortSignal.timeout(5000) });
    return true;
  } catch {
    return false;
  }
}

/** Runs a program of Node in a folder. @returns what it wrote, also where it failed */
export async function ran(
  cwd: string,
  args: readonly string[],
  node = process.execPath,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return run(node, args, { cwd, env: environment }).catch((error: { stdout: string; stderr: string }) => error);
}
