#!/usr/bin/env node

/** The command `bellpepper`. */

import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { Command, CommanderError } from "commander";
import { launchOf } from "../cluster/launch-file.js";
import { turnOf } from "../cluster/messages-file.js";
import { EngineError } from "../engine/engine.js";
import { wrapLines } from "../report/page/text/wrap.js";
import { EXIT, isUsage, messageOf } from "./failure.js";
import { watchOutput } from "./output.js";
import { version } from "./version.js";

/**
 * The commands by their names, in the order in which they are shown. Only the one that was asked for is loaded, and what its job needs only
 * when it is done: half a second, which a mistyped option need not take.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  train: async () => (await import("./commands/train.js")).trainCommand(),
  pretrain: async () => (await import("./commands/pretrain.js")).pretrainCommand(),
  crossvalidate: async () => (await import("./commands/crossvalidate.js")).crossvalidateCommand(),
  sweep: async () => (await import("./commands/sweep.js")).sweepCommand(),
  convert: async () => (await import("./commands/convert.js")).convertCommand(),
  evaluate: async () => (await import("./commands/evaluate.js")).evaluateCommand(),
  classify: async () => (await import("./commands/classify.js")).classifyCommand(),
  inspect: async () => (await import("./commands/inspect.js")).inspectCommand(),
  quantize: async () => (await import("./commands/quantize.js")).quantizeCommand(),
  read: async () => (await import("./commands/read.js")).readCommand(),
  data: async () => (await import("./commands/data.js")).dataCommand(),
  cut: async () => (await import("./commands/cut.js")).cutCommand(),
  display: async () => (await import("./commands/display.js")).displayCommand(),
  draw: async () => (await import("./commands/draw.js")).drawCommand(),
  jitter: async () => (await import("./commands/jitter.js")).jitterCommand(),
  doctor: async () => (await import("./commands/doctor.js")).doctorCommand(),
};

// Short-lived objects may take 2 MB instead of 32, which would stay taken while the runtime needs the memory.
setFlagsFromString("--semi-space-growth-factor=1");

const launch = launchOf();
const rank = launch?.rank ?? 0;
// mpirun lets each process write into a terminal that it has made, also where it writes into a file itself
if (launch) for (const output of [process.stdout, process.stderr]) output.isTTY = false;

const program = new Command("bellpepper")
  .description("A deep-learning toolbox for image analysis.")
  .version(version())
  .enablePositionalOptions()
  .showHelpAfterError("(--help tells what is possible)");
const [, , asked = ""] = process.argv;
const wanted = Object.hasOwn(COMMANDS, asked) ? [COMMANDS[asked]] : Object.values(COMMANDS);
for (const command of wanted) program.addCommand(await command());
// Of processes that were started together one says what is wrong with the call, which is the same for all; the others give it time.
const overridden = (command: Command): void => {
  command.exitOverride();
  if (rank > 0) command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  command.commands.forEach(overridden);
};
overridden(program);

// A device that does not work here is told of before anything is read, by a process of its own: its drivers print what nobody understands.
program.hook("preAction", async (_, command) => {
  const { device } = command.opts();
  if (device === undefined || device === "cpu" || device === "wasm") return;
  const { probe } = await import("./text/doctor.js");
  const { works, detail } = await probe(device, 1);
  if (!works) throw new EngineError(`--device ${device} does not work here: ${detail}.`);
});

watchOutput();

try {
  await program.parseAsync();
} catch (error) {
  if (rank > 0) await pause(turnOf(rank));
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else {
    const hint = error instanceof EngineError ? "\n`bellpepper doctor` tells which devices work here." : "";
    const message = `bellpepper: ${messageOf(error)}${hint}\n`;
    // In a file or a pipe a message stays one line, so that it can be looked for.
    process.stderr.write(process.stderr.isTTY ? wrapLines(message, process.stderr.columns) : message);
    process.exitCode = isUsage(error) ? EXIT.usage : EXIT.failed;
  }
}
