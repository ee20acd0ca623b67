/** An engine on any build of ONNX Runtime: they share one interface and differ in how they are loaded. */

import type { InferenceSession } from "onnxruntime-common";
import { GraphBuilder } from "../graph/builder.js";
import { encodeModel } from "../graph/codec/codec.js";
import { expectGraph } from "../graph/expect-graph.js";
import { expectNode } from "../graph/infer/expect-node.js";
import { type Model, modelOf } from "../graph/model.js";
import { peakBytes } from "../graph/peak-bytes.js";
import { isDataType, tensor } from "../graph/tensor.js";
import {
  COMPOSITE,
  type DataType,
  type ElementArrays,
  type Graph,
  NCHWC,
  type Tensor,
  type Value,
} from "../graph/types.js";
import { lower } from "../lowering/lower.js";
import { hasSums, isSum } from "../lowering/normalization-of-parts.js";
import { errorText } from "../values/error-text.js";
import { onCard } from "./card.js";
import { DEVICES } from "./devices.js";
import { type Device, type Engine, EngineError, type Program, type Values } from "./engine.js";
import { NOTHING, refusalOf, targetsOf, withNothing } from "./in-place.js";
import type { Runtime, RuntimePlace, RuntimeSession, RuntimeValue } from "./place.js";

/** How an engine uses its runtime. */
export interface RuntimeOptions {
  readonly device: Device;
  /** of a worker */
  readonly threads: number;
  /** of a program in the caller's thread, which has all threads */
  readonly session: InferenceSession.SessionOptions;
  /** threads beside the caller's, by their number from 0, where there can be any */
  readonly aside?: (worker: number) => RuntimePlace;
  /** how many of them programs are divided over; 1 */
  readonly workers?: number;
}

/** The runtime's level of logging: what is fatal. Errors come as exceptions, and are told in our words alone. */
export const SILENT = 4;

/** What its JavaScript interface has no tensors of. */
const unsupported: readonly DataType[] = ["bfloat16"];

const unchanged = (graph: Graph): Graph => graph;

/** An engine on a build of ONNX Runtime. */
export function runtimeEngine(runtime: Runtime, options: RuntimeOptions): Engine {
  const { device, threads, workers = 1 } = options;
  const own = DEVICES[device].keepsTensors
    ? onCard(runtime, { executionProviders: [device], logSeverityLevel: SILENT })
    : here(runtime);
  return {
    device,
    threads,
    workers,
    async load(source, { seldom = false, aside = false, addParts } = {}) {
      const graph = isModel(source) ? source.graph : source;
      expectGraph(graph);
      if (isModel(source)) expectWhole(source);
      try {
        const model = isModel(source)
          ? await runnable(source, device)
          : await lowered(source, device, device === "cpu" ? await blockOf(runtime) : 1);
        const share = aside === false || workers === 1 ? {} : { intraOpNumThreads: threads };
        const refusal = device === "cpu" && source === graph ? await refusalBy(runtime) : undefined;
        const place = (aside === false ? undefined : options.aside?.(workerOf(aside, workers))) ?? own;
        /** @param as what the program is to its caller */
        const programOf = async (made: Model, as: Graph): Promise<Program> => {
          // how large the values of another tool's model are is not always known
          const isKnown = device === "cpu" && (seldom || source === graph);
          const how = { ...options.session, ...share, ...(isKnown ? memoryOptions(made.graph, seldom) : {}) };
          const whole = refusal === undefined ? made : { ...made, graph: withNothing(made.graph) };
          const session = await place.create(encodeModel(whole), how);
          return makeProgram(place, session, as, made.graph.inputs, options, refusal);
        };
        if (isModel(source) || !hasSums(model.graph)) return await programOf(model, graph);
        // loaded where it is needed: a page whose batches are not divided does without
        const [{ stagesOf }, { stagedProgram }] = await Promise.all([
          import("../lowering/stages.js"),
          import("./staged.js"),
        ]);
        const stages = stagesOf(model.graph);
        const programs: Program[] = [];
        for (const stage of stages) programs.push(await programOf(modelOf(stage.graph), stage.graph));
        return stagedProgram(graph, stages, programs, addParts);
      } catch (error) {
        throw engineError(graph, device, error);
      }
    },
  };
}

/** The number of a thread beside the caller's. @throws EngineError where the engine has no such one */
function workerOf(aside: true | number, workers: number): number {
  const worker = aside === true ? 0 : aside;
  if (Number.isInteger(worker) && worker >= 0 && worker < workers) return worker;
  throw new EngineError(`There is no worker ${worker}: expected one of 0 to ${workers - 1}.`);
}

/** The caller's own thread. */
const here = (runtime: Runtime): RuntimePlace => ({
  isAside: false,
  create: (model, how) => runtime.InferenceSession.create(model, how),
  wrap: ({ type, data, shape }) => new runtime.Tensor(type as "float32", data as Float32Array, shape),
  keep: ({ type, shape, data }) => tensor(type, shape, data.slice() as ElementArrays[typeof type]),
});

