/** Where the time of a training step goes, from the runtime's own profile. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEngine } from "../engine/node.js";
import { networkTable } from "../network/display/table.js";
import type { Network } from "../network/network.js";
import { median } from "./interleaved.js";
import { BATCH, timedStep } from "./timed-step.js";

/** A part of the step. */
export interface Part {
  /** "conv2 filter gradient" */
  readonly name: string;
  readonly milliseconds: number;
  /** GFLOP/s, two operations for a multiply-add; undefined where nothing is multiplied */
  readonly speed: number | undefined;
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/\/gradient\/ConvDataGradient/, "data gradient"],
  [/\/gradient\/ConvFilterGradient/, "filter gradient"],
  [/\/gradient\//, "gradient"],
  [/\/step\//, "update"],
];

/** The part that a node belongs to, by its name: "conv2/Conv.7/gradient/ConvFilterGradient.73/Gemm.312". */
function partOf(node: string): string {
  const layer = node.split("/")[0];
  const kind = KINDS.find(([pattern]) => pattern.test(node))?.[1] ?? "forward";
  if (kind === "update") return "update of all parameters";
  if (/^(objective|Cast|Sub|Mul|constant|Transpose)/.test(layer)) return "objective, errors, normalisation";
  return `${layer} ${kind}`;
}

/** The parts of one training step of a network, the longest first. Profiling itself adds some per cent. */
export async function profiledStep(network: Network, threads: number, steps: number): Promise<Part[]> {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-profile-"));
  try {
    const step = await timedStep(nodeEngine({ threads, profile: join(folder, "step") }), network);
    for (let i = 0; i < steps; i++) await step();
    await step.close();
    const [file] = await readdir(folder);
    const events: { cat: string; name: string; dur: number }[] = JSON.parse(await readFile(join(folder, file), "utf8"));
    return summed(
      network,
      events.filter((event) => event.cat === "Node" && event.name.endsWith("_kernel_time")),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function summed(network: Network, events: readonly { name: string; dur: number }[]): Part[] {
  const nodes = new Map<string, number[]>();
  for (const { name, dur } of events) nodes.set(name, [...(nodes.get(name) ?? []), dur / 1000]);
  const parts = new Map<string, number>();
  for (const [name, times] of nodes) parts.set(partOf(name), (parts.get(partOf(name)) ?? 0) + median(times));
  const work = new Map(networkTable(network).rows.map((row) => [row.name, 2e-9 * BATCH * row.multiplyAdds]));
  return [...parts]
    .map(([name, milliseconds]) => {
      const [layer, ...kind] = name.split(" ");
      const operations = /^(forward|data gradient|filter gradient)$/.test(kind.join(" ")) ? (work.get(layer) ?? 0) : 0;
      return { name, milliseconds, speed: operations > 0 ? (1000 * operations) / milliseconds : undefined };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
