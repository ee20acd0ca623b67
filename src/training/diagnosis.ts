import type { Engine, Values } from "../engine/engine.js";
import type { Tensor } from "../graph/types.js";
import type { Normalization } from "../network/model.js";
import { type Network, parametersOf } from "../network/network.js";
import { inspectionGraph } from "./graphs.js";

/** Raised when a number in training becomes infinite or NaN: the lecture's "parameters explode". */
export class DivergenceError extends Error {
  override readonly name = "DivergenceError";
}

/** Where training was when it went wrong. */
export interface Moment {
  readonly epoch: number;
  readonly batch: number;
  readonly learningRate: number;
}

/**
 * Finds where numbers went wrong, by looking at the parameters that a step began with, and then at everything that it computed.
 *
 * @param inputs what the step was given
 * @returns the error to throw: it names the layer
 */
export async function diagnose(
  engine: Engine,
  network: Network,
  normalization: Normalization,
  inputs: Values,
  { epoch, batch, learningRate }: Moment,
): Promise<DivergenceError> {
  const found =
    badParameter(network, inputs) ?? (await badValue(engine, network, normalization, inputs)) ?? "the objective";
  return new DivergenceError(
    `Training diverged in epoch ${epoch}, batch ${batch}: ${found} became infinite or not a number. ` +
      `The learning rate ${Number(learningRate.toPrecision(3))} is probably too high: try ${Number((learningRate / 10).toPrecision(3))}.`,
  );
}

/** Whether every number of a tensor is one: neither infinite nor NaN. */
export function allFinite({ data }: Tensor): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(Number(data[i]))) return false;
  return true;
}

const layerOf = (network: Network, name: string): string => {
  const layer = network.layers.find((l) => l.name === name);
  return `layer ${layer?.number} '${name}'`;
};

function badParameter(network: Network, inputs: Values): string | undefined {
  const bad = parametersOf(network).find(({ name }) => !allFinite(inputs[name]));
  if (!bad) return undefined;
  const cut = bad.name.lastIndexOf("/");
  return `${layerOf(network, bad.name.slice(0, cut))}: its ${bad.name.slice(cut + 1)}`;
}

async function badValue(
  engine: Engine,
  network: Network,
  normalization: Normalization,
  inputs: Values,
): Promise<string | undefined> {
  const program = await engine.load(inspectionGraph(network, normalization, inputs.images.shape[0]));
  const values = await program.run(Object.fromEntries(program.inputs.map(({ name }) => [name, inputs[name]])));
  await program.close();
  const layer = network.layers.find(({ name }) => values[`layer/${name}`] && !allFinite(values[`layer/${name}`]));
  if (layer) return `${layerOf(network, layer.name)}: its output`;
  const gradient = parametersOf(network).findLast(
    ({ name }) => values[`gradient/${name}`] && !allFinite(values[`gradient/${name}`]),
  );
  if (!gradient) return undefined;
  const cut = gradient.name.lastIndexOf("/");
  return `${layerOf(network, gradient.name.slice(0, cut))}: the gradient of its ${gradient.name.slice(cut + 1)}`;
}
