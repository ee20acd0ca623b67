#!/usr/bin/env node
/** The command `bellpepper`. */

import { Command, CommanderError } from "commander";
import { EngineError } from "../engine/engine.js";
import { crossvalidateCommand } from "./commands/crossvalidate.js";
import { cutCommand } from "./commands/cut.js";
import { dataCommand } from "./commands/data.js";
import { displayCommand } from "./commands/display.js";
import { doctorCommand } from "./commands/doctor.js";
import { drawCommand } from "./commands/draw.js";
import { evaluateCommand } from "./commands/evaluate.js";
import { jitterCommand } from "./commands/jitter.js";
import { readCommand } from "./commands/read.js";
import { trainCommand } from "./commands/train.js";
import { EXIT, messageOf, UsageError } from "./failure.js";
import { version } from "./version.js";

const program = new Command("bellpepper")
  .description("A deep-learning toolbox for image analysis.")
  .version(version())
  .enablePositionalOptions()
  .showHelpAfterError("(--help tells what is possible)");
for (const command of [
  trainCommand(),
  crossvalidateCommand(),
  evaluateCommand(),
  readCommand(),
  dataCommand(),
  cutCommand(),
  displayCommand(),
  drawCommand(),
  jitterCommand(),
  doctorCommand(),
]) {
  program.addCommand(command);
}
const overridden = (command: Command): void => {
  command.exitOverride();
  command.commands.forEach(overridden);
};
overridden(program);

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else {
    const hint = error instanceof EngineError ? " `bellpepper doctor` tells which devices work here." : "";
    process.stderr.write(`bellpepper: ${messageOf(error)}${hint}\n`);
    process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}
