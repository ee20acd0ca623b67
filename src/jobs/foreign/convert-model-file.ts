/** From a model file of any toolbox to one of another. */

import { realpath } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { nodeEngine } from "../../engine/node.js";
import { expectWritable, writeFileAtomically } from "../../files/atomic-file.js";
import { endOfLinks } from "../../files/link-file.js";
import type { ForeignFormat } from "../../formats/foreign-model.js";
import { preparationLost, writeMatConvNet } from "../../formats/matconvnet/write.js";
import { writeSafetensorsModel } from "../../formats/safetensors-model.js";
import { decodeModel, encodeModel } from "../../graph/codec/codec.js";
import type { Model } from "../../graph/model.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import type { Graph } from "../../graph/types.js";
import { deployModel } from "../../network/model/deploy.js";
import { expectNumbers } from "../../network/model/expect-numbers.js";
import { modelGraph, type TrainedModel } from "../../network/model/model.js";
import { deployedOnnx } from "../../network/model/write-onnx.js";
import { type Network, parametersOf } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import { errorText } from "../../values/error-text.js";
import { expectPath } from "../../values/kind.js";
import { type OptionsOf, pick } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { optionsOf, runJob } from "../events/job.js";
import type { DoneEvent, StoppedEvent, WrittenEvent } from "../events/job-events.js";
import { importDefinitions } from "../run/definitions-file.js";
import { CONVERT_MODEL } from "../settings/convert-settings.js";
import { FOREIGN } from "../settings/foreign-settings.js";
import { pathsOfModel, readAnyModel } from "./any-model-file.js";

/** What {@link convertModel} is asked for; every option has a default. */
export interface ConvertModelOptions extends OptionsOf<typeof CONVERT_MODEL.fields> {
  /** stops the job before anything is written */
  readonly signal?: AbortSignal | undefined;
}

/** A model was read. */
export interface ModelReadEvent {
  readonly type: "modelRead";
  /** which toolbox's file it was */
  readonly format: ForeignFormat | "bellpepper";
  /** what surprises: one plain sentence each */
  readonly notes: readonly string[];
}

/** What {@link convertModel} has made. */
export interface ConvertedModel {
  readonly files: { readonly model: string };
  /** what was written, in words: "ONNX, operator set 13, 52 nodes" */
  readonly what: string;
  readonly bytes: number;
  readonly network: string;
  readonly layers: number;
  /** how many numbers its parameters have, without the moments of batch normalisations */
  readonly parameters: number;
  /** between the scores of the model that was read and of the file that was written, of random images: the largest difference, and the largest score; NaN where some are not finite */
  readonly difference: number;
  readonly largest: number;
  /** what the file has not: one plain sentence each */
  readonly notes: readonly string[];
}

/** What {@link convertModel} tells, in this order. */
export type ConvertModelEvent = ModelReadEvent | WrittenEvent | StoppedEvent | DoneEvent<ConvertedModel>;

/** What is to be written. */
interface Written {
  readonly bytes: Uint8Array;
  readonly what: string;
  readonly notes: readonly string[];
}

/** The formats that are written, by the ending of the file. */
const WRITERS: Readonly<Record<string, (model: TrainedModel) => Written>> = {
  ".onnx": (model) => {
    const deployed = deployModel(model);
    const onnx = deployedOnnx(deployed);
    const nodes = onnx.graph.nodes.length;
    const what = `ONNX, operator set ${onnx.opsets[""]}, ${nodes} nodes`;
    return { bytes: encodeModel(onnx), what, notes: mergedNotes(model.network, deployed.network) };
  },
  ".safetensors": (model) => ({ bytes: writeSafetensorsModel(model), what: "safetensors", notes: [] }),
  ".mat": (model) => ({
    ...{ bytes: writeMatConvNet(model), what: "MatConvNet" },
    notes: model.preprocessing ? preparationLost(model.preprocessing) : [],
  }),
};

/** What a network for use has not. */
function mergedNotes({ layers }: Network, deployed: Network): readonly string[] {
  const left = new Set(deployed.layers.map(({ name }) => name));
  const gone = layers.filter(({ name, layer }) => !left.has(name) && layer.type === "batchNorm").length;
  const which = gone === 1 ? "A batch normalisation is" : `${gone} batch normalisations are`;
  return gone === 0
    ? []
    : [`${which} merged into convolutions, as the file is for use: train further with the model that was converted.`];
}

