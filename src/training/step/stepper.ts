import type { Samples } from "../../data/samples.js";
import { brought, type Engine, type Program, type Values } from "../../engine/engine.js";
import { float32, tensor, zeros } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import type { Network } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import type { Normalization } from "../../values/normalization.js";
import { allFinite } from "../statistics/diagnosis.js";
import type { LayerStatistics } from "../statistics/epoch-statistics.js";
import { layerStatisticsGraph, layerStatisticsOf } from "../statistics/layer-statistics.js";
import { type Batch, divideBatch } from "./batches.js";
import { batchFeeder, type Feeder } from "./feeder.js";
import { gradientGraph, RANDOM_SEED, trainingGraph, updateGraph } from "./graphs.js";
import type { Parameters } from "./initialize.js";
import { sumsOf } from "./objective.js";
import { averageOf, initialState, movingParameters, next, STEP_INPUTS, sumOf, type UpdateRule } from "./update.js";

/** How the steps of a training are made. */
export interface StepperOptions {
  readonly normalization: Normalization;
  readonly batchSize: number;
  /** how many parts a batch is computed in, one after the other; 1 */
  readonly subBatches?: number;
  /** what a step does with the gradients */
  readonly rule: UpdateRule;
  /** what random layers follow, with the place of a step; 1 */
  readonly seed?: number;
  /** whether {@link Stepper.measureLayers} will be called */
  readonly layerStatistics?: boolean;
}

/** Where a step is in training. */
export interface StepPlace {
  /** from 1; what is random in the samples and in layers follows it */
  readonly epoch: number;
  /** from 1, in the epoch */
  readonly batch: number;
  /** from 1, over all epochs; some solvers count on it */
  readonly step: number;
  readonly learningRate: number;
}

/** What a step has made of a batch. */
export interface Stepped {
  /** the sums of the objective by name, and the seconds that images were `waited` for */
  readonly sums: Readonly<Record<string, number>>;
  /** the sum of the samples' weights, by which the sums are divided for means */
  readonly samples: number;
  /** what the gradients were computed from; good until the next step */
  readonly inputs: Values;
}

/** What training changes, apart from its statistics. */
export interface StepperState {
  /** all parameters of the network */
  readonly parameters: Parameters;
  /** what the rule keeps from step to step */
  readonly state: Parameters;
}

/** A network in training: its parameters, what the solver keeps, and the programs that move them. */
export interface Stepper {
  /**
   * Makes a step. Where the objective is not finite, the parameters are not to be used afterwards.
   *
   * @param following the batch after this one, where that is known: it is made ready meanwhile
   * @param followingEpoch that batch's epoch; the step's unless given
   */
  step(batch: Batch, place: StepPlace, following?: Batch, followingEpoch?: number): Promise<Stepped>;
  /** What the gradients of a batch are computed from; of its first part, where it is divided. */
  inputsOf(batch: Batch, place: StepPlace): Promise<Values>;
  /** Whether every parameter, and all that the rule keeps, is finite. */
  isFinite(): Promise<boolean>;
  /** What the layers made of the last step, and how far it moved their parameters. */
  measureLayers(stepped: Stepped): Promise<LayerStatistics>;
  /** A copy of where training is. */
  copyState(): Promise<StepperState>;
  /**
   * The parameters to use and to measure, until the next step: the means over the last steps where the rule keeps them. They lie where the programs run: programs of
   * the same engine take them as they are, and whoever else reads them has them {@link brought}.
   */
  forUse(): Values;
  /** Frees the memory that the programs hold. */
  close(): Promise<void>;
}

/**
 * Makes a network ready for training, step by step: what {@link train} does its steps with, for loops of one's own.
 *
 * Everything that moves exists twice: a step reads one set and writes the other, in place. Where a batch is divided, a step is a run
 * for each part, which adds its gradients to those of the parts before it, and one that moves the parameters.
 *
 * @param samples what the batches are taken from
 * @param parameters what training begins with
 * @param state what the rule keeps, from an earlier session; that before the first step unless given
 * @throws RangeError when the network has no loss to be trained by; DifferentiationError when an operator has no derivative
 * @example
 * const options = { normalization, batchSize: 100, rule: { solver: sgd() } };
 * const stepper = await openStepper(nodeEngine(), network, letters.training, options, initialize(network, 1));
 * const [batch] = batches(letters.training.count, 100, 1, 1, true);
 * const { sums, samples } = await stepper.step(batch, { epoch: 1, batch: 1, step: 1, learningRate: 0.02 });
 * (sums.objective / samples).toFixed(1); // the logarithm of 26 classes: "3.3"
 * const { parameters } = await stepper.copyState();
 * await stepper.close();
 */
