/** Names, wiring and order of the layers of a network, before their shapes are known. */

import { shortType } from "../blocks/definitions.js";
import type { Layer } from "../blocks/layer.js";
import { ShapeError } from "../graph/infer/infer.js";

/** A layer with its names. */
export interface Draft {
  /** its place in the list, from 1 */
  readonly number: number;
  readonly name: string;
  readonly layer: Layer;
  /** the variables that it reads */
  readonly reads: readonly string[];
  /** the variable that it makes */
  readonly makes: string;
}

/** "layer 3 'conv1'" */
const where = ({ number, name }: Draft): string => `layer ${number} '${name}'`;

/**
 * Gives each layer its name and its variables: where it does not say otherwise it reads what the layer before it makes, a loss
 * aside, and the first one the image.
 *
 * @throws ShapeError when two layers have the same name, or make the same variable
 */
export function draftLayers(layers: readonly Layer[], image: string): Draft[] {
  const counts = new Map<string, number>();
  const makers = new Map<string, Draft>();
  const names = new Set<string>();
  let before = image;
  return layers.map((layer, index) => {
    const type = shortType(layer.type);
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    const name = layer.name ?? `${type}${count}`;
    const draft = { number: index + 1, name, layer, reads: layer.inputs ?? [before], makes: layer.output ?? name };
    if (names.has(name)) throw new ShapeError(`${where(draft)}: another layer has the same name`);
    names.add(name);
    const other = makers.get(draft.makes);
    if (other) throw new ShapeError(`${where(draft)}: it makes '${draft.makes}', as ${where(other)} does`);
    makers.set(draft.makes, draft);
    if (layer.type !== "loss") before = draft.makes;
    return draft;
  });
}

/**
 * Sorts layers so that each comes after those that it reads. Layers that are in order already stay in it.
 *
 * @param inputs the variables that are there from the start
 * @throws ShapeError when a layer makes an input, or reads a variable that nothing makes, or the layers form a cycle
 */
export function orderLayers(drafts: readonly Draft[], inputs: readonly string[]): Draft[] {
  const makers = new Map(drafts.map((draft) => [draft.makes, draft]));
  for (const name of inputs) {
    const maker = makers.get(name);
    if (maker) throw new ShapeError(`${where(maker)}: it makes '${name}', which is an input of the network`);
  }
  const known = new Set(inputs);
  const result: Draft[] = [];
  const path: Draft[] = [];
  const visit = (draft: Draft): void => {
    if (known.has(draft.makes)) return;
    const start = path.indexOf(draft);
    if (start >= 0) {
      const names = [...path.slice(start), draft].reverse().map(({ name }) => name);
      throw new ShapeError(`${where(draft)}: it depends on itself: ${names.join(" → ")}`);
    }
    path.push(draft);
    for (const variable of draft.reads) {
      if (known.has(variable)) continue;
      const maker = makers.get(variable);
      if (!maker)
        throw new ShapeError(`${where(draft)}: it reads '${variable}', which neither an input nor a layer makes`);
      visit(maker);
    }
    path.pop();
    known.add(draft.makes);
    result.push(draft);
  };
  for (const draft of drafts) visit(draft);
  return result;
}
