/** Shapes of the composite operators that are random. */

import type { Rules } from "./infer-rule.js";

/** See autodiff/rules/random.ts for what they compute. */
export const RANDOM_RULES: Rules = {
  Dropout: (c) => [c.type(0), c.type(0)],
  Normal: (c) => [c.type(0)],
};
