import type { Engine, Values } from "../../engine/engine.js";
import type { Tensor } from "../../graph/types.js";
import { lossesOf, type Network, type PlacedLayer, parametersOf } from "../../network/network.js";
import type { Normalization } from "../../values/normalization.js";
import { BATCH_INPUTS } from "../step/objective.js";
import type { EpochStatistics, LayerStatistics, ParameterFigures } from "./epoch-statistics.js";
import { layerStatisticsGraph, layerStatisticsOf } from "./layer-statistics.js";

/** Raised when a number in training becomes infinite or NaN: the lecture's "parameters explode". */
export class DivergenceError extends Error {
  override readonly name = "DivergenceError";
}

/** Where training was when it went wrong. */
export interface Moment {
  readonly epoch: number;
  readonly batch: number;
  readonly learningRate: number;
  /** the highest rate of the schedule; the rate itself */
  readonly highest?: number;
}

/**
 * Finds where numbers went wrong, by looking at what the samples brought, at the parameters that a step began with, and then at everything
 * that it computed.
 *
 * @param inputs what the step was given
 * @returns the error to throw: it names the layer, or what of the samples is no number
 */
export async function diagnose(
  engine: Engine,
  network: Network,
  normalization: Normalization,
  inputs: Values,
  { epoch, batch, learningRate, highest = learningRate }: Moment,
): Promise<DivergenceError> {
  const data = dataOf(network).find((name) => name in inputs && !allFinite(inputs[name]));
  if (data !== undefined) {
    return new DivergenceError(
      `Training cannot go on in epoch ${epoch}, batch ${batch}: '${data}' of the samples is infinite or not a number.`,
    );
  }
  const parameter = parametersOf(network).find(({ name }) => !allFinite(inputs[name]));
  const found =
    (parameter && `the ${parameterText(network, parameter.name)}`) ??
    (await badValue(engine, network, normalization, inputs)) ??
    "the objective";
  return new DivergenceError(
    `Training diverged in epoch ${epoch}, batch ${batch}: ${found} became infinite or not a number. ` +
      `The learning rate ${rateText(highest)}${highest === learningRate ? "" : ` (in this step ${rateText(learningRate)})`} ` +
      `is probably too high: try ${rateText(highest / 10)}.`,
  );
}

const rateText = (rate: number): string => `${Number(rate.toPrecision(3))}`;

/** The names of what samples bring besides bytes and whole labels: further inputs, and what the losses are compared with. */
const dataOf = (network: Network): string[] => [
  ...network.inputs.slice(1).map(({ name }) => name),
  ...lossesOf(network).map(({ layer }) => layer.target),
];

/** Whether every number of a tensor is one: neither infinite nor NaN. */
export function allFinite({ data }: Tensor): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(Number(data[i]))) return false;
  return true;
}

/** "layer 3 'conv2'" */
function layerText(network: Network, name: string): string {
  const layer = network.layers.find((l) => l.name === name);
  return layer ? `layer ${layer.number} '${name}'` : `'${name}'`;
}

/** "filters of layer 3 'conv2'"; "parameter 'shared' of layer 3 'conv2'" where it has a name of its own */
function parameterText(network: Network, parameter: string): string {
  const holder = network.layers.find(({ parameters }) => parameters.some(({ name }) => name === parameter));
  if (!holder) return `parameter '${parameter}'`;
  const usual = parameter.startsWith(`${holder.name}/`);
  const what = usual ? parameter.slice(holder.name.length + 1) : `parameter '${parameter}'`;
  return `${what} of ${layerText(network, holder.name)}`;
}

async function badValue(
  engine: Engine,
  network: Network,
  normalization: Normalization,
  inputs: Values,
): Promise<string | undefined> {
  const program = await engine.load(
    layerStatisticsGraph(network, normalization, inputs[BATCH_INPUTS.weights].shape[0]),
    {
      seldom: true,
    },
  );
  const outputs = await program.run(Object.fromEntries(program.inputs.map(({ name }) => [name, inputs[name]])));
  await program.close();
  const { layers, parameters } = layerStatisticsOf(network, outputs, inputs, inputs);
  const layer = layers.find(({ mean, largest }) => !Number.isFinite(mean + largest));
  if (layer) return `the output of ${layerText(network, layer.layer)}`;
  const bad = parameters.findLast(({ gradient }) => !Number.isFinite(gradient));
  return bad && `the gradient of the ${parameterText(network, bad.parameter)}`;
}

