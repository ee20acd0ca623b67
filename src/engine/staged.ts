/** Programs of parts of a batch that run side by side, and add up numbers on the way. */

import { isStatic } from "../graph/dimension.js";
import { tensor, zeros } from "../graph/tensor.js";
import type { Graph, Tensor, Value } from "../graph/types.js";
import type { Stage, Sum } from "../lowering/stages.js";
import { type AddParts, EngineError, type Program } from "./engine.js";

/**
 * One program of several that run one after the other; between two of them numbers are added over all parts. What one stage makes for another lies where they run.
 *
 * @param whole what the program is to its caller
 * @param programs that of each stage
 * @param addParts adds up numbers; those of this part are all unless it is given
 */
export function stagedProgram(
  whole: Graph,
  stages: readonly Stage[],
  programs: readonly Program[],
  addParts: AddParts = async () => undefined,
): Program {
  const [first] = programs;
  const results = new Set(whole.outputs.map(({ name }) => name));
  const rooms = roomsOf(stages, results, first);
  return {
    inputs: whole.inputs.filter(({ name }) => !whole.initializers.has(name)),
    isAside: first.isAside,
    keep: (kept) => first.keep(kept),
    async run(inputs, into = {}) {
      const values = new Map(Object.entries(inputs));
      for (const [i, program] of programs.entries()) {
        const { graph, sums } = stages[i];
        const targets = Object.fromEntries(
          graph.outputs.flatMap(({ name }) => {
            const target = into[name] ?? rooms.get(name);
            return target ? [[name, target] as const] : [];
          }),
        );
        const taken = Object.fromEntries(program.inputs.map(({ name }) => [name, valueIn(values, name)]));
        for (const [name, value] of Object.entries(await program.run(taken, targets))) values.set(name, value);
        for (const [total, value] of await added(sums, values, addParts)) values.set(total, value);
      }
      return Object.fromEntries(whole.outputs.map(({ name }) => [name, valueIn(values, name)]));
    },
    async close() {
      for (const program of programs) await program.close();
    },
  };
}

function valueIn(values: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const value = values.get(name);
  if (!value) throw new EngineError(`There is no value '${name}': expected it among the inputs.`);
  return value;
}

/** The totals of what the part has, by name: all of them travel together. */
async function added(
  sums: readonly Sum[],
  values: ReadonlyMap<string, Tensor>,
  addParts: AddParts,
): Promise<readonly (readonly [string, Tensor])[]> {
  if (sums.length === 0) return [];
  const own = sums.map((sum) => valueIn(values, sum.own));
  const numbers = Float64Array.from(own.flatMap(({ data }) => Array.from(data, Number)));
  await addParts(numbers);
  let at = 0;
  return sums.map(({ total }, i) => {
    const from = at;
    at += own[i].data.length;
    return [total, tensor("float64", own[i].shape, numbers.slice(from, at))] as const;
  });
}

/**
 * Where values lie from stage to stage: what is no longer read makes room for others of its type and shape. Results, and what is read here to be added up, have no such room.
 */
function roomsOf(stages: readonly Stage[], results: ReadonlySet<string>, program: Program): Map<string, Tensor> {
  const lastRead = new Map<string, number>();
  for (const [i, { graph }] of stages.entries()) for (const { name } of graph.inputs) lastRead.set(name, i);
  const rooms = new Map<string, Tensor>();
  const free = new Map<string, Tensor[]>();
  const keyOf = ({ type, shape }: Pick<Value, "type" | "shape">): string => `${type} ${shape}`;
  for (const [i, { graph, sums }] of stages.entries()) {
    const own = new Set(sums.map((sum) => sum.own));
    for (const { name, type, shape } of graph.outputs) {
      if (results.has(name) || own.has(name) || !shape || !isStatic(shape)) continue;
      rooms.set(name, free.get(keyOf({ type, shape }))?.pop() ?? program.keep(zeros(type, shape)));
    }
    for (const [name, room] of rooms) {
      if (lastRead.get(name) !== i) continue;
      free.set(keyOf(room), [...(free.get(keyOf(room)) ?? []), room]);
    }
  }
  return rooms;
}
