import { Command, Option } from "commander";
import { exists } from "../../files/exists-file.js";
import type { Network } from "../../network/network.js";
import { networkNamed, ZOO } from "../../network/zoo/index.js";
import { whole } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { UsageError } from "../failure.js";
import { type DefineFlags, withDefineOption } from "../options/define-option.js";
import { optionOf } from "../options/field-options.js";
import { DISPLAY_FORMATS, type DisplayFormat, displayText } from "../text/display.js";

interface DisplayFlags extends DefineFlags {
  readonly format: DisplayFormat;
  readonly batchSize: number;
}

/** `bellpepper display` */
export const displayCommand = (): Command =>
  withDefineOption(
    new Command("display")
      .description("print the table of a network (layers, shapes, receptive fields, memory, cost), or a diagram of it")
      .argument("<network>", `a network by name (${Object.keys(ZOO).join(", ")}) or a model file`),
  )
    .addOption(new Option("--format <format>", "how to print it").choices(DISPLAY_FORMATS).default("text"))
    .addOption(optionOf("batchSize", defaulted(whole(1), 1, "images that the data memory is for"), "count"))
    .action(async (name: string, { format, batchSize, define = [] }: DisplayFlags) => {
      const { importDefinitions } = await import("../../jobs/run/definitions-file.js");
      await importDefinitions(define);
      const width = process.stdout.isTTY ? process.stdout.columns : undefined;
      const text = displayText(await networkOf(name), { format, batchSize, width });
      process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    });

async function networkOf(name: string): Promise<Network> {
  if (Object.hasOwn(ZOO, name)) return networkNamed(name);
  if (!(await exists(name))) {
    throw new UsageError(
      `'${name}' is neither a model file nor a network: expected one of ${Object.keys(ZOO).join(", ")}.`,
    );
  }
  const { readModel } = await import("../../jobs/run/model-file.js");
  return (await readModel(name)).network;
}