/** Whether it is a whole model. Plain JavaScript may hand over anything. */
const isModel = (source: Graph | Model): source is Model =>
  typeof source === "object" && source !== null && "graph" in source;

/** @throws EngineError where tensors of a model lie in files that were not read: the runtime would look for them in the folder that it is started in */
function expectWhole({ external = [] }: Model): void {
  if (external.length === 0) return;
  const files = external.map((location) => `'${location}'`).join(", ");
  throw new EngineError(
    `The numbers of the model lie in ${files}, and were not read with it: read it by readForeignFile, or give decodeModel its files.`,
  );
}

/** Of programs that are asked about the processor. */
const ASKED: InferenceSession.SessionOptions = { executionProviders: ["cpu"], logSeverityLevel: SILENT };

const refusals = new WeakMap<Runtime, Promise<string | undefined>>();

/** The words in which the runtime refuses an output that holds nothing, when all others are written in place. */
async function refusalBy(runtime: Runtime): Promise<string | undefined> {
  const asked = refusals.get(runtime) ?? refusalOf((graph, into) => runOnce(runtime, graph, into));
  refusals.set(runtime, asked);
  return asked;
}

async function runOnce(runtime: Runtime, graph: Graph, into: Values): Promise<void> {
  const session = await runtime.InferenceSession.create(encodeModel(modelOf(graph)), ASKED);
  try {
    await session.run({}, { ...wrapAll(here(runtime), into), [NOTHING]: null });
  } finally {
    await session.release();
  }
}

const blocks = new WeakMap<Runtime, Promise<number>>();

/**
 * How many channels the runtime's blocked convolutions take together on this processor; 1 where it has none. It shows in the shape that the runtime gives
 * to four channels.
 */
export async function blockOf(runtime: Runtime): Promise<number> {
  const asked = blocks.get(runtime) ?? askForBlock(runtime).catch(() => 1);
  blocks.set(runtime, asked);
  return asked;
}

async function askForBlock({ InferenceSession, Tensor: RuntimeTensor }: Runtime): Promise<number> {
  const g = new GraphBuilder("block");
  g.output("y", g.op("ReorderInput", [g.input("x", "float32", ["N", 4, 1, 1])], {}, NCHWC));
  const { graph } = modelOf(g.build());
  const model = modelOf({ ...graph, outputs: graph.outputs.map((output) => ({ ...output, shape: undefined })) });
  const bytes = encodeModel({ ...model, opsets: { ...model.opsets, [NCHWC]: 1 } });
  const session = await InferenceSession.create(bytes, ASKED);
  const { y } = await session.run({ x: new RuntimeTensor("float32", new Float32Array(4), [1, 4, 1, 1]) });
  await session.release();
  return y.dims[1] === 8 || y.dims[1] === 16 ? y.dims[1] : 1;
}

/** A graph of ours as the device runs it fastest, in ONNX's own operators and the runtime's. */
async function lowered(graph: Graph, device: Device, block: number): Promise<Model> {
  const { layout, costs, rewrite = unchanged, quicken = unchanged } = DEVICES[device];
  const result = quicken(await rewrite(lower(graph, layout, block, costs)));
  const foreign = result.nodes.find((node) => node.domain === COMPOSITE && !isSum(node));
  if (foreign) throw new EngineError(`There is no lowering of ${foreign.operator} (node '${foreign.name}').`);
  return modelOf(result);
}

/**
 * A model without what ends the process in place of an error, as it is; where the device computes some operators wrongly, these written in another way,
 * which takes the model in our version.
 */
async function runnable(model: Model, device: Device): Promise<Model> {
  const { rewrite } = DEVICES[device];
  for (const { nodes } of [model.graph, ...(model.functions ?? [])]) for (const node of nodes) expectNode(node);
  if (!rewrite) return model;
  // loaded where it is needed: a page that trains in WebAssembly does without
  const { upgradeModel } = await import("../graph/upgrade/upgrade.js");
  return modelOf(await rewrite(upgradeModel(model).graph));
}

/** The GNU C library keeps freed blocks of up to so many bytes for the next ones; larger ones go back to the system, which clears them anew. */
const KEPT_BY_SYSTEM = 2 ** 25;

/** Programs that hold more bytes than this at a time run without a plan of where each value lies. */
const MOST_PLANNED = 2 ** 30;

/**
 * Where the runtime takes its memory from. Its own store doubles when it is full, and nothing leaves it, so that a program holds two to four times
 * what a run needs. Small programs do as well with the system's, and those that run seldom give theirs back. A plan of where each value lies saves up to
 * a fourteenth of the time, and is one block beside what the first run took, that lives as long as the program; large programs go without: ResNet-50 on 8 images is as fast in 1750
 * MB as in 2880.
 */
function memoryOptions(graph: Graph, seldom: boolean): InferenceSession.SessionOptions {
  if (seldom) return { enableCpuMemArena: false, enableMemPattern: false };
  const bytes = peakBytes(graph);
  return bytes <= KEPT_BY_SYSTEM ? { enableCpuMemArena: false } : { enableMemPattern: bytes <= MOST_PLANNED };
}

