/**
 * The results of docs/results.md, each by one command: fetches or finds the pictures, and trains and measures as a user would.
 *
 *     npm run dataset fashion-mnist
 *     npm run dataset quickdraw -- --from FOLDER    # where the files are already
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bellpepper } from "../run-bellpepper.js";
import { RECIPES } from "./recipes.js";

const fail = (/** @type {string} */ message) => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};
const options = /** @type {const} */ ({ from: { type: "string" } });
const { values, positionals } = (() => {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return fail(/** @type {Error} */ (error).message);
  }
})();
const names = Object.keys(RECIPES);
const [name] = positionals;
const recipe = RECIPES[name];
if (!recipe || positionals.length > 1) fail(`Expected one of ${names.join(", ")}, got '${positionals.join(" ")}'.`);

const from = values.from ?? recipe.source();
const data = join("runs", "data", name);
rmSync(data, { recursive: true, force: true });
try {
  await recipe.prepare(from, data);
} catch (error) {
  rmSync(data, { recursive: true, force: true });
  fail(/** @type {Error} */ (error).message);
}
for (const call of recipe.commands(data, join("runs", name))) bellpepper(...call);
