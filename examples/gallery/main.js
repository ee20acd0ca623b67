/**
 * The pages and pictures of docs/gallery.md, each by the command that anyone would type.
 *
 *     npm run gallery             # all for which there is a model
 *     npm run gallery -- letters  # one of them
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bellpepper } from "../run-bellpepper.js";
import { ENTRIES } from "./entries.js";
import { smallPicture } from "./small-picture.js";

const names = Object.keys(ENTRIES);
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !names.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`Expected some of ${names.join(", ")}, got '${unknown}'.\n`);
  process.exit(2);
}
const target = join("docs", "pictures", "gallery");
mkdirSync(target, { recursive: true });
for (const name of asked.length > 0 ? asked : names) {
  const { missing, commands, pictures } = ENTRIES[name];
  const what = missing();
  if (what !== undefined) {
    process.stdout.write(`\nskipped ${name}: ${what}\n`);
    continue;
  }
  const folder = join("runs", "gallery", name);
  for (const call of await commands(folder)) bellpepper(...call);
  for (const shown of pictures) {
    const path = join(target, `${shown.name}.png`);
    const absent = shown.from.find((file) => !existsSync(join(folder, file)));
    if (absent !== undefined) {
      process.stdout.write(`left as it is: ${path}, as the page has no ${absent}\n`);
      continue;
    }
    const files = shown.from.map((file) => readFileSync(join(folder, file)));
    writeFileSync(path, await smallPicture(files, shown));
    process.stdout.write(`picture ${path}\n`);
  }
}