/**
 * Reads a model, ours or another toolbox's, and writes it in the format that the ending of a path says: `.onnx` for use in any runtime (`writeOnnx`),
 * `.safetensors` with PyTorch's names, `.mat` for MatConvNet. The file appears whole or not at all. It is then read again, and its scores are compared with
 * those of the model, on random images.
 *
 * @param from as `readAnyModel` takes it
 * @param to the file to write; one that is there is replaced
 * @throws UsageError when nothing is written in a format of that ending, or `to` is the model itself; Error as `readAnyModel`; RangeError, naming the layer, when
 *   the format has none like it
 * @example
 * const { difference } = await finishJob(convertModel("letters.onnx", "letters.safetensors"));
 * difference; // 0
 */
export async function* convertModel(
  from: string,
  to: string,
  given: ConvertModelOptions = {},
): AsyncGenerator<ConvertModelEvent, void, undefined> {
  expectPath("from", from);
  expectPath("to", to);
  const { signal, options } = optionsOf(given);
  const settings = CONVERT_MODEL.make(options);
  const writer = writerFor(to);
  yield* runJob(dirname(to), signal, async function* (job): AsyncGenerator<ConvertModelEvent, void, undefined> {
    await expectOther(from, to);
    await expectWritable(to);
    await importDefinitions(settings.define);
    const { model, format, notes, eightBit } = await readAnyModel(from, pick(FOREIGN, settings));
    signal?.throwIfAborted();
    const whole =
      "It computes with whole numbers of 8 bits; written are the floating-point numbers that they stand for.";
    yield { type: "modelRead", format, notes: [...notes, ...(eightBit ? [whole] : [])] };
    expectFinite(from, model);
    const { bytes, what, notes: merged } = writer(model);
    signal?.throwIfAborted();
    await writeFileAtomically(to, bytes);
    yield { type: "written", what: "model", path: to };
    const again =
      extname(to).toLowerCase() === ".onnx" ? decodeModel(bytes) : modelGraph((await readAnyModel(to)).model);
    const compared = await compare(model, again);
    const { network } = model;
    const result: ConvertedModel = {
      ...{ files: { model: to }, what, bytes: bytes.length, network: network.name, layers: network.layers.length },
      parameters: parametersOf(network).reduce(
        (sum, { shape, update }) => sum + (update === "gradient" ? elementCount(shape) : 0),
        0,
      ),
      ...{ ...compared, notes: merged },
    };
    yield { type: "done", result, seconds: job.seconds() };
  });
}

/** @throws Error, with the path of the model, where a parameter has numbers that are none */
function expectFinite(from: string, { network, parameters }: TrainedModel): void {
  try {
    expectNumbers(network, parameters);
  } catch (error) {
    throw new Error(`${from}: ${errorText(error)}`, { cause: error });
  }
}

function writerFor(to: string): (model: TrainedModel) => Written {
  const ending = extname(to).toLowerCase();
  if (Object.hasOwn(WRITERS, ending)) return WRITERS[ending];
  const [last, ...others] = Object.keys(WRITERS).reverse();
  throw new UsageError(
    `${to}: expected a name that ends in ${others.reverse().join(", ")} or ${last}, the formats that are written.`,
  );
}

/** @throws UsageError when the model's own file would be written */
async function expectOther(from: string, to: string): Promise<void> {
  const end = await realpath(await endOfLinks(to)).catch(() => undefined);
  for (const path of await pathsOfModel(from)) {
    if (end !== undefined && (await realpath(path).catch(() => undefined)) === end) {
      throw new UsageError(`${to} is the model itself: expected another name for what is written.`);
    }
  }
}

/** So many images are compared. */
const IMAGES = 2;

/** How far the scores of a graph are from those of a model, on random images. */
async function compare(
  model: TrainedModel,
  written: Graph | Model,
): Promise<Pick<ConvertedModel, "difference" | "largest">> {
  const random = stream(1, "convert");
  const feeds = Object.fromEntries(
    model.network.inputs.map(({ name, shape: { channels, height, width } }, i) => [
      i === 0 ? "image" : name,
      float32(
        Float32Array.from({ length: IMAGES * channels * height * width }, () => random.integer(0, 255)),
        [IMAGES, channels, height, width],
      ),
    ]),
  );
  const engine = nodeEngine();
  const scores: number[][] = [];
  for (const graph of [modelGraph(model), written]) {
    const program = await engine.load(graph);
    scores.push(Array.from((await program.run(feeds)).scores.data, Number));
    await program.close();
  }
  const [expected, found] = scores;
  return {
    difference: expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0),
    largest: expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  };
}
