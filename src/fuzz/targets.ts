/** The targets by their names. */

import type { Target } from "./target.js";
import { commandArguments, runFolders } from "./targets/commands-file.js";
import { lists, packed, pictures, sounds } from "./targets/data-file.js";
import { foreign } from "./targets/foreign-file.js";
import { graphs, models } from "./targets/graphs.js";
import { operators } from "./targets/operators.js";

export const TARGETS: Readonly<Record<string, Target>> = {
  models,
  graphs,
  operators,
  pictures,
  sounds,
  lists,
  packed,
  foreign,
  runs: runFolders,
  arguments: commandArguments,
};
