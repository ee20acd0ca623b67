/** A network as the units that are drawn: a layer and what works number by number on what it makes. */

import { blockOf } from "../../blocks/layer.js";
import { typeName } from "../../network/display/table.js";
import { receptiveFields } from "../../network/geometry.js";
import { type Network, type PlacedLayer, withoutLoss } from "../../network/network.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";

/** What a unit stands for: how it is drawn. */
export type UnitKind = "input" | "convolution" | "full" | "pool" | "join" | "other";

/** A layer, and those behind it that only work number by number: normalisation, activation, dropout. */
export interface Unit {
  readonly kind: UnitKind;
  /** "conv 3×3 /2" */
  readonly text: string;
  /** the names of its layers; of an input its own */
  readonly names: readonly string[];
  /** what the layers behind the first are called: "batchNorm", "relu" */
  readonly behind: readonly string[];
  /** the units that it reads */
  readonly inputs: readonly number[];
  readonly output: ImageShape;
  /** how many pixels of the image one of its numbers depends on: height, width */
  readonly field: readonly [number, number];
}

/**
 * The units of a network in their order, its inputs first; losses are left out.
 *
 * @example
 * unitsOf(ocr()).map(({ text }) => text)[1]; // "conv 5×5"
 */
export function unitsOf(network: Network): readonly Unit[] {
  const { inputs, layers } = withoutLoss(network);
  const fields = receptiveFields(network);
  const fieldOf = new Map(network.layers.map(({ name }, i) => [name, fields[i].size]));
  const readers = new Map<string, number>();
  for (const layer of layers) for (const { name } of layer.inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  const units: Unit[] = inputs.map(({ name, shape }) => ({
    ...{ kind: "input", text: name, names: [name], behind: [], inputs: [], output: shape, field: [1, 1] },
  }));
  const makers = new Map(inputs.map(({ name }, i) => [name, i]));
  for (const placed of layers) {
    const read = [...new Set(placed.inputs.flatMap(({ name }) => makers.get(name) ?? []))];
    const [before] = read;
    const field = fieldOf.get(placed.name) ?? [1, 1];
    const follows = isPointwise(placed) && readers.get(placed.inputs[0].name) === 1 && units[before].kind !== "input";
    if (follows) {
      const unit = units[before];
      const [names, behind] = [
        [...unit.names, placed.name],
        [...unit.behind, typeName(placed.layer)],
      ];
      units[before] = { ...unit, names, behind };
      makers.set(placed.output.name, before);
      continue;
    }
    const { kind, text } = describe(placed);
    units.push({ kind, text, names: [placed.name], behind: [], inputs: read, output: placed.output.shape, field });
    makers.set(placed.output.name, units.length - 1);
  }
  return units;
}

/** Whether a layer makes of each number one at the same place, by itself or with what the layer has learned. */
function isPointwise({ layer, inputs, output }: PlacedLayer): boolean {
  const { support } = blockOf(layer).window(layer, inputs[0].shape);
  const single = support[0] === 1 && support[1] === 1;
  return (
    inputs.length === 1 &&
    layer.type !== "conv" &&
    layer.type !== "pool" &&
    single &&
    shapeText(inputs[0].shape) === shapeText(output.shape)
  );
}

function describe({ layer, inputs: [{ shape }, ...others], output }: PlacedLayer): Pick<Unit, "kind" | "text"> {
  const { support, stride } = blockOf(layer).window(layer, shape);
  const moved = stride[0] > 1 || stride[1] > 1 ? ` /${Math.max(...stride)}` : "";
  const type = typeName(layer);
  if (layer.type === "conv") {
    const covers = support[0] === shape.height && support[1] === shape.width;
    if (covers && output.shape.height * output.shape.width === 1) return { kind: "full", text: "fully connected" };
    const name = layer.groups === 1 ? "conv" : layer.groups === shape.channels ? "depthwise" : "grouped";
    return { kind: "convolution", text: `${name} ${support.join("×")}${moved}` };
  }
  const isAll = support[0] >= shape.height && support[1] >= shape.width;
  const of = /max/i.test(type) ? "max" : "mean";
  if (/^global/.test(type)) return { kind: "pool", text: `${of} of all` };
  if (layer.type === "pool") {
    return { kind: "pool", text: isAll && shape.height > 1 ? `${of} of all` : `${of} ${support.join("×")}${moved}` };
  }
  if (others.length > 0) return { kind: "join", text: type };
  return { kind: /pool/i.test(type) ? "pool" : "other", text: type };
}
