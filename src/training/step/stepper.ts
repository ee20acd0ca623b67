import type { Samples } from "../../data/samples.js";
import { brought, type Engine, type LoadOptions, type Program, type Values } from "../../engine/engine.js";
import { float32, tensor, zeros } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import type { Network } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import { defined } from "../../values/defined.js";
import type { Normalization } from "../../values/normalization.js";
import { allFinite } from "../statistics/diagnosis.js";
import type { LayerStatistics } from "../statistics/epoch-statistics.js";
import { layerStatisticsGraph, layerStatisticsOf } from "../statistics/layer-statistics.js";
import { type Batch, divideBatch } from "./batches.js";
import { bucketsOf } from "./buckets.js";
import { batchFeeder, type Feeder } from "./feeder.js";
import { gradientGraph, PRESENT, RANDOM_SEED, trainingGraph, updateGraph } from "./graphs.js";
import type { Parameters } from "./initialize.js";
import { Meeting } from "./meeting.js";
import { sumsOf } from "./objective.js";
import { ALONE, type Ranks, summed } from "./ranks.js";
import { averageOf, initialState, movingParameters, next, STEP_INPUTS, type UpdateRule } from "./update.js";

/** How the steps of a training are made. */
export interface StepperOptions {
  readonly normalization: Normalization;
  readonly batchSize: number;
  /** how many parts a worker's share of a batch is computed in, one after the other; 1 */
  readonly subBatches?: number;
  /** whether batch normalisation sees the whole batch where it is divided, and not each part: parts are then computed side by side; false */
  readonly syncBatchNorm?: boolean;
  /** the processes that train together, each with its share of a batch; this one alone */
  readonly ranks?: Ranks;
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
  /** what the gradients were computed from; good until the next step; nothing in a rank that had no part of the batch */
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
   *
   * @param worker in which of the engine's workers they are used; the first
   */
  forUse(worker?: number): Values;
  /** Frees the memory that the programs hold. */
  close(): Promise<void>;
}

/**
 * Makes a network ready for training, step by step: what {@link train} does its steps with, for loops of one's own.
 *
 * Everything that moves exists twice: a step reads one set and writes the other, in place. Where a batch is divided, a step is a run
 * for each part, which adds its gradients to those of the parts before it, and one that moves the parameters. The workers of the engine, and the ranks,
 * have a share of the parts each, and a set of the parameters, which all move by the same sum.
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
  const { ranks = ALONE, batchSize } = options;
  const parts = partsOf(engine, options);
  if (parts > batchSize) {
    throw new RangeError(`A batch of ${batchSize} cannot be divided into ${parts}: ${divisionText(engine, options)}.`);
  }
  const kept = state ?? initialState(network, options.rule, parameters);
  // parts that see the whole batch wait for each other, so that each of them has a lane
  const isSynced = seesWholeBatch(network, options, parts);
  const lanesOfWorker = isSynced ? (options.subBatches ?? 1) : 1;
  const meeting = isSynced ? new Meeting(engine.workers * lanesOfWorker, ranks) : undefined;
  const lanes: Lane[] = [];
  for (let lane = 0; lane < engine.workers * lanesOfWorker; lane++) {
    const how = { aside: Math.floor(lane / lanesOfWorker), ...(meeting && { addParts: meeting.place(lane) }) };
    const programs = await loadPrograms(engine, network, options, parts, how);
    const feeder = batchFeeder(programs.gradients, samples, Math.ceil(batchSize / parts));
    lanes.push(new Lane(network, options.seed ?? 1, programs, feeder, parameters, kept));
  }
  const layers = options.layerStatistics ? await loadLayers(engine, network, options, parts) : undefined;
  const division = { ranks, parts, lanesOfWorker, ...defined({ meeting }) };
  return new NetworkStepper(network, division, lanes, layers, parameters, kept);
}

/** Whether parts of a batch are normalised by the moments of the whole. */
const seesWholeBatch = ({ layers }: Network, { syncBatchNorm = false }: StepperOptions, parts: number): boolean =>
  syncBatchNorm && parts > 1 && layers.some(({ layer }) => layer.type === "batchNorm");

/** In how many parts a batch is computed. */
const partsOf = ({ workers }: Engine, { subBatches = 1, ranks = ALONE }: StepperOptions): number =>
  subBatches * workers * ranks.size;

/** "2 workers of 4 ranks, 1 part each" */
const divisionText = ({ workers }: Engine, { subBatches = 1, ranks = ALONE }: StepperOptions): string =>
  [`${ranks.size} ranks`, `${workers} workers of each`, `${subBatches} parts of each`]
    .filter((text) => !text.startsWith("1 "))
    .join(", ");

