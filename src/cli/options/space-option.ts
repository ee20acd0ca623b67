/** A space of networks, from a file of JSON. */

import { readBytes } from "../../files/read-file.js";
import { STACKED } from "../../network/zoo/stacked.js";
import { choices, interval, type Setting, type SettingValue, type Space } from "../../search/index.js";
import { errorText } from "../../values/error-text.js";
import { objectOf } from "../../values/kind.js";
import { type Fields, refuseUnknown } from "../../values/record.js";
import { UsageError } from "../failure.js";

const FIELDS: Fields = STACKED.fields;

/**
 * The networks in a file: an object whose fields are those of `stacked`, each with a value, a list of values, or `{ "from": 8, "to": 64, "scale": "log" }`.
 *
 * @throws UsageError where it is none: it says where, and what was expected
 */
export async function readSpace(path: string): Promise<Space> {
  const text = (await readBytes(path)).toString("utf8");
  try {
    const space = objectOf(JSON.parse(text), { where: path, path: "" });
    const fields = new Map<string, unknown>(Object.entries(space));
    refuseUnknown(fields, Object.keys(FIELDS), { where: path, path: "" });
    return [...fields].map(([name, values]) => settingOf(path, name, values));
  } catch (error) {
    throw new UsageError(error instanceof SyntaxError ? `${path} is no JSON: ${error.message}` : errorText(error));
  }
}

function settingOf(path: string, name: string, given: unknown): Setting {
  const { kind } = FIELDS[name];
  const at = { where: path, path: name };
  const value = (each: unknown): SettingValue => kind.take(each, at) as SettingValue;
  if (typeof given !== "object" || given === null) return choices(name, [value(given)]);
  try {
    if (Array.isArray(given)) return choices(name, given.map(value));
    const range = new Map<string, unknown>(Object.entries(given));
    refuseUnknown(range, ["from", "to", "scale"], at);
    if (!kind.numeric) throw new RangeError(`${name}: expected ${kind.expected}, or a list of such, got a range.`);
    const scale = range.get("scale") ?? "linear";
    if (scale !== "log" && scale !== "linear") throw new RangeError(`${name}: expected log or linear as the scale.`);
    const [low, high] = [range.get("from"), range.get("to")].map((each) => Number(value(each)));
    return interval(name, low, high, { scale, whole: kind.numeric.whole });
  } catch (error) {
    const text = errorText(error);
    throw new UsageError(text.startsWith(path) ? text : `${path}: ${text}`);
  }
}