/** Something that is wrong inside a network. */
export interface Trouble {
  /** says which trouble it is, and of which layer, so that it need not be told twice */
  readonly key: string;
  readonly message: string;
}

/** Steps that move filters by more than this share of their size make parameters explode. */
const HIGHEST_RATIO = 0.1;
/** The key of the trouble that all steps are too small. */
const NOTHING_HAPPENS = "nothing happens";
/** Steps that move no filters by more than this share of their size do nothing. */
const LOWEST_RATIO = 1e-6;
/** A rectifier with this share of dead channels or more is worth a word. */
const MOST_DEAD = 0.9;

/**
 * What is wrong inside a network, in sentences that name the layer and say what to try; nothing where all is well.
 *
 * - filters that a step moves by more than a tenth of their size: parameters are about to explode;
 * - all filters move by less than a millionth of their size: nothing happens;
 * - rectifiers nine tenths of whose channels are 0 for every image: dead units, which learn no more.
 *
 * Rules of thumb: a healthy step moves filters by about a thousandth of their size (Karpathy, CS231n).
 *
 * @example
 * const parameter = { parameter: "conv1/filters", weight: 0.01, gradient: 3, update: 0.02 };
 * troubles(ocr(), { layers: [], parameters: [parameter] })[0].key; // "explodes conv1/filters"
 */
export function troubles(network: Network, { layers, parameters }: LayerStatistics): Trouble[] {
  const filters = parameters.filter(({ parameter, weight }) => weight > 0 && isFilter(network, parameter));
  const ratio = ({ weight, update }: ParameterFigures): number => update / weight;
  const found: Trouble[] = [];
  for (const each of filters.filter((p) => ratio(p) > HIGHEST_RATIO)) {
    found.push({
      key: `explodes ${each.parameter}`,
      message:
        `Parameters may explode: a step moves the ${parameterText(network, each.parameter)} by ${ratio(each).toPrecision(2)} ` +
        "of their size; 0.001 is usual. Try a lower learning rate.",
    });
  }
  if (filters.length > 0 && filters.every((p) => ratio(p) < LOWEST_RATIO)) {
    const most = Math.max(...filters.map(ratio));
    found.push({
      key: NOTHING_HAPPENS,
      message: `Nothing happens: a step moves no filters by more than ${most.toPrecision(2)} of their size; 0.001 is usual. Try a higher learning rate.`,
    });
  }
  for (const { layer, dead } of layers) {
    const placed = network.layers.find(({ name }) => name === layer);
    if (!placed || !isRectifier(placed) || dead < MOST_DEAD) continue;
    const { channels } = placed.output.shape;
    found.push({
      key: `dead ${layer}`,
      message:
        `Dead units: ${Math.round(dead * channels)} of ${channels} channels of ${layerText(network, layer)} are 0 for every image ` +
        "of a batch. Try a lower learning rate, another initialisation, or leakyRelu.",
    });
  }
  return found;
}

const isFilter = (network: Network, parameter: string): boolean =>
  parametersOf(network).some(({ name, shape }) => name === parameter && shape.length > 1);

const isRectifier = ({ layer }: PlacedLayer): boolean => layer.type === "relu";

/** The layers of a network whose channels can be dead: those that are 0 below 0. */
export const rectifiersOf = ({ layers }: Network): readonly PlacedLayer[] => layers.filter(isRectifier);

/** At a rate lower than the highest one by more than this, that nothing happens is meant. */
const LOWERED = 0.1;

/** Whether a schedule has lowered the rate, or only begins: then steps are small on purpose. */
export const isLowered = (rate: number, highestRate: number): boolean => rate < LOWERED * highestRate;

/**
 * What the last epoch's layerStatistics says is wrong and the one before did not.
 *
 * @param highestRate the highest learning rate of the schedule: where that has lowered it, or only begins, steps are small on purpose
 */
export function newTroubles(network: Network, history: readonly EpochStatistics[], highestRate: number): string[] {
  const [before, now] = [history.at(-2), history.at(-1)].map((epoch) =>
    epoch?.layerStatistics ? troubles(network, epoch.layerStatistics) : [],
  );
  const lowered = isLowered(history.at(-1)?.learningRate ?? 0, highestRate);
  return now
    .filter(({ key }) => before.every((trouble) => trouble.key !== key) && !(lowered && key === NOTHING_HAPPENS))
    .map(({ message }) => message);
}
