/** Builds the program that is packed, from nothing: what an earlier build left behind must not be shipped. In a fresh clone it installs the compiler first. */

import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";

/** @param {string[]} call the arguments of Node */
function node(...call) {
  // npm's own output is what it packed, as a program may read it: everything else goes to standard error
  const { status } = spawnSync(process.execPath, call, { stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

const compiler = "node_modules/typescript/bin/tsc";
if (!existsSync(compiler)) node(process.env.npm_execpath ?? "npm-cli.js", "ci");
rmSync("dist", { recursive: true, force: true });
node(compiler, "--project", "tsconfig.build.json");
node("scripts/page.js");
