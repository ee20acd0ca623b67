import { readFileSync } from "node:fs";
import { text } from "../values/kind.js";

/** The version of this package. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return text().take(version, { where: "package.json", path: "version" });
}
