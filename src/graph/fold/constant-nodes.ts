/** Which nodes can be computed before anything is fed, and what they give. */

import { isStatic } from "../dimension.js";
import type { Inference } from "../infer/infer.js";
import { type Model, modelOf } from "../model.js";
import { elementCount } from "../tensor.js";
import type { Node, Opsets, Tensor } from "../types.js";
import { subgraphs } from "../unused.js";

/** Something that runs models: an engine. */
export interface Evaluator {
  load(model: Model): Promise<{
    run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
    close(): Promise<void>;
  }>;
}

/** What gives other numbers each time. */
const RANDOM = [
  "Bernoulli",
  "Dropout",
  "Multinomial",
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
];

/** What makes no more elements than it gets, however many that are. */
const NOT_GROWING = [
  "Compress",
  "DynamicQuantizeLinear",
  "NonMaxSuppression",
  "NonZero",
  "Reshape",
  "Slice",
  "Squeeze",
  "Unique",
];

/** What has more elements is computed only where it is made of as many: half a gibibyte of floats, and the largest filters of VGG-16. */
const LARGE = 2 ** 27;

/** Whether a node gives the same each time, and no more elements than a model can hold. */
export function isComputable(node: Node, { typeOf }: Inference, constants: ReadonlyMap<string, Tensor>): boolean {
  if (node.domain === "" && RANDOM.includes(node.operator)) return false;
  if (subgraphs(node).length > 0 || node.outputs.length === 0) return false;
  const read = node.inputs
    .filter((input) => input !== "")
    .reduce((sum, input) => sum + (constants.get(input)?.data.length ?? 0), 0);
  return node.outputs.every((output) => {
    if (output === "") return true;
    const type = typeOf(output);
    // A sequence, or text, or what no runtime of ours hands out.
    if (!type || type.type === "bfloat16") return false;
    if (!type.shape || !isStatic(type.shape)) return NOT_GROWING.includes(node.operator);
    return elementCount(type.shape) <= Math.max(LARGE, read);
  });
}

/** What nodes were found to make. */
export interface Computed {
  readonly values: ReadonlyMap<string, Tensor>;
  /** those that the engine does not run, and those that read them */
  readonly left: readonly Node[];
}

/** What nodes make that read constants and each other: all that is wanted in one run, or, where that fails, one node after the other. */
export async function computed(
  nodes: readonly Node[],
  wanted: readonly string[],
  constants: ReadonlyMap<string, Tensor>,
  engine: Evaluator,
  opsets: Opsets,
): Promise<Computed> {
  if (wanted.length === 0) return { values: new Map(), left: [] };
  try {
    return { values: await run(nodes, wanted, constants, engine, opsets), left: [] };
  } catch {
    const known = new Map(constants);
    const values = new Map<string, Tensor>();
    const left: Node[] = [];
    for (const node of nodes) {
      const outputs = node.outputs.filter((output) => output !== "");
      try {
        if (!node.inputs.every((input) => input === "" || known.has(input)))
          throw new TypeError("reads what was not computed");
        for (const [name, value] of await run([node], outputs, known, engine, opsets)) {
          known.set(name, value);
          values.set(name, value);
        }
      } catch {
        left.push(node);
      }
    }
    return { values, left };
  }
}

async function run(
  nodes: readonly Node[],
  wanted: readonly string[],
  constants: ReadonlyMap<string, Tensor>,
  engine: Evaluator,
  opsets: Opsets,
): Promise<ReadonlyMap<string, Tensor>> {
  const initializers = new Map<string, Tensor>();
  for (const name of nodes.flatMap((node) => node.inputs)) {
    const value = constants.get(name);
    if (value) initializers.set(name, value);
  }
  const model = modelOf(
    {
      name: "constants",
      inputs: [],
      outputs: wanted.map((name) => ({ name, type: "float32", shape: undefined, opaque: true })),
      initializers,
      nodes,
    },
    { opsets },
  );
  const program = await engine.load(model);
  try {
    const results = await program.run({});
    return new Map(wanted.map((name) => [name, results[name]]));
  } finally {
    await program.close();
  }
}
