/** The derivative of a convolution by its images, where the filters are fixed. */

import type { Rule } from "../autodiff/rule.js";
import { RULES } from "../autodiff/rules.js";
import { attributes } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { groupsOf, reach, slidesAttributes, slidesOf } from "../graph/window.js";

/**
 * The same derivative as a convolution with the filters turned by half a circle, where the stride is 1: the runtime turns filters that are fixed once, when it makes the graph ready, and
 * convolves faster than it puts windows back, of one channel each above all.
 *
 *   dX = pad(dY) ⋆ F′,   F′[c, k, u, v] = F[k, c, −u, −v] within each group
 */
export const turnedConv: Rule = (c) => {
  const { g, node, dy, wants } = c;
  const [x, filters] = node.inputs;
  const [, , ...image] = g.shape(x);
  const [, , ...support] = g.shape(filters);
  const [, , ...places] = g.shape(node.outputs[0]);
  const slides = slidesOf(node, support, image, places);
  const pads = slides.pads.map(([before, after], axis) => {
    const far = reach(support[axis], slides.dilation[axis]) - 1;
    return [far - before, far - after] as const;
  });
  const isTurnable = wants(0) && !wants(1) && !(node.inputs[2] && wants(2)) && g.constantValue(filters) !== undefined;
  if (!isTurnable || slides.stride.some((step) => step > 1) || pads.flat().some((pad) => pad < 0)) return RULES.Conv(c);
  const groups = groupsOf(node);
  const turned = turnedFilters(g, filters, groups);
  return [g.op("Conv", [dy, turned], { ...slidesAttributes({ ...slides, pads }), ...attributes({ group: groups }) })];
};

function turnedFilters(g: GraphBuilder, filters: string, groups: number): string {
  const [count, depth, ...support] = g.shape(filters);
  const axes = support.map((_, axis) => axis + 2);
  const far = support.map(() => -(2 ** 31));
  const last = support.map(() => -1);
  const isPoint = support.every((size) => size === 1);
  const flipped = isPoint
    ? filters
    : g.op("Slice", [filters, g.ints(...last), g.ints(...far), g.ints(...axes), g.ints(...last)]);
  const grouped = g.op("Reshape", [flipped, g.ints(groups, count / groups, depth, ...support)]);
  const swapped = g.op("Transpose", [grouped], { perm: [0, 2, 1, ...axes.map((axis) => axis + 1)] });
  return g.op("Reshape", [swapped, g.ints(groups * depth, count / groups, ...support)]);
}
