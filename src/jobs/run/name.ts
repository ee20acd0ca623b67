import { basename, dirname, resolve } from "node:path";

/** Files that are called alike everywhere; their folders tell more. */
const USUAL = /^(?:list|model)\.\w+$/;

/** What a data set or a model is called: after its file or folder, or after the folder that a `list.csv` or a `model.onnx` is in. */
export function nameOf(path: string): string {
  const whole = resolve(path);
  const name = basename(whole);
  return USUAL.test(name) ? basename(dirname(whole)) : name.replace(/\.\w+$/, "");
}
