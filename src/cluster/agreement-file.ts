/** Whether all ranks do the same. */

import { createHash } from "node:crypto";
import { errorText } from "../values/error-text.js";
import type { Mpi } from "./mpi-file.js";

/** What is said of the ranks that have another thing than rank 0. */
type Differing = ReadonlyMap<string, readonly number[]>;

/**
 * Compares what must be the same in all ranks, by its checksum.
 *
 * @param ranks those that are compared; each calls this, with its own
 * @param named what is compared, by what a message calls it: "version", "configuration"
 * @throws Error, in all ranks the same, when some rank has another thing than rank 0: which ones, and what
 * @example
 * const alone = { names: ["rank 0"], gather: async (bytes: Uint8Array) => [bytes] };
 * await expectAgreement(alone, { version: "0.1.0", configuration: '{"epochs":15}' });
 */
export async function expectAgreement(
  ranks: Pick<Mpi, "gather" | "names">,
  named: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  const own = Object.entries(named).map(([name, value]) => [name, createHash("sha256").update(value).digest("hex")]);
  const all = await ranks.gather(new TextEncoder().encode(JSON.stringify(own)));
  const digests = all.map((bytes): Map<string, string> => new Map(JSON.parse(new TextDecoder().decode(bytes))));
  const differing: Differing = new Map(
    [...new Set(digests.flatMap((of) => [...of.keys()]))].flatMap((name) => {
      const others = digests.flatMap((of, rank) => (of.get(name) === digests[0].get(name) ? [] : [rank]));
      return others.length > 0 ? [[name, others] as const] : [];
    }),
  );
  if (differing.size > 0) throw new Error(textOf(differing, ranks.names));
}

/**
 * Does what each rank does for itself and may fail in some: a node may have no data. Then all fail, with the same message.
 *
 * @throws Error, in all ranks the same, when it failed in some: in which ones, and why in the first of them
 * @example
 * const alone = { names: ["rank 0"], gather: async (bytes: Uint8Array) => [bytes] };
 * await allOrNone(alone, async () => 3); // 3
 */
export async function allOrNone<T>(ranks: Pick<Mpi, "gather" | "names">, work: () => Promise<T>): Promise<T> {
  const done = await work().then(
    (value) => ({ value }),
    (error: unknown) => ({ problem: errorText(error) || "it failed" }),
  );
  const own = new TextEncoder().encode("problem" in done ? done.problem : "");
  const problems = (await ranks.gather(own)).map((bytes) => new TextDecoder().decode(bytes));
  const failed = problems.flatMap((problem, rank) => (problem === "" ? [] : [rank]));
  if ("value" in done && failed.length === 0) return done.value;
  const where = failed.length === problems.length ? "" : ` (${namesOf(failed, ranks.names)})`;
  throw new Error(`${problems[failed[0]]}${where}`);
}

/** How many ranks a message names. */
const NAMED = 4;

function textOf(differing: Differing, names: readonly string[]): string {
  const parts = [...differing].map(([what, ranks]) => {
    return `${namesOf(ranks, names)}: another ${what}`;
  });
  return `The ranks do not do the same. Compared with ${names[0]}, ${parts.join("; ")}.`;
}

function namesOf(ranks: readonly number[], names: readonly string[]): string {
  const named = ranks.slice(0, NAMED).map((rank) => names[rank]);
  return `${named.join(", ")}${ranks.length > NAMED ? ` and ${ranks.length - NAMED} more` : ""}`;
}
