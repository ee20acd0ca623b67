import type { Samples } from "../../data/samples.js";
import type { Engine, Program, Values } from "../../engine/engine.js";
import { float32, tensor, zeros } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import type { Network } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import type { Normalization } from "../../values/normalization.js";
import { allFinite } from "../statistics/diagnosis.js";
import { type Inspection, inspectionGraph, inspectionOf } from "../statistics/layer-statistics.js";
import { type Batch, divided } from "./batches.js";
import { batchFeeder } from "./feeder.js";
import { gradientGraph, RANDOM_SEED, trainingGraph, updateGraph } from "./graphs.js";
import type { Parameters } from "./initialize.js";
import { sumsOf } from "./objective.js";
import { averageOf, initialState, moving, next, STEP_INPUTS, sumOf, type UpdateRule } from "./update.js";

/** How the steps of a training are made. */
export interface StepperOptions {
  readonly normalization: Normalization;
  readonly batchSize: number;
  /** how many parts a batch is computed in, one after the other */
  readonly subBatches: number;
  readonly rule: UpdateRule;
  readonly seed: number;
  /** whether {@link Stepper.inspect} will be called */
  readonly inspect?: boolean;
}

/** Where a step is in training. */
export interface StepPlace {
  readonly epoch: number;
  /** from 1, in the epoch */
  readonly batch: number;
  /** from 1, over all epochs */
  readonly step: number;
  readonly learningRate: number;
}

/** What a step has made of a batch. */
export interface Stepped {
  /** the sums of the objective by name, and the seconds that images were `waited` for */
  readonly sums: Readonly<Record<string, number>>;
  /** what the gradients were computed from; good until the next step */
  readonly inputs: Values;
}

/** What training changes, apart from its statistics. */
export interface Moved {
  /** all parameters of the network */
  readonly parameters: Parameters;
  /** what the rule keeps from step to step */
  readonly state: Parameters;
}

/** A network in training: its parameters, what the solver keeps, and the programs that move them. */
export interface Stepper {
  /**
   * Makes a step, and begins to fetch the next batch meanwhile. Where the objective is not finite, the parameters are not to be used
   * afterwards.
   */
  step(batch: Batch, place: StepPlace, following?: Batch): Promise<Stepped>;
  /** What the gradients of a batch are computed from; of its first part, where it is divided. */
  inputsOf(batch: Batch, place: StepPlace): Promise<Values>;
  /** Whether every parameter, and all that the rule keeps, is finite. */
  isFinite(): boolean;
  /** Looks inside the network: at the last step, from what it was computed from. */
  inspect(stepped: Stepped): Promise<Inspection>;
  /** A copy of where training is. */
  moved(): Moved;
  /** The parameters to use and to measure, until the next step: the means over the last steps where the rule keeps them. */
  forUse(): Values;
  /** Frees the memory that the programs hold. */
  close(): Promise<void>;
}

/**
 * Makes a network ready for training.
 *
 * Everything that moves exists twice: a step reads one set and writes the other, in place. Where a batch is divided, a step is a run
 * for each part, which adds its gradients to those of the parts before it, and one that moves the parameters.
 *
 * @param samples what the batches are taken from
 * @param parameters what training begins with
 * @param state what the rule keeps, from an earlier session; that before the first step unless given
 */
