/** Changes of wording alone: what was an attribute became an input, or has another name or another default. */

import { float, floatOf, intOf, stringOf } from "../attributes.js";
import { codeOf, int64, isDataType } from "../tensor.js";
import { type Change, floatsIn, integersIn, type Rewriter, withAttributes, withInput } from "./change.js";

/** A list of integers becomes input i. */
export const integersAsInput =
  (name: string, i: number): Change =>
  (c) => {
    const values = integersIn(c.node.attributes[name]);
    const plain = withAttributes(c.node, [name]);
    // An empty list of axes means all of them, as none does.
    return values && values.data.length > 0 ? withInput(plain, i, c.initializer(values)) : plain;
  };

/** The numbers of elements of each part. */
export const splitAsInput: Change = integersAsInput("split", 1);

/** A number, where it was given, becomes input i. */
export function bounds(...names: readonly string[]): Change {
  return (c) => {
    const given = names.map((name) => (c.node.attributes[name] ? c.number(floatOf(c.node, name, 0)) : ""));
    while (given.at(-1) === "") given.pop();
    return { ...withAttributes(c.node, names), inputs: [c.node.inputs[0], ...given] };
  };
}

/** Pads and the number that they are filled with become inputs. */
export const padsAsInputs: Change = (c) => {
  const pads = integersIn(c.node.attributes.pads);
  if (!pads) return c.refuse("it has no pads");
  const value = floatOf(c.node, "value", 0);
  const fill = value === 0 ? [] : [c.number(value)];
  return { ...withAttributes(c.node, ["pads", "value"]), inputs: [c.node.inputs[0], c.initializer(pads), ...fill] };
};

/** Starts, ends and axes become inputs. */
export const boundsOfSlice: Change = (c) => {
  const [starts, ends, axes] = ["starts", "ends", "axes"].map((name) => integersIn(c.node.attributes[name]));
  if (!starts || !ends) return c.refuse("it has no starts or no ends");
  const inputs = [starts, ends, ...(axes ? [axes] : [])].map(c.initializer);
  return { ...withAttributes(c.node, ["starts", "ends", "axes"]), inputs: [c.node.inputs[0], ...inputs] };
};

/** The number of parts is said where their sizes are not. */
export const numberOfParts: Change = ({ node }) =>
  (node.inputs[1] ?? "") === "" ? withAttributes(node, [], { num_outputs: node.outputs.length }) : node;

/** Version 1 may have the sizes of the parts as an input. */
export const partsAsAttribute: Change = (c) => {
  if ((c.node.inputs[1] ?? "") === "") return c.node;
  const sizes = c.constant(1);
  if (!sizes) return c.refuse("the sizes of its parts are computed");
  return { ...withAttributes(c.node, [], { split: Array.from(sizes.data, Number) }), inputs: [c.node.inputs[0]] };
};

/** How many are taken becomes an input. */
export const countOfTopK: Change = (c) =>
  withInput(withAttributes(c.node, ["k"]), 1, c.initializer(int64([intOf(c.node, "k", 1)])));

/** The shape becomes an input. */
export const shapeOfReshape: Change = (c) => {
  const shape = integersIn(c.node.attributes.shape);
  if (!shape) return c.refuse("it has no shape");
  return withInput(withAttributes(c.node, ["shape", "consumed_inputs"]), 1, c.initializer(shape));
};

/** The axis, which was the second, becomes an input: in version 20 it is the last but one unless said otherwise. */
export const axisOfTransform: Change = (c) => {
  const axis = c.initializer(int64([intOf(c.node, "axis", 1)], []));
  return withInput(withAttributes(c.node, ["axis"]), 2, axis);
};

/** An attribute gets another name. */
export const renamed =
  (from: string, to: string): Change =>
  ({ node }) => {
    const value = node.attributes[from];
    return withAttributes(node, [from], value ? { [to]: value } : {});
  };

/** Numbers that were the default and no longer are, or that had none, are said. */
export const said =
  (defaults: Readonly<Record<string, number | string>>, ...dropped: readonly string[]): Change =>
  ({ node }) => {
    const missing = Object.entries(defaults).filter(([name]) => !node.attributes[name]);
    const values = missing.map(([name, value]) => [
      name,
      typeof value === "number" && !Number.isInteger(value) ? float(value) : value,
    ]);
    return withAttributes(node, dropped, Object.fromEntries(values));
  };

