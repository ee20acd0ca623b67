import { Command, Option } from "commander";
import { SIZE, type Size } from "../../data/pictures/picture-size.js";
import { exists } from "../../files/exists-file.js";
import { NETWORK_NAMES, NETWORK_WORDS } from "../../jobs/settings/pictures-settings.js";
import type { Network } from "../../network/network.js";
import { inputOf } from "../../network/network.js";
import { compact, ZOO } from "../../network/zoo/index.js";
import { TERMINAL } from "../../report/page/text/wrap.js";
import { shapeText } from "../../values/image-shape.js";
import { oneOfNumbers, whole } from "../../values/kind.js";
import { nearestName } from "../../values/nearest.js";
import { defaulted, optional, type RecordOf } from "../../values/record.js";
import { UsageError } from "../failure.js";
import { type DefineFlags, withDefineOption } from "../options/define-option.js";
import { optionOf, withFields } from "../options/field-options.js";
import { DISPLAY_FORMATS, type DisplayFormat, displayText } from "../text/display.js";

const FIELDS = {
  size: optional(SIZE, "images of this size, for compact and JSON files: 64, or 64x48"),
  channels: optional(oneOfNumbers([1, 3]), "grey or colour, for compact and JSON files (3)"),
  classes: optional(whole(2), "how many classes a network by name tells apart (its own number; compact: 10)"),
};

type DisplayFlags = DefineFlags &
  RecordOf<typeof FIELDS> & { readonly format: DisplayFormat; readonly batchSize: number };

/** `bellpepper display` */
export const displayCommand = (): Command =>
  withFields(
    withDefineOption(
      new Command("display")
        .description(
          "print the table of a network (layers, shapes, receptive fields, memory, cost), or a diagram of it",
        )
        .argument(
          "<network>",
          `a network by name (${NETWORK_NAMES.join(", ")}), a JSON file of layers, or a model file, ours or another toolbox's`,
        ),
    ),
    FIELDS,
    { size: "pixels", channels: "count", classes: "count" },
  )
    .addOption(new Option("--format <format>", "how to print it").choices(DISPLAY_FORMATS).default("text"))
    .addOption(optionOf("batchSize", defaulted(whole(1), 1, "images that the data memory is for"), "count"))
    .action(async (name: string, { format, batchSize, define = [], ...asked }: DisplayFlags) => {
      const { importDefinitions } = await import("../../jobs/run/definitions-file.js");
      await importDefinitions(define);
      const width = process.stdout.isTTY ? process.stdout.columns : TERMINAL;
      const text = displayText(await networkOf(name, asked), { format, batchSize, width });
      process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    });

/** The network that was asked for. @throws UsageError where there is none, or its size is missing or fixed */
async function networkOf(name: string, { size, channels, classes }: RecordOf<typeof FIELDS>): Promise<Network> {
  const shape = size && { channels: channels ?? 3, ...size };
  if (name === "compact") {
    if (!shape) throw new UsageError("compact is made for the size of the images: give it, such as --size 64.");
    return compact(shape, classes ?? 10);
  }
  if (Object.hasOwn(ZOO, name)) return expectFixed(ZOO[name](classes), size, channels);
  if (!(await exists(name))) {
    const near = nearestName(name, NETWORK_NAMES);
    throw new UsageError(
      `'${name}' is neither a model file nor a network${near === undefined ? "." : `. Did you mean ${near}?`} Expected ${NETWORK_WORDS}, a .json file or a model file.`,
    );
  }
  if (classes !== undefined) throw new UsageError(`--classes is for networks by name; ${name} says how many it has.`);
  if (name.endsWith(".json")) {
    const { networkInFile } = await import("../../jobs/pictures/network-plan-file.js");
    const network = await networkInFile(name, shape);
    if (network) return network;
    throw new UsageError(`${name} does not say how large its images are: give it, such as --size 64.`);
  }
  const { readAnyModel } = await import("../../jobs/foreign/any-model-file.js");
  const { model, notes } = await readAnyModel(name, { size });
  for (const note of notes) process.stderr.write(`${note}\n`);
  return expectFixed(model.network, size, channels);
}

/** @throws UsageError when a network of fixed size is asked for in another one */
function expectFixed(network: Network, size: Size | undefined, channels: number | undefined): Network {
  const own = inputOf(network);
  const { width, height } = size ?? own;
  if (width === own.width && height === own.height && (channels ?? own.channels) === own.channels) return network;
  throw new UsageError(
    `'${network.name}' takes images of ${shapeText(own)}; --size and --channels cannot change that.`,
  );
}