export async function openStepper(
  engine: Engine,
  network: Network,
  samples: Samples,
  options: StepperOptions,
  parameters: Parameters,
  state?: Parameters,
): Promise<Stepper> {
  const { normalization, batchSize, subBatches, rule, seed, inspect = false } = options;
  const partSize = Math.ceil(batchSize / subBatches);
  const program = await engine.load(
    subBatches === 1
      ? trainingGraph(network, normalization, rule, batchSize)
      : gradientGraph(network, normalization, partSize),
  );
  const inspector = inspect ? await engine.load(inspectionGraph(network, normalization, partSize)) : undefined;
  const update = subBatches === 1 ? undefined : await engine.load(updateGraph(network, rule));
  const feeder = batchFeeder(program, samples, partSize);

  const names = new Set(moving(network).map(({ name }) => name));
  const fixed = Object.fromEntries([...parameters].filter(([name]) => !names.has(name)));
  const begun = new Map([...parameters].filter(([name]) => names.has(name)));
  const kept = state ?? initialState(network, rule, parameters);
  let current: Floats = Object.fromEntries([...begun, ...kept].map(([name, value]) => [name, copied(value)]));
  let spare = zerosLike(current);
  const sums = Object.fromEntries([...begun].map(([name, value]) => [sumOf(name), value]));
  let [gathered, spareSums] = update ? [zerosLike(sums), zerosLike(sums)] : [{}, {}];

  /** What the gradients of a batch, or of one part of it, are computed from. */
  const inputsOf = async (batch: Batch, { epoch, batch: number }: StepPlace, part: number): Promise<Fed> => {
    // Layers that are random (dropout) get a seed of their own for each step and each part.
    const random = stream(seed, "step", epoch, number, part).integer(-(2 ** 31), 2 ** 31 - 1);
    const seeded = { [RANDOM_SEED]: tensor("int32", [], Int32Array.of(random)) };
    const { inputs, seconds } = await feeder.take(batch, epoch);
    return { inputs: { ...fixed, ...current, ...gathered, ...seeded, ...inputs }, seconds };
  };
  const added = (outputs: readonly Values[], waited: number): Record<string, number> => ({
    ...Object.fromEntries(
      sumsOf(network).map((name) => [name, outputs.reduce((sum, each) => sum + Number(each[name].data[0]), 0)]),
    ),
    waited,
  });
  /** The parts in which batches are computed, in order. */
  const partsOf = (batch: Batch): readonly Batch[] => (update ? divided(batch, subBatches) : [batch]);

  /** Gradients and update in one run. */
  const whole = async ([batch]: readonly Batch[], place: StepPlace, how: Values, following: Next): Promise<Stepped> => {
    const { inputs: fed, seconds } = await inputsOf(batch, place, 0);
    following();
    const inputs = { ...fed, ...how };
    const outputs = await program.run(given(program, inputs), intoNext(spare));
    return { sums: added([outputs], seconds), inputs };
  };
  /** A run for each part of the batch, then one for the update. */
  const inParts = async (
    mover: Program,
    parts: readonly Batch[],
    place: StepPlace,
    how: Values,
    following: Next,
  ): Promise<Stepped> => {
    for (const { data } of Object.values(gathered)) data.fill(0);
    const outputs: Values[] = [];
    let inputs: Values = {};
    let waited = 0;
    for (const [i, part] of parts.entries()) {
      const fed = await inputsOf(part, place, i);
      inputs = fed.inputs;
      waited += fed.seconds;
      if (i + 1 < parts.length) feeder.ahead(parts[i + 1], place.epoch);
      else following();
      outputs.push(await program.run(given(program, inputs), intoNext(spareSums)));
      [gathered, spareSums] = [spareSums, gathered];
      if (!Number.isFinite(Number(outputs[i].objective.data[0]))) return { sums: added(outputs, waited), inputs };
    }
    const samples = float32([parts.flatMap(({ weights }) => [...weights]).reduce((a, b) => a + b, 0)]);
    await mover.run(given(mover, { ...current, ...gathered, ...how, samples }), intoNext(spare));
    return { sums: added(outputs, waited), inputs };
  };

  return {
    async step(batch, place, following) {
      const { learningRate, step } = place;
      const how = { [STEP_INPUTS.learningRate]: float32([learningRate]), [STEP_INPUTS.step]: float32([step]) };
      const parts = partsOf(batch);
      const fetch = (): void => {
        if (following) feeder.ahead(partsOf(following)[0], place.epoch);
      };
      const made = await (update ? inParts(update, parts, place, how, fetch) : whole(parts, place, how, fetch));
      [current, spare] = [spare, current];
      return made;
    },
    inputsOf: async (batch, place) => (await inputsOf(partsOf(batch)[0], place, 0)).inputs,
    async inspect({ inputs }) {
      if (!inspector) throw new Error("This stepper was not made to look inside the network.");
      return inspectionOf(network, await inspector.run(given(inspector, inputs)), inputs, current);
    },
    isFinite: () => Object.values(current).every(allFinite),
    moved: () => ({
      parameters: new Map([...parameters].map(([name, value]) => [name, copied(current[name] ?? value)])),
      state: new Map([...kept.keys()].map((name) => [name, copied(current[name])])),
    }),
    forUse: () =>
      Object.fromEntries(
        [...parameters].map(([name, value]) => [name, current[averageOf(name)] ?? current[name] ?? value]),
      ),
    async close() {
      await program.close();
      await update?.close();
      await inspector?.close();
    },
  };
}

/** The inputs of a run, and the seconds that images were waited for. */
type Fed = { readonly inputs: Values; readonly seconds: number };

/** Begins to fetch what comes next. */
type Next = () => void;

/** Values that training changes, by name. */
type Floats = Readonly<Record<string, Tensor<"float32">>>;

const copied = ({ type, shape, data }: Tensor<"float32">): Tensor<"float32"> => tensor(type, shape, data.slice());

const zerosLike = (values: Floats): Floats =>
  Object.fromEntries(Object.entries(values).map(([name, { shape }]) => [name, zeros("float32", shape)]));

const intoNext = (values: Floats): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [next(name), value]));

/** Those of the values that a program takes. */
const given = ({ inputs }: Program, values: Values): Values =>
  Object.fromEntries(inputs.map(({ name }) => [name, values[name]]));
