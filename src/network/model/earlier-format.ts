/** What model files of format 2 said in another way. */

import { lossKindOf } from "../../blocks/loss/loss.js";

/** The format in which every loss had the fields of all kinds of losses, and statistics the names of two errors. */
export const BEFORE_KINDS = 2;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields of any layer, and those that tell which loss it is. */
const COMMON = ["type", "loss", "name", "inputs", "output", "parameters", "frozen"];

/** A network's description in which losses have only the fields of their own kind. */
export function withoutForeignFields(network: unknown): unknown {
  if (!isObject(network) || !Array.isArray(network.layers)) return network;
  const layers = network.layers.map((layer: unknown) => {
    if (!isObject(layer) || layer.type !== "loss" || typeof layer.loss !== "string") return layer;
    const known = [...COMMON, ...lossKindOf({ loss: layer.loss }).fields];
    return Object.fromEntries(Object.entries(layer).filter(([name]) => known.includes(name)));
  });
  return { ...network, layers };
}

/** A history whose statistics have their errors among the metrics, and whose epochs have statistics of the layers. */
export function withMetrics(history: unknown): unknown {
  if (!Array.isArray(history)) return history;
  const statistics = (given: unknown): unknown => {
    if (!isObject(given)) return given;
    const { top1Error, top5Error, ...rest } = given;
    const metrics = Object.fromEntries(
      Object.entries({ top1Error, top5Error }).filter(([, value]) => typeof value === "number"),
    );
    return { ...rest, metrics };
  };
  return history.map((epoch: unknown) => {
    if (!isObject(epoch)) return epoch;
    const { inspection, ...rest } = epoch;
    const parts = Object.entries(rest).map(([name, value]) =>
      name === "train" || name === "validation" ? [name, statistics(value)] : [name, value],
    );
    return { ...Object.fromEntries(parts), ...(inspection === undefined ? {} : { layerStatistics: inspection }) };
  });
}