/** The programs of a worker. */
interface Programs {
  /** the whole step, or where a batch is divided, the gradients of a part */
  readonly gradients: Program;
  /** moves the parameters by the sum of the parts' gradients; none where the step is whole */
  readonly update: Program | undefined;
}

async function loadPrograms(
  engine: Engine,
  network: Network,
  { normalization, batchSize, rule }: StepperOptions,
  parts: number,
  how: LoadOptions,
): Promise<Programs> {
  const whole = how.addParts ? { pictures: batchSize, parts } : undefined;
  const step =
    parts === 1
      ? trainingGraph(network, normalization, rule, batchSize)
      : gradientGraph(network, normalization, Math.ceil(batchSize / parts), whole);
  const { aside = false } = how;
  return {
    gradients: await engine.load(step, how),
    update: parts === 1 ? undefined : await engine.load(updateGraph(network, rule), { aside }),
  };
}

const loadLayers = (
  engine: Engine,
  network: Network,
  { normalization, batchSize }: StepperOptions,
  parts: number,
): Promise<Program> =>
  engine.load(layerStatisticsGraph(network, normalization, Math.ceil(batchSize / parts)), {
    seldom: true,
    aside: true,
  });

/** A network in training in one worker: all that moves in two sets, and the sums of what its parts of a batch have. */
class Lane {
  /** the parameters that move and what the rule keeps, before and after the step under way */
  current: Floats;
  #spare: Floats;
  /** what the parts so far have, in {@link bucketsOf}: before the first one, and two sets that the parts write in turn */
  #noSums: Floats = {};
  #partSums: readonly [Floats, Floats] = [{}, {}];
  readonly fixed: Floats;
  /** the names of the sums */
  readonly #sums: readonly string[];

  constructor(
    network: Network,
    readonly seed: number,
    readonly programs: Programs,
    readonly feeder: Feeder,
    parameters: Parameters,
    kept: Parameters,
  ) {
    this.#sums = sumsOf(network);
    const moving = movingParameters(network);
    const names = new Set(moving.map(({ name }) => name));
    const begun = [...parameters].filter(([name]) => names.has(name));
    const keptOnes = (values: Iterable<readonly [string, Tensor<"float32">]>): Floats =>
      Object.fromEntries([...values].map(([name, value]) => [name, programs.gradients.keep(value)]));
    this.fixed = keptOnes([...parameters].filter(([name]) => !names.has(name)));
    this.current = keptOnes([...begun, ...kept]);
    this.#spare = keptOnes(Object.entries(this.current));
    if (programs.update) {
      const empty = bucketsOf(moving).map(({ name, length }) => [name, zeros("float32", [length])] as const);
      this.#noSums = keptOnes(empty);
      this.#partSums = [keptOnes(empty), keptOnes(empty)];
    }
  }

