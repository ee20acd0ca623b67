import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/**
 * Shows a command as a user would type it, and runs it; where it fails, so does the program.
 *
 * @param {string[]} call
 */
export function bellpepper(...call) {
  const shown = call.map((part) => (/^[\w./,=:-]+$/.test(part) ? part : `'${part}'`));
  process.stdout.write(`\n$ bellpepper ${shown.join(" ")}\n`);
  const { status } = spawnSync(process.execPath, [cli, ...call], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
