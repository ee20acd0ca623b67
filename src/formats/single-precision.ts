/** Models that compute in numbers of 16 or 64 bits, in float32. */

import type { Model } from "../graph/model.js";
import { codeOf, dataTypeOf } from "../graph/tensor.js";
import type { Attribute, DataType, Graph, Node, Tensor, Value } from "../graph/types.js";
import { asFloat32 } from "./elements.js";

/**
 * A model whose floating-point numbers are all float32: weights, constants, what it takes and gives, and the types that nodes name. Numbers of 16 bits are exact; those of
 * 64 bits are rounded, and stay as they are inside a model that neither takes nor gives any.
 *
 * @returns the model itself where it has no others; `from`: the types that became float32
 */
export function inSinglePrecision(model: Model): { readonly model: Model; readonly from: readonly DataType[] } {
  const { graph, functions } = model;
  const hasDoubles = [...graph.inputs, ...graph.outputs].some(({ type, opaque }) => type === "float64" && !opaque);
  const others: readonly DataType[] = ["float16", "bfloat16", ...(hasDoubles ? (["float64"] as const) : [])];
  const found = new Set<DataType>();
  const isOther = (type: DataType | undefined): type is DataType => {
    if (type === undefined || !others.includes(type)) return false;
    found.add(type);
    return true;
  };
  const tensorOf = (value: Tensor): Tensor => (isOther(value.type) ? asFloat32(value) : value);
  const declared = (value: Value): Value =>
    !value.opaque && isOther(value.type) ? { ...value, type: "float32" } : value;
  const attributeOf = (name: string, attribute: Attribute): Attribute => {
    const { type } = attribute;
    if (type === "tensor") return { ...attribute, value: tensorOf(attribute.value) };
    if (type === "tensors") return { ...attribute, value: attribute.value.map(tensorOf) };
    if (type === "graph") return { ...attribute, value: graphOf(attribute.value) };
    if (type === "graphs") return { ...attribute, value: attribute.value.map(graphOf) };
    const isType =
      type === "int" && (name === "to" || name === "dtype") && isOther(dataTypeOf(Number(attribute.value)));
    return isType ? { ...attribute, value: codeOf("float32") } : attribute;
  };
  const nodeOf = (node: Node): Node => {
    const named = Object.entries(node.attributes);
    return { ...node, attributes: Object.fromEntries(named.map(([name, own]) => [name, attributeOf(name, own)])) };
  };
  const graphOf = (own: Graph): Graph => ({
    ...own,
    inputs: own.inputs.map(declared),
    outputs: own.outputs.map(declared),
    initializers: new Map([...own.initializers].map(([name, value]) => [name, tensorOf(value)])),
    nodes: own.nodes.map(nodeOf),
    ...(own.declared ? { declared: own.declared.map(declared) } : {}),
  });
  const single = {
    ...model,
    graph: graphOf(graph),
    ...(functions ? { functions: functions.map((own) => ({ ...own, nodes: own.nodes.map(nodeOf) })) } : {}),
  };
  return found.size > 0 ? { model: single, from: [...found] } : { model, from: [] };
}