  /** What the gradients of a part of a batch are computed from, and the seconds that images were waited for. */
  async inputsOf({ batch, number, places }: Part, { epoch, batch: place }: StepPlace): Promise<Fed> {
    // Layers that are random (dropout) get a seed of their own for each step and each part.
    const random = stream(this.seed, "step", epoch, place, number).integer(-(2 ** 31), 2 ** 31 - 1);
    const seeded = { [RANDOM_SEED]: tensor("int32", [], Int32Array.of(random)) };
    const { inputs, seconds } = await this.feeder.take(batch, epoch);
    const present = float32(
      Float32Array.from(batch.indices, (_, place) => (place < places ? 1 : 0)),
      [batch.indices.length],
    );
    const given = { ...seeded, [PRESENT]: present, ...inputs };
    return { inputs: { ...this.fixed, ...this.current, ...this.#noSums, ...given }, seconds };
  }

  /** Gradients and update in one run. */
  async whole(part: Part, place: StepPlace, how: Values, fetchNext: () => void): Promise<Computed> {
    const { gradients } = this.programs;
    const fed = await this.inputsOf(part, place);
    const inputs = { ...fed.inputs, ...how };
    const running = gradients.run(given(gradients, inputs), intoNext(this.#spare));
    fetchNext();
    const outputs = await running;
    return { sums: this.#sumsOf([outputs], fed.seconds), inputs };
  }

  /** A run for each part; the last of them is the first whose objective is not finite. */
  async gather(parts: readonly Part[], place: StepPlace, fetchNext: () => void): Promise<Gathered> {
    const { gradients } = this.programs;
    // what a share without a picture has is added to: it must not be the zeros that others begin with
    let gathered = parts.length > 0 ? this.#noSums : mapped(this.#noSums, ({ shape }) => zeros("float32", shape));
    const outputs: Values[] = [];
    let inputs: Values = {};
    let waited = 0;
    for (const [i, part] of parts.entries()) {
      const fed = await this.inputsOf(part, place);
      inputs = { ...fed.inputs, ...gathered };
      waited += fed.seconds;
      gathered = this.#partSums[i % 2];
      const running = gradients.run(given(gradients, inputs), intoNext(gathered));
      if (i + 1 < parts.length) this.feeder.ahead(parts[i + 1].batch, place.epoch);
      else fetchNext();
      outputs.push(await running);
      if (!Number.isFinite(Number(outputs[i].objective.data[0]))) break;
    }
    return { sums: this.#sumsOf(outputs, waited), inputs, gathered };
  }

  /** Moves the parameters by what all parts have. */
  async update(gathered: Values, how: Values): Promise<void> {
    const { update } = this.programs;
    if (update) await update.run(given(update, { ...this.current, ...gathered, ...how }), intoNext(this.#spare));
  }

  /** Goes on from what the step has made. */
  turn(): void {
    [this.current, this.#spare] = [this.#spare, this.current];
  }

  async close(): Promise<void> {
    await this.programs.gradients.close();
    await this.programs.update?.close();
  }

  #sumsOf(outputs: readonly Values[], waited: number): Record<string, number> {
    const sum = (name: string): number => outputs.reduce((total, each) => total + Number(each[name].data[0]), 0);
    return { ...Object.fromEntries(this.#sums.map((name) => [name, sum(name)])), waited };
  }
}

/** Into what batches are divided. */
interface Division {
  readonly ranks: Ranks;
  /** in how many parts all processes compute a batch */
  readonly parts: number;
  /** how many lanes a worker has: one, or where parts see the whole batch, one for each of its parts */
  readonly lanesOfWorker: number;
  /** where parts that see the whole batch add up what they have */
  readonly meeting?: Meeting;
}

/** A network in training, in as many workers as the engine has. */
class NetworkStepper implements Stepper {
  /** whose parameters are looked at: all have the same */
  readonly #first: Lane;

  constructor(
    readonly network: Network,
    readonly division: Division,
    readonly lanes: readonly Lane[],
    readonly layers: Program | undefined,
    readonly parameters: Parameters,
    readonly kept: Parameters,
  ) {
    this.#first = lanes[0];
  }

  async step(batch: Batch, place: StepPlace, following?: Batch, followingEpoch = place.epoch): Promise<Stepped> {
    const { learningRate, step } = place;
    const how = { [STEP_INPUTS.learningRate]: float32([learningRate]), [STEP_INPUTS.step]: float32([step]) };
    const samples = batch.weights.reduce((a, b) => a + b, 0);
    const shares = this.#sharesOf(batch);
    const later = following && this.#sharesOf(following);
    const fetchNext = (lane: number): void => {
      const [first] = later?.[lane] ?? [];
      if (first) this.lanes[lane].feeder.ahead(first.batch, followingEpoch);
    };
    const made =
      this.division.parts === 1
        ? await this.#first.whole(shares[0][0], place, how, () => fetchNext(0))
        : await this.#together(shares, place, { ...how, samples: float32([samples]) }, fetchNext);
    for (const lane of this.lanes) lane.turn();
    return { ...made, samples };
  }

  async inputsOf(batch: Batch, place: StepPlace): Promise<Values> {
    const [[own]] = this.#sharesOf(batch);
    // a last batch may have no part for this rank
    const [first] = own ? [own] : this.#partsOf(batch);
    return (await this.#first.inputsOf(first, place)).inputs;
  }

  async isFinite(): Promise<boolean> {
    return Object.values(await brought(this.#first.current)).every(allFinite);
  }

  async measureLayers({ inputs }: Stepped): Promise<LayerStatistics> {
    const { layers } = this;
    if (!layers) throw new Error("This stepper was not made to measure layers.");
    const outputs = await layers.run(given(layers, inputs));
    return layerStatisticsOf(this.network, outputs, await brought(inputs), await brought(this.#first.current));
  }

  async copyState(): Promise<StepperState> {
    const current = await brought(this.#first.current);
    return {
      parameters: new Map([...this.parameters].map(([name, value]) => [name, copied(current[name] ?? value)])),
      state: new Map([...this.kept.keys()].map((name) => [name, copied(current[name])])),
    };
  }

  forUse(worker = 0): Values {
    const { current, fixed } = this.lanes[worker * this.division.lanesOfWorker];
    return Object.fromEntries(
      [...this.parameters].map(([name, value]) => [
        name,
        current[averageOf(name)] ?? current[name] ?? fixed[name] ?? value,
      ]),
    );
  }

  async close(): Promise<void> {
    for (const lane of this.lanes) await lane.close();
    await this.layers?.close();
  }

  #partsOf(batch: Batch): readonly Part[] {
    const { parts: count, meeting } = this.division;
    const size = Math.ceil(batch.indices.length / count);
    return (count === 1 ? [batch] : divideBatch(batch, count, meeting !== undefined)).map((part, number) => ({
      batch: part,
      number,
      places: batch.indices.length - number * size,
    }));
  }

  /** The parts of a batch that each worker of this process computes, in order. */
  #sharesOf(batch: Batch): readonly (readonly Part[])[] {
    const { ranks, parts: count } = this.division;
    const parts = this.#partsOf(batch);
    const each = count / (ranks.size * this.lanes.length);
    return this.lanes.map((_, lane) => {
      const before = (ranks.rank * this.lanes.length + lane) * each;
      return parts.slice(before, before + each);
    });
  }

  /** Each worker gathers what its parts have; the sums of all then move the parameters of each. */
  async #together(
    shares: readonly (readonly Part[])[],
    place: StepPlace,
    how: Values,
    fetchNext: (lane: number) => void,
  ): Promise<Computed> {
    const gathered = this.lanes.map((lane, i) => lane.gather(shares[i], place, () => fetchNext(i)));
    for (const each of gathered) each.catch((error: unknown) => this.division.meeting?.leave(error));
    const all = await Promise.all(gathered);
    const { inputs } = all.find((each) => !Number.isFinite(each.sums.objective)) ?? all[0];
    const sums = await this.#sumsOfAll(all.map((each) => each.sums));
    if (Number.isFinite(sums.objective)) {
      const totals = await this.#added(all.map(({ gathered }) => gathered));
      await Promise.all(this.lanes.map((lane) => lane.update(totals, how)));
    }
    return { sums, inputs };
  }

  /** The sums over all workers and ranks; the longest that one of this process's workers waited. */
  async #sumsOfAll(all: readonly Record<string, number>[]): Promise<Record<string, number>> {
    const add = (name: string): number => all.reduce((total, each) => total + each[name], 0);
    const own = Object.fromEntries(Object.keys(all[0]).map((name) => [name, add(name)]));
    return { ...(await summed(this.division.ranks, own)), waited: Math.max(...all.map(({ waited }) => waited)) };
  }

  /** What all have gathered: that of the workers is added in their order, then that of the ranks. */
  async #added([first, ...others]: readonly Floats[]): Promise<Floats> {
    const { ranks } = this.division;
    if (others.length === 0 && ranks.size === 1) return first;
    const totals = await brought(first);
    const parts = await Promise.all(others.map(brought));
    const added = Object.entries(totals).map(async ([bucket, { data }]) => {
      for (const part of parts) addTo(data, part[bucket].data);
      await ranks.sum(data);
      return [bucket, tensor("float32", [data.length], data)] as const;
    });
    return Object.fromEntries(await Promise.all(added));
  }
}

/** a ← a + b */
function addTo(a: Float32Array, b: Float32Array): void {
  for (let i = 0; i < a.length; i++) a[i] += b[i];
}

/** A part of a batch, with its number in it. */
interface Part {
  readonly batch: Batch;
  readonly number: number;
  /** how many of its places, from the first, are places of the batch; all where it is as many or more */
  readonly places: number;
}

/** What the runs of a step have made. */
type Computed = Omit<Stepped, "samples">;

/** What a worker's runs have made, with the arrays of {@link bucketsOf}. */
type Gathered = Computed & { readonly gathered: Floats };

/** The inputs of a run, and the seconds that images were waited for. */
type Fed = { readonly inputs: Values; readonly seconds: number };

/** Values that training changes, by name. */
type Floats = Readonly<Record<string, Tensor<"float32">>>;

const copied = ({ type, shape, data }: Tensor<"float32">): Tensor<"float32"> => tensor(type, shape, data.slice());

const mapped = (values: Floats, change: (value: Tensor<"float32">) => Tensor<"float32">): Floats =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));

const intoNext = (values: Floats): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [next(name), value]));

/** Those of the values that a program takes. */
const given = ({ inputs }: Program, values: Values): Values =>
  Object.fromEntries(inputs.map(({ name }) => [name, values[name]]));
