import { readText } from "../../files/text-file.js";
import { sameName } from "./dataset.js";

/** The names of classes in a file, one on each line. */
export async function readClassNames(path: string): Promise<string[]> {
  const lines = (await readText(path)).split("\n");
  return lines.map((line) => sameName(line.trim())).filter((line) => line !== "");
}