/** A word of an attribute is another one now. */
export const reworded =
  (name: string, otherwise: string, words: Readonly<Record<string, string>>): Change =>
  ({ node }) => {
    const word = stringOf(node, name, otherwise);
    return withAttributes(node, [], { [name]: Object.hasOwn(words, word) ? words[word] : word });
  };

/** The type that is cast to was a word, such as "FLOAT" or "INT64". */
export const typeAsNumber: Change = (c) => {
  const to = c.node.attributes.to;
  if (to?.type !== "string") return c.node;
  const word = stringOf(c.node, "to", "").toLowerCase();
  const type: string = { float: "float32", double: "float64" }[word] ?? word;
  if (!isDataType(type)) return c.refuse(`it casts to ${word}`);
  return withAttributes(c.node, [], { to: codeOf(type) });
};

/** The exponent of a norm was a float. */
export const wholeExponent: Change = (c) => {
  const p = c.node.attributes.p;
  if (p?.type !== "float") return c.node;
  if (!Number.isInteger(p.value)) return c.refuse(`its exponent is ${p.value}, and later versions take whole ones`);
  return withAttributes(c.node, [], { p: p.value });
};

/** Repeats along one axis become repeats along all. */
export const repeatsOfTile: Change = (c) => {
  const [times, axis] = [c.constant(1), c.constant(2)];
  const rank = c.shape(0)?.length;
  if (!times || !axis || rank === undefined)
    return c.refuse("its repeats are computed, or the axes of its input not known");
  const repeats = Array.from({ length: rank }, () => 1).with(Number(axis.data[0]), Number(times.data[0]));
  return { ...c.node, inputs: [c.node.inputs[0], c.initializer(int64(repeats))] };
};

/** The scales of height and width become those of all four axes. */
export const scalesOfAllAxes: Change = ({ node }) => {
  const scales = [1, 1, floatOf(node, "height_scale", 1), floatOf(node, "width_scale", 1)];
  const mode = stringOf(node, "mode", "nearest");
  return withAttributes(node, ["height_scale", "width_scale"], {
    scales: { type: "floats", value: scales },
    mode: mode === "bilinear" ? "linear" : mode,
  });
};

/** The scales become an input. */
export const scalesAsInput: Change = (c) => {
  const scales = floatsIn(c.node.attributes.scales);
  if (!scales) return c.refuse("it has no scales");
  return withInput(withAttributes(c.node, ["scales"]), 1, c.initializer(scales));
};

/**
 * Before version 7 a second input had to have the shape of the first, or to be said to be broadcast: along the last axes, or from an axis on. Since then
 * shapes are broadcast from the last axis, so that what begins at an axis gets axes of size 1 behind it.
 */
export const broadcastFromAxis: Change = (c) => {
  const plain = withAttributes(c.node, ["broadcast", "axis", "consumed_inputs"]);
  const axis = c.node.attributes.axis;
  if (intOf(c.node, "broadcast", 0) === 0 || axis === undefined) return plain;
  const [a, b] = [c.shape(0)?.length, c.shape(1)?.length];
  if (a === undefined || b === undefined)
    return c.refuse("it is broadcast from an axis on, and the axes of its inputs are not known");
  const from = intOf(c.node, "axis", 0);
  const behind = a - (from < 0 ? from + a : from) - b;
  return behind > 0 ? withInput(plain, 1, withAxesBehind(c, b, behind)) : plain;
};

const withAxesBehind = (c: Rewriter, rank: number, behind: number): string =>
  c.op("Unsqueeze", [c.node.inputs[1]], { axes: Array.from({ length: behind }, (_, i) => rank + i) });

/** Before version 7 a slope for each channel was a vector; since then it is broadcast from the last axis. */
export const slopePerChannel: Change = (c) => {
  const [x, slope] = [c.shape(0), c.shape(1)];
  if (!x || !slope) return c.refuse("the shapes of its inputs are not known");
  const single = slope.length !== 1 || slope[0] === 1 || x.length <= 2;
  return single ? c.node : withInput(c.node, 1, withAxesBehind(c, 1, x.length - 2));
};

/** What a word of the first version meant is said by the right one. */
export const direction: Change = ({ node }) =>
  stringOf(node, "direction", "forward") === "foward" ? withAttributes(node, ["direction"]) : node;

/** Before version 7 nothing said whether a mean counts the padding. */
export const meanWithoutPadding: Change = (c) => {
  const pads = integersIn(c.node.attributes.pads)?.data ?? [];
  if (Array.from(pads).some((pad) => pad !== 0n))
    return c.refuse("that version does not say whether a mean counts padding");
  return c.node;
};
