/** Modules that define blocks and losses of one's own. */

import { createRequire } from "node:module";
import { extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { definedNames } from "../../blocks/layer.js";
import { statIfExists } from "../../files/exists-file.js";
import { errorText } from "../../values/error-text.js";

/**
 * Imports modules, so that what they define is known before a network is read.
 *
 * @throws Error that begins with the module's path, when it is no module, it cannot be imported, or defines what it defines for another copy of this package
 */
export async function importDefinitions(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await expectModule(path);
    const before = definedNames().length;
    try {
      await import(pathToFileURL(resolve(path)).href);
    } catch (error) {
      throw new Error(`${path}: ${errorText(error)}${hintOn(error)}`, { cause: error });
    }
    if (definedNames().length === before) expectThisPackage(path);
  }
}

/** What files of modules end in. */
const MODULES = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

/** @throws Error unless there is a file that may be a module */
async function expectModule(path: string): Promise<void> {
  const found = await statIfExists(path);
  const expected = "expected a JavaScript module that calls defineBlock or defineLoss, such as mine.js";
  if (!found) throw new Error(`${path}: there is no such file; ${expected}.`);
  if (found.isDirectory()) throw new Error(`${path} is a folder; ${expected}.`);
  if (!found.isFile()) throw new Error(`${path} is no regular file; ${expected}.`);
  const ending = extname(path).toLowerCase();
  if (MODULES.includes(ending)) return;
  const layers = ending === ".json" ? " (layers as JSON are for --network)" : "";
  throw new Error(`${path} is no module; ${expected}${layers}.`);
}

/** What to do where the module does not find this package. */
const hintOn = (error: unknown): string =>
  error instanceof Error && /Cannot find package 'bellpepper'/.test(error.message)
    ? " (npm install bellpepper in the folder of the module)"
    : "";

/** A module that defines nothing has been imported before, or it has found a copy of this package that is installed elsewhere. */
function expectThisPackage(path: string): void {
  const own = fileURLToPath(new URL("../../index.js", import.meta.url));
  const found = resolved("bellpepper", path) ?? own;
  if (found === own) return;
  throw new Error(
    `${path} defines its blocks and losses for another copy of bellpepper (${found}) than the one that runs (${own}): run that one, with npx bellpepper.`,
  );
}

/** The file that a package is, for a module. */
function resolved(name: string, path: string): string | undefined {
  try {
    return createRequire(resolve(path)).resolve(name);
  } catch {
    return undefined;
  }
}
