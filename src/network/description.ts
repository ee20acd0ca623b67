/** A network as JSON holds it, and back. */

import { LAYERS, type Layer } from "../blocks/layer.js";
import { IMAGE_SHAPE } from "../values/image-shape.js";
import { byName, text } from "../values/kind.js";
import { record, required } from "../values/record.js";
import { dag, type InputShapes, type Network } from "./network.js";
import { draftLayers } from "./order.js";

/** What determines a network: its name, the sizes of its inputs, its layers. Plain data for `JSON.stringify`. */
export interface NetworkDescription {
  readonly name: string;
  readonly inputs: InputShapes;
  readonly layers: readonly Layer[];
}

/**
 * The description from which {@link networkFrom} makes the same network again.
 *
 * @example
 * descriptionOf(lenet()).inputs; // {"image": {"channels": 1, "height": 28, "width": 28}}
 */
export function descriptionOf({ name, inputs, layers }: Network): NetworkDescription {
  const shapes = Object.fromEntries(inputs.map((input) => [input.name, input.shape]));
  const plain = layers.map(({ layer }) => layer);
  // Where sorting has moved layers, what they were left to infer must be said.
  const drafts = draftLayers(plain, inputs[0].name);
  const same = layers.every((placed, i) => {
    const reads = placed.inputs.map((variable) => variable.name);
    return drafts[i].name === placed.name && drafts[i].reads.join("\n") === reads.join("\n");
  });
  const explicit = (): Layer[] =>
    layers.map((placed) => ({ ...placed.layer, name: placed.name, inputs: placed.inputs.map((v) => v.name) }));
  return { name, inputs: shapes, layers: same ? plain : explicit() };
}

/**
 * The network of a description that was parsed from JSON, every field of it checked.
 *
 * @throws TypeError when a field is missing or of the wrong type: "network: layer 3: support: expected …, got …"
 * @throws RangeError when a layer's option is out of range
 * @throws ShapeError when the layers do not fit each other
 * @example
 * networkFrom(JSON.parse(JSON.stringify(descriptionOf(ocr())))); // equals ocr()
 */
export function networkFrom(description: unknown): Network {
  const { name, inputs, layers } = NETWORK.read(description, "network");
  return dag(name, inputs, layers);
}

/** A network as JSON has it. */
const NETWORK = record({
  name: required(text()),
  inputs: required(byName(IMAGE_SHAPE)),
  layers: required(LAYERS),
});
