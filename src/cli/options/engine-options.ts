/** The command line's options of what computes. */

import { type Command, Option } from "commander";
import { NODE_DEVICES } from "../../engine/devices.js";
import type { Device } from "../../engine/engine.js";
import { defaultThreads } from "../../engine/node-threads.js";
import { whole } from "./options.js";

/** What {@link withEngineOptions} adds to a command's options; `nodeEngine` takes it as it is. */
export interface EngineFlags {
  readonly threads: number;
  readonly device: Device;
}

/** Adds the options of every command that computes with a network. */
export const withEngineOptions = (command: Command): Command =>
  command
    .option("--threads <count>", "threads to compute with", whole(1), defaultThreads())
    .addOption(new Option("--device <device>", "where to compute").choices(NODE_DEVICES).default("cpu"));
