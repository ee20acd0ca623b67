/** Which tensors of a pickle are the weights, and what they are called. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { madeOf, StoredTensor } from "./names.js";
import { type Pickled, PickledDict, PickledList, PickledObject } from "./pickle.js";

/** Under these names checkpoints keep the weights; the first that is there counts. */
const WEIGHTS = [
  "state_dict",
  "model_state_dict",
  "model_state",
  "model",
  "net",
  "network",
  "params",
  "weights",
  "module",
];

/** What comes before every name where a model was wrapped: DataParallel, torch.compile. */
const WRAPPERS = ["module.", "_orig_mod."];

const DEEPEST = 64;
const MOST = 1_000_000;

/** The weights by their names, and what was said beside them. */
export interface State {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/**
 * Finds the weights in what a pickle holds: a state dictionary, or a checkpoint that has one.
 *
 * @throws ModelFormatError when it holds no tensors, or more than anybody names
 */
export function stateOf(root: Pickled): State {
  const notes: string[] = [];
  const entries = root instanceof PickledDict ? [...root.entries] : [];
  const isCheckpoint = entries.every(([, value]) => tensorIn(value) === undefined);
  const found = isCheckpoint
    ? WEIGHTS.map((name) => entries.find(([key]) => key === name)).find(
        (entry) => entry && allTensors(entry[1]).size > 0,
      )
    : undefined;
  if (found)
    notes.push(`The weights are those under '${String(found[0])}' of the checkpoint; what else it holds is left.`);
  const { tensors, prefix } = withoutWrapper(allTensors(found ? found[1] : root));
  if (tensors.size === 0)
    throw new ModelFormatError("Expected tensors in the pickle, such as those of a state_dict; got none.");
  if (prefix !== "") notes.push(`Every name began with '${prefix}', which was taken off.`);
  const metadata = entries.flatMap(([key, value]) => {
    const isPlain = ["string", "number", "boolean", "bigint"].includes(typeof value);
    return typeof key === "string" && isPlain ? [[key, String(value)] as const] : [];
  });
  return { tensors, metadata: Object.fromEntries(metadata), notes };
}

function tensorIn(value: Pickled): StoredTensor | undefined {
  const made = madeOf(value);
  return made instanceof StoredTensor ? made : undefined;
}

/** Every tensor in dictionaries, lists and objects, under the names on the way to it. */
function allTensors(root: Pickled): ReadonlyMap<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  let seen = 0;
  const walk = (value: Pickled, path: string, depth: number): void => {
    seen++;
    if (depth > DEEPEST || seen > MOST) {
      throw new ModelFormatError(
        `The pickle, at '${path.slice(0, 60)}': expected at most ${DEEPEST} levels and ${MOST} values, got more.`,
      );
    }
    const tensor = tensorIn(value);
    if (tensor) tensors.set(path === "" ? "tensor" : path, tensor);
    for (const [key, item] of childrenOf(value)) walk(item, path === "" ? key : `${path}.${key}`, depth + 1);
  };
  walk(root, "", 0);
  return tensors;
}

function childrenOf(value: Pickled): [string, Pickled][] {
  if (value instanceof PickledDict) {
    return [...value.entries].flatMap(([key, item]) =>
      typeof key === "string" || typeof key === "number" ? [[`${key}`, item] as [string, Pickled]] : [],
    );
  }
  if (value instanceof PickledList) return value.items.map((item, i) => [`${i}`, item]);
  // TorchScript's modules; options of a script and the like have no name here.
  if (value instanceof PickledObject && value.name !== "" && value.state instanceof PickledDict)
    return childrenOf(value.state);
  return [];
}

function withoutWrapper(tensors: ReadonlyMap<string, StoredTensor>): {
  tensors: ReadonlyMap<string, StoredTensor>;
  prefix: string;
} {
  let prefix = "";
  for (;;) {
    const next = WRAPPERS.find((wrapper) => [...tensors.keys()].every((name) => name.startsWith(prefix + wrapper)));
    if (next === undefined || tensors.size === 0) break;
    prefix += next;
  }
  return { tensors: new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor])), prefix };
}
