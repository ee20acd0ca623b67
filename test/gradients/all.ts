/** All cases of gradients that are compared with differences. */

import { ARRANGE } from "./arrange.js";
import type { Case } from "./case.js";
import { ELEMENTWISE } from "./elementwise.js";
import { FLAT } from "./flat.js";
import { INDEXING } from "./indexing.js";
import { NORMALIZATION } from "./normalization.js";
import { REDUCTIONS } from "./reductions.js";
import { SEQUENCES } from "./sequences.js";
import { WINDOWS } from "./windows.js";

/** Each operator's name, with what is special about the case behind a comma. */
export const CASES: Readonly<Record<string, Case>> = {
  ...ELEMENTWISE,
  ...ARRANGE,
  ...REDUCTIONS,
  ...WINDOWS,
  ...INDEXING,
  ...NORMALIZATION,
  ...SEQUENCES,
  ...FLAT,
};

/** The operator that a case is of. */
export const operatorOf = (name: string): string => name.split(",")[0];