export async function openStepper(
  engine: Engine,
  network: Network,
  samples: Samples,
  options: StepperOptions,
  parameters: Parameters,
  state?: Parameters,
): Promise<Stepper> {
  const programs = await loadPrograms(engine, network, options);
  const feeder = batchFeeder(programs.gradients, samples, partSize(options));
  const kept = state ?? initialState(network, options.rule, parameters);
  return new NetworkStepper(network, options, programs, feeder, parameters, kept);
}

/** The programs of a stepper. */
interface Programs {
  /** the whole step, or where a batch is divided, the gradients of a part */
  readonly gradients: Program;
  /** moves the parameters by the sum of the parts' gradients; none where the step is whole */
  readonly update: Program | undefined;
  /** what the layers made of a step; none where that is not asked for */
  readonly layers: Program | undefined;
}

/** The number of images that are computed together. */
const partSize = ({ batchSize, subBatches = 1 }: StepperOptions): number => Math.ceil(batchSize / subBatches);

async function loadPrograms(engine: Engine, network: Network, options: StepperOptions): Promise<Programs> {
  const { normalization, batchSize, subBatches = 1, rule, layerStatistics = false } = options;
  const size = partSize(options);
  const whole = subBatches === 1;
  const step = whole
    ? trainingGraph(network, normalization, rule, batchSize)
    : gradientGraph(network, normalization, size);
  return {
    gradients: await engine.load(step, { aside: true }),
    layers: layerStatistics
      ? await engine.load(layerStatisticsGraph(network, normalization, size), { seldom: true, aside: true })
      : undefined,
    update: whole ? undefined : await engine.load(updateGraph(network, rule), { aside: true }),
  };
}

/** A network in training, with all that moves in two sets. */
class NetworkStepper implements Stepper {
  /** the parameters that move and what the rule keeps, before and after the step under way */
  #current: Floats;
  #spare: Floats;
  /** the gradients of the parts so far: before the first one, and two sets that the parts write in turn */
  #noSums: Floats = {};
  #partSums: readonly [Floats, Floats] = [{}, {}];
  readonly #fixed: Floats;
  /** the names of the sums */
  readonly #sums: readonly string[];

  constructor(
    readonly network: Network,
    readonly options: StepperOptions,
    readonly programs: Programs,
    readonly feeder: Feeder,
    readonly parameters: Parameters,
    readonly kept: Parameters,
  ) {
    this.#sums = sumsOf(network);
    const names = new Set(movingParameters(network).map(({ name }) => name));
    const begun = [...parameters].filter(([name]) => names.has(name));
    const { gradients } = programs;
    const keptOnes = (values: Iterable<readonly [string, Tensor<"float32">]>): Floats =>
      Object.fromEntries([...values].map(([name, value]) => [name, gradients.keep(value)]));
    this.#fixed = keptOnes([...parameters].filter(([name]) => !names.has(name)));
    this.#current = keptOnes([...begun, ...kept]);
    this.#spare = keptOnes(Object.entries(this.#current));
    if (programs.update) {
      const sums = begun.map(([name, { shape }]) => [sumOf(name), zeros("float32", shape)] as const);
      this.#noSums = keptOnes(sums);
      this.#partSums = [keptOnes(sums), keptOnes(sums)];
    }
  }