/**
 * @param taken the inputs of the session
 * @param refusal how the runtime refuses {@link NOTHING}, where the session has it
 */
function makeProgram(
  place: RuntimePlace,
  session: RuntimeSession,
  graph: Graph,
  taken: readonly Value[],
  { device, session: { enableProfiling } }: RuntimeOptions,
  refusal: string | undefined,
): Program {
  const { writesInPlace } = DEVICES[device];
  const floats = new Set(taken.filter(({ type }) => type === "float32").map(({ name }) => name));
  /** Writes all outputs in place, where their sizes are known. */
  const runInPlace = async (inputs: Values, into: Values): Promise<Values | undefined> => {
    const targets = refusal === undefined ? undefined : targetsOf(graph.outputs, into);
    if (!targets) return undefined;
    await session.run(wrapAll(place, inputs), { [NOTHING]: null, ...wrapAll(place, targets) }).catch((error) => {
      if (errorText(error) !== refusal) throw error;
    });
    return targets;
  };
  const runAsGiven = async (inputs: Values, into: Values): Promise<Values> => {
    await place.settle?.(Object.values(inputs), Object.values(into));
    const isTarget = (tensor: Tensor | undefined): tensor is Tensor =>
      tensor !== undefined && (writesInPlace || place.writesInto?.(tensor) === true);
    const targetOf = (name: string): RuntimeValue | null => (isTarget(into[name]) ? wrap(place, into[name]) : null);
    const fetches = Object.fromEntries(graph.outputs.map(({ name }) => [name, targetOf(name)]));
    const results = await session.run(wrapAll(place, labelsAs(floats, inputs)), fetches);
    return Object.fromEntries(
      graph.outputs.map(({ name }) => {
        const target = into[name];
        if (isTarget(target)) return [name, target];
        const result = unwrapTensor(name, results[name]);
        if (target) copyTensor(result, target);
        return [name, target ?? result];
      }),
    );
  };
  let closed = false;
  return {
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)),
    isAside: place.isAside,
    keep: (tensor) => place.keep(tensor),
    async run(inputs, into = {}) {
      if (closed) throw new EngineError(`The graph '${graph.name}' was closed: it runs no more.`);
      try {
        return (await runInPlace(inputs, into)) ?? (await runAsGiven(inputs, into));
      } catch (error) {
        throw engineError(graph, device, error);
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      if (enableProfiling) session.endProfiling();
      await session.release();
    },
  };
}

/** Values of which those are floats that the session takes as such: labels on WebGPU. */
const labelsAs = (floats: ReadonlySet<string>, values: Values): Values =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value.type === "int64" && floats.has(name)
        ? tensor("float32", value.shape, Float32Array.from(value.data as BigInt64Array, Number))
        : value,
    ]),
  );

function wrap(place: RuntimePlace, tensor: Tensor): RuntimeValue {
  if (unsupported.includes(tensor.type))
    throw new EngineError(`${tensor.type} tensors cannot be handed to the engine.`);
  return place.wrap(tensor);
}

const wrapAll = (place: RuntimePlace, values: Values): Record<string, RuntimeValue> =>
  Object.fromEntries(Object.entries(values).map(([name, tensor]) => [name, wrap(place, tensor)]));

/** The runtime's tensor as ours; the elements are not copied. */
function unwrapTensor(name: string, tensor: RuntimeValue): Tensor {
  if (!isDataType(tensor.type)) {
    throw new EngineError(
      `The output '${name}' has elements of the type ${tensor.type}, which this toolbox cannot hold.`,
    );
  }
  return { type: tensor.type, shape: tensor.dims, data: tensor.data } as Tensor;
}

function copyTensor(from: Tensor, to: Tensor): void {
  if (from.type !== to.type || from.data.length !== to.data.length) {
    throw new EngineError(
      `An output of ${from.shape.join("×")} ${from.type} does not fit a tensor of ${to.shape.join("×")} ${to.type}.`,
    );
  }
  (to.data as Float32Array).set(from.data as Float32Array);
}

/** The runtime's complaint in one line, with what was being run. */
function engineError(graph: Graph, device: Device, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = errorText(error).split("\n")[0];
  // The runtime puts the place in its own source before the reason.
  const reason = message.replace(/^.*\bwas false\. /, "").replace(/^.*\[ONNXRuntimeError\] : \d+ : /, "");
  const said = reason.trim() === "" ? `expected ${failedCondition(message)}` : reason;
  return new EngineError(`The graph '${graph.name}' does not run on ${device}: ${said}`, { cause: error });
}

/** Where the runtime gives no reason: the condition in its source that did not hold, without the file and, where that can be told, the function. */
const failedCondition = (message: string): string =>
  message
    .replace(/^.*\.(?:cc|h):\d+ /, "")
    .replace(/^.*\[(?:with )?\w+ = [^\]]*\] /, "")
    .replace(/ was false\.\s*$/, "");
