import { record } from "../../values/record.js";
import { DEFINE } from "./define-settings.js";
import { FOREIGN } from "./foreign-settings.js";

/** What `convertModel` is told. */
export const CONVERT_MODEL = record({ ...FOREIGN, ...DEFINE });
