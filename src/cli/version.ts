import { readFileSync } from "node:fs";
import { Fields } from "../blocks/fields.js";

/** The version of this package. */
export const version = (): string =>
  new Fields(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")), "package.json").text(
    "version",
  );
