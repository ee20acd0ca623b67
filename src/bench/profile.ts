/** Where the time of a training step goes, from the runtime's own profile. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEngine } from "../engine/node.js";
import { elementCount } from "../graph/tensor.js";
import { networkTable, type TableRow } from "../network/display/table.js";
import type { Network } from "../network/network.js";
import { median } from "./interleaved.js";
import { timedStep } from "./timed-step.js";

/** A part of the step. */
export interface Part {
  /** "convolution, filter gradient" */
  readonly name: string;
  readonly milliseconds: number;
  /** the runtime's operators in it */
  readonly nodes: number;
  /** two for each multiply-add that the layers' definition asks for, in units of 10⁹; 0 where nothing is multiplied */
  readonly gigaflop: number;
  /** what its operators read and write, in units of 10⁹ bytes; views count nothing */
  readonly gigabytes: number;
}

/** A step and its parts, the longest first. */
export interface Profile {
  /** the median of whole steps, without profiling */
  readonly milliseconds: number;
  readonly parts: readonly Part[];
}

/** An operator of the graph as the profile has it: "conv2/Conv.7/gradient/ConvFilterGradient.73/Gemm.312". */
interface Operator {
  readonly name: string;
  readonly type: string;
  readonly milliseconds: number;
  readonly bytes: number;
}

/** What goes into a part of its own: `layers` names a part for each layer, `purposes` one for each kind of work. */
export type Grouping = "layers" | "purposes";

/** The parts of one training step of a network. */
export async function profiledStep(
  network: Network,
  grouping: Grouping,
  { threads, steps, batch }: { readonly threads: number; readonly steps: number; readonly batch: number },
): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-profile-"));
  try {
    const plain = await timedStep(nodeEngine({ threads }), network, batch);
    const times: number[] = [];
    for (let i = 0; i <= steps; i++) times.push(await plain());
    await plain.close();
    const profiled = await timedStep(nodeEngine({ threads, profile: join(folder, "step") }), network, batch);
    for (let i = 0; i <= steps; i++) await profiled();
    await profiled.close();
    const [file] = await readdir(folder);
    const operators = operatorsOf(JSON.parse(await readFile(join(folder, file), "utf8")));
    return { milliseconds: median(times.slice(1)), parts: summed(network, batch, grouping, operators) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An event of the runtime's profile. */
export interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args: {
    readonly op_name: string;
    readonly input_type_shape: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

/** They hand on the memory that they were given. */
const VIEWS: ReadonlySet<string> = new Set(["Reshape", "Squeeze", "Unsqueeze", "Identity", "Flatten"]);
const BYTES: Readonly<Record<string, number>> = { float: 4, int64: 8, int32: 4, double: 8, uint8: 1, bool: 1 };

function operatorsOf(events: readonly ProfileEvent[]): Operator[] {
  const seen = new Map<string, { times: number[]; event: ProfileEvent }>();
  for (const event of events) {
    if (event.cat !== "Node" || !event.name.endsWith("_kernel_time")) continue;
    const known = seen.get(event.name);
    if (known) known.times.push(event.dur / 1000);
    else seen.set(event.name, { times: [event.dur / 1000], event });
  }
  return [...seen].map(
    ([
      name,
      {
        times,
        event: { args },
      },
    ]) => {
      const values = VIEWS.has(args.op_name) ? [] : [...args.input_type_shape, ...args.output_type_shape];
      const bytes = values
        .flatMap((value) => Object.entries(value))
        .reduce((sum, [type, shape]) => sum + (BYTES[type] ?? 4) * elementCount(shape), 0);
      return { name, type: args.op_name, milliseconds: median(times), bytes };
    },
  );
}

/** What all operators of a type take in a step. */
export interface OperatorTime {
  readonly type: string;
  readonly milliseconds: number;
  readonly nodes: number;
}

/** The operators of a step by their type, those that take longest first. */
export function operatorTimes(events: readonly ProfileEvent[]): OperatorTime[] {
  const types = new Map<string, OperatorTime>();
  for (const { type, milliseconds } of operatorsOf(events)) {
    const known = types.get(type) ?? { type, milliseconds: 0, nodes: 0 };
    types.set(type, { type, milliseconds: known.milliseconds + milliseconds, nodes: known.nodes + 1 });
  }
  return [...types.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

const PASSES: readonly (readonly [RegExp, string])[] = [
  [/\/gradient\/ConvDataGradient/, "data gradient"],
  [/\/gradient\/ConvFilterGradient/, "filter gradient"],
  [/\/gradient\//, "gradient"],
];
const UPDATE = "update of all parameters";
const OBJECTIVE = "objective, errors, normalisation";
const PRODUCTS: ReadonlySet<string> = new Set([
  "Conv",
  "ConvTranspose",
  "MatMul",
  "Gemm",
  "FusedMatMul",
  "FusedGemm",
  "FusedConv",
]);

/** The part that an operator belongs to, and the layer and pass that it computes. */
function placeOf(operator: Operator, rows: ReadonlyMap<string, TableRow>, grouping: Grouping) {
  const row = [...layerNames(operator.name)].map((name) => rows.get(name)).find((found) => found !== undefined);
  const pass = PASSES.find(([pattern]) => pattern.test(operator.name))?.[1] ?? "forward";
  if (/\/step\//.test(operator.name)) return { part: UPDATE };
  // what adds the gradients of branches is a part of the convolution that makes one of them
  if (!row && operator.type === "Conv") return { part: "convolution, data gradient, and sums of branches" };
  if (!row) return { part: OBJECTIVE };
  if (grouping === "layers") return { part: `${row.name} ${pass}`, row, pass };
  return { part: `${purpose(row, operator)}, ${pass}`, row, pass };
}

/** "block1/conv/Conv.7": block1/conv/Conv.7, block1/conv, block1: a layer's name may have parts. */
function* layerNames(operator: string): Generator<string> {
  const parts = operator.split("/");
  for (let length = parts.length; length > 0; length--) yield parts.slice(0, length).join("/");
}

function purpose(row: TableRow, { type }: Operator): string {
  if (row.multiplyAdds === 0) return row.type;
  const what = row.groups > 1 ? "convolution in groups" : "convolution";
  return PRODUCTS.has(type) ? what : `copies for ${what}`;
}

function summed(network: Network, batch: number, grouping: Grouping, operators: readonly Operator[]): Part[] {
  const rows = new Map(networkTable(network).rows.map((row) => [row.name, row]));
  const parts = new Map<string, Part>();
  const counted = new Set<string>();
  for (const operator of operators) {
    const { part: name, row, pass } = placeOf(operator, rows, grouping);
    const part = parts.get(name) ?? { name, milliseconds: 0, nodes: 0, gigaflop: 0, gigabytes: 0 };
    const work = `${row?.name} ${pass}`;
    const first = row !== undefined && PRODUCTS.has(operator.type) && !counted.has(work);
    if (first) counted.add(work);
    parts.set(name, {
      name,
      milliseconds: part.milliseconds + operator.milliseconds,
      nodes: part.nodes + 1,
      gigaflop: part.gigaflop + (first ? 2e-9 * batch * row.multiplyAdds : 0),
      gigabytes: part.gigabytes + 1e-9 * operator.bytes,
    });
  }
  return [...parts.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}
