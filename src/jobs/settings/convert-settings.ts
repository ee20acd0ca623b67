import { record } from "../../values/record.js";
import { DEFINE } from "./define-settings.js";
import { ANY_MODEL } from "./foreign-settings.js";

/** What `convertModel` is told. */
export const CONVERT_MODEL = record({ ...ANY_MODEL, ...DEFINE });