  async step(batch: Batch, place: StepPlace, following?: Batch, followingEpoch = place.epoch): Promise<Stepped> {
    const { learningRate, step } = place;
    const how = { [STEP_INPUTS.learningRate]: float32([learningRate]), [STEP_INPUTS.step]: float32([step]) };
    const fetchNext = (): void => {
      if (following) this.feeder.ahead(this.#partsOf(following)[0], followingEpoch);
    };
    const { update } = this.programs;
    const parts = this.#partsOf(batch);
    const made = await (update
      ? this.#inParts(update, parts, place, how, fetchNext)
      : this.#whole(parts[0], place, how, fetchNext));
    [this.#current, this.#spare] = [this.#spare, this.#current];
    return { ...made, samples: batch.weights.reduce((a, b) => a + b, 0) };
  }

  async inputsOf(batch: Batch, place: StepPlace): Promise<Values> {
    return (await this.#inputsOfPart(this.#partsOf(batch)[0], place, 0)).inputs;
  }

  async isFinite(): Promise<boolean> {
    return Object.values(await brought(this.#current)).every(allFinite);
  }

  async measureLayers({ inputs }: Stepped): Promise<LayerStatistics> {
    const { layers } = this.programs;
    if (!layers) throw new Error("This stepper was not made to measure layers.");
    const outputs = await layers.run(given(layers, inputs));
    return layerStatisticsOf(this.network, outputs, await brought(inputs), await brought(this.#current));
  }

  async copyState(): Promise<StepperState> {
    const current = await brought(this.#current);
    return {
      parameters: new Map([...this.parameters].map(([name, value]) => [name, copied(current[name] ?? value)])),
      state: new Map([...this.kept.keys()].map((name) => [name, copied(current[name])])),
    };
  }

  forUse(): Values {
    return Object.fromEntries(
      [...this.parameters].map(([name, value]) => [
        name,
        this.#current[averageOf(name)] ?? this.#current[name] ?? this.#fixed[name] ?? value,
      ]),
    );
  }

  async close(): Promise<void> {
    const { gradients, update, layers } = this.programs;
    for (const program of [gradients, update, layers]) await program?.close();
  }

  /** The parts in which batches are computed, in order. */
  #partsOf(batch: Batch): readonly Batch[] {
    return this.programs.update ? divideBatch(batch, this.options.subBatches ?? 1) : [batch];
  }

  /** What the gradients of a batch, or of one part of it, are computed from, and the seconds that images were waited for. */
  async #inputsOfPart(batch: Batch, { epoch, batch: number }: StepPlace, part: number): Promise<Fed> {
    // Layers that are random (dropout) get a seed of their own for each step and each part.
    const random = stream(this.options.seed ?? 1, "step", epoch, number, part).integer(-(2 ** 31), 2 ** 31 - 1);
    const seeded = { [RANDOM_SEED]: tensor("int32", [], Int32Array.of(random)) };
    const { inputs, seconds } = await this.feeder.take(batch, epoch);
    return { inputs: { ...this.#fixed, ...this.#current, ...this.#noSums, ...seeded, ...inputs }, seconds };
  }

  /** Gradients and update in one run. */
  async #whole(batch: Batch, place: StepPlace, how: Values, fetchNext: () => void): Promise<Computed> {
    const { gradients } = this.programs;
    const fed = await this.#inputsOfPart(batch, place, 0);
    const inputs = { ...fed.inputs, ...how };
    const running = gradients.run(given(gradients, inputs), intoNext(this.#spare));
    fetchNext();
    const outputs = await running;
    return { sums: this.#sumsOf([outputs], fed.seconds), inputs };
  }

  /** A run for each part of the batch, then one for the update. */
  async #inParts(
    update: Program,
    parts: readonly Batch[],
    place: StepPlace,
    how: Values,
    fetchNext: () => void,
  ): Promise<Computed> {
    const { gradients } = this.programs;
    let gathered = this.#noSums;
    const outputs: Values[] = [];
    let inputs: Values = {};
    let waited = 0;
    for (const [i, part] of parts.entries()) {
      const fed = await this.#inputsOfPart(part, place, i);
      inputs = { ...fed.inputs, ...gathered };
      waited += fed.seconds;
      gathered = this.#partSums[i % 2];
      const running = gradients.run(given(gradients, inputs), intoNext(gathered));
      if (i + 1 < parts.length) this.feeder.ahead(parts[i + 1], place.epoch);
      else fetchNext();
      outputs.push(await running);
      if (!Number.isFinite(Number(outputs[i].objective.data[0]))) {
        return { sums: this.#sumsOf(outputs, waited), inputs };
      }
    }
    const samples = float32([parts.flatMap(({ weights }) => [...weights]).reduce((a, b) => a + b, 0)]);
    const all = { ...this.#current, ...gathered, ...how, samples };
    await update.run(given(update, all), intoNext(this.#spare));
    return { sums: this.#sumsOf(outputs, waited), inputs };
  }

  #sumsOf(outputs: readonly Values[], waited: number): Record<string, number> {
    const sum = (name: string): number => outputs.reduce((total, each) => total + Number(each[name].data[0]), 0);
    return { ...Object.fromEntries(this.#sums.map((name) => [name, sum(name)])), waited };
  }
}

/** What the runs of a step have made. */
type Computed = Omit<Stepped, "samples">;

/** The inputs of a run, and the seconds that images were waited for. */
type Fed = { readonly inputs: Values; readonly seconds: number };

/** Values that training changes, by name. */
type Floats = Readonly<Record<string, Tensor<"float32">>>;

const copied = ({ type, shape, data }: Tensor<"float32">): Tensor<"float32"> => tensor(type, shape, data.slice());

const intoNext = (values: Floats): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [next(name), value]));

/** Those of the values that a program takes. */
const given = ({ inputs }: Program, values: Values): Values =>
  Object.fromEntries(inputs.map(({ name }) => [name, values[name]]));
