/** The weights of Keras's files: HDF5, by names of layers (`.h5`), or by their classes and places (`.keras`). */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import type { Tensor } from "../../graph/types.js";
import { asFloat32 } from "../elements.js";
import type { Hdf5Object } from "../hdf5/hdf5.js";

/** Where a layer stands: its name and those of the models around it, and what the newer files call it. */
export interface Place {
  readonly names: readonly string[];
  /** "conv2d", "conv2d_1": its class, with a number where there are several */
  readonly slots: readonly string[];
}

/** The weights of a layer in Keras's order: those that are trained, then the others. */
export type WeightsOf = (place: Place, inside: readonly (readonly string[])[]) => Promise<Tensor<"float32">[]>;

async function numbersOf(object: Hdf5Object | undefined, where: string): Promise<Tensor<"float32">> {
  const value = object?.isDataset ? await object.read() : undefined;
  if (value?.kind !== "numbers") throw new ModelFormatError(`Keras: ${where}: expected an array of numbers.`);
  return asFloat32(value.tensor);
}

/** The texts of an attribute that may be cut into several: "weight_names", or "weight_names0", "weight_names1" … */
function textsOf(object: Hdf5Object, name: string): readonly string[] {
  const one = object.attribute(name);
  if (one?.kind === "texts") return one.texts;
  const all: string[] = [];
  for (let i = 0; ; i++) {
    const some = object.attribute(`${name}${i}`);
    if (some?.kind !== "texts") return all;
    all.push(...some.texts);
  }
}

/** Weights by names: a group for each layer of the outermost model, which lists those of the layers within, too. */
export const weightsByName = (root: Hdf5Object): WeightsOf => {
  const groups = root.get("model_weights") ?? root;
  const listed = new Map<string, { group: Hdf5Object; names: readonly string[] }>();
  return async ({ names: [outer, ...inner] }) => {
    let entry = listed.get(outer);
    if (!entry) {
      const group = groups.get(outer);
      if (!group) return [];
      entry = { group, names: textsOf(group, "weight_names") };
      listed.set(outer, entry);
    }
    const { group, names } = entry;
    const own = inner.at(-1);
    const wanted = own === undefined ? names : names.filter((name) => name.split("/").slice(0, -1).includes(own));
    const weights: Tensor<"float32">[] = [];
    for (const name of wanted) weights.push(await numbersOf(group.get(name), `'${name}' of layer '${outer}'`));
    return weights;
  };
};

/** What the list of a model's layers is called, in newer files and in those of Keras 2. */
const LISTS = ["layers", "_layer_checkpoint_dependencies"];

/** Weights by place: a group for each layer, with the numbers of its variables. */
export const weightsByPlace =
  (root: Hdf5Object): WeightsOf =>
  async ({ slots, names }, inside) => {
    let group: Hdf5Object | undefined = root;
    for (const slot of slots) {
      const model: Hdf5Object | undefined = group;
      group = LISTS.map((list) => model?.get(list)?.get(slot)).find((found) => found !== undefined);
    }
    const weights: Tensor<"float32">[] = [];
    for (const path of inside) {
      const variables = group?.get([...path, "vars"].join("/"));
      for (const name of [...(variables?.names ?? [])].sort((a, b) => Number(a) - Number(b))) {
        weights.push(await numbersOf(variables?.get(name), `layer '${names.join("/")}': variable ${name}`));
      }
    }
    return weights;
  };

/** A class as files have it: "Conv2D" is "conv2d", "BatchNormalization" "batch_normalization". */
export const slotOf = (className: string): string =>
  className
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
