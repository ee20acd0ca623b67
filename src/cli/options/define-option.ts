/** The command line's option for blocks and losses of one's own. */

import { type Command, Option } from "commander";
import { DEFINE } from "../../jobs/settings/define-settings.js";
import type { RecordOf } from "../../values/record.js";

/** What {@link withDefineOption} adds to a command's options. */
export type DefineFlags = Partial<RecordOf<typeof DEFINE>>;

/** Adds the option of every command that reads networks or models; it may be given several times. */
export const withDefineOption = (command: Command): Command =>
  command.addOption(
    new Option("--define <module>", DEFINE.define.doc).argParser((path: string, before: readonly string[] = []) => [
      ...before,
      path,
    ]),
  );
