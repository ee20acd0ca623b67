/** The command line's options of what computes. */

import type { Command } from "commander";
import { ENGINE } from "../../jobs/settings/engine-settings.js";
import type { RecordOf } from "../../values/record.js";
import { withFields } from "./field-options.js";

/** What {@link withEngineOptions} adds to a command's options; `nodeEngine` takes it as it is. */
export type EngineFlags = RecordOf<typeof ENGINE>;

/** Adds the options of every command that computes with a network. */
export const withEngineOptions = (command: Command): Command =>
  withFields(command, ENGINE, { threads: "count", device: "device" });
