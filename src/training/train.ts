import { brought, type Engine, type Program, type Values } from "../engine/engine.js";
import type { Network } from "../network/network.js";
import { defined } from "../values/defined.js";
import { evaluateAmong } from "./evaluate.js";
import type { Best, Sums, TrainingEvent, TrainingState } from "./events.js";
import { expectMeasurable, ruleOf, settingsOf, type TrainingOptions, type TrainingSettings } from "./options.js";
import { bestEpoch, progressOf } from "./solver/early-stopping.js";
import { highestRate, LEARNING_RATE, rateAt, type Schedule, scheduleOf } from "./solver/schedule.js";
import { type DivergenceError, diagnose, type Moment, newTroubles } from "./statistics/diagnosis.js";
import type { EpochStatistics, LayerStatistics, Statistics } from "./statistics/epoch-statistics.js";
import { type FilmFrame, filmFrame, isFilmed } from "./statistics/film.js";
import { addBatch, statisticsOf, stillNothingLearned, zeroSums } from "./statistics/statistics.js";
import { type Batch, batches } from "./step/batches.js";
import { evaluationGraph } from "./step/graphs.js";
import { initialize, type Parameters } from "./step/initialize.js";
import { sumsOf } from "./step/objective.js";
import { ALONE, summed } from "./step/ranks.js";
import { openStepper, type Stepper } from "./step/stepper.js";
import { parametersForUse } from "./step/update.js";

/**
 * Trains a network by gradient descent, as a sequence of events.
 *
 * Each step takes a batch in an order shuffled anew each epoch, and moves all parameters by the solver's rule (see {@link sgd}); after
 * each epoch the validation samples are measured. Every random choice follows from the seed, so that a run that goes on from a
 * state equals one that was never interrupted, bit for bit, on the same device with the same threads.
 *
 * @throws TypeError, RangeError when an option is out of range or not known
 * @throws DivergenceError naming the layer where a number became infinite or NaN; the states of earlier events remain good
 * @example
 * const { training, validation } = letters;
 * const samples = { training, validation, normalization };
 * const options = { ...samples, epochs: 15, solver: adam(), learningRate: cosine({ rate: 0.001 }) };
 * for await (const event of train(nodeEngine(), ocr(), options)) {
 *   if (event.type === "epoch") console.log(event.epoch, event.validation?.metrics.top1Error);
 * }
 */
export async function* train(
  engine: Engine,
  network: Network,
  options: TrainingOptions,
): AsyncGenerator<TrainingEvent> {
  const settings = settingsOf(network, options);
  const { training, validation, normalization, start, resume, ranks } = options;
  const { batchSize, subBatches, syncBatchNorm, seed, layerStatistics } = settings;
  const division = { batchSize, subBatches, syncBatchNorm };
  const begun = resume?.parameters ?? initialize(network, seed, start);
  const first = layerStatistics ? filmFrame(network, begun, resume?.epoch ?? 0) : undefined;
  const stepper = await openStepper(
    engine,
    network,
    training,
    { normalization, ...division, rule: ruleOf(settings), seed, layerStatistics, ...defined({ ranks }) },
    begun,
    resume?.state,
  );
  const measures: Program[] = [];
  try {
    for (let worker = 0; validation && worker < engine.workers; worker++) {
      measures.push(await engine.load(evaluationGraph(network, normalization, batchSize), { aside: worker }));
    }
    yield* new Course(
      engine,
      network,
      options,
      settings,
      stepper,
      measures,
      resume?.film ?? (first && [first]),
    ).epochs();
  } finally {
    await stepper.close();
    for (const measure of measures) await measure.close();
  }
}

/** A training under way. */
class Course {
  readonly #history: EpochStatistics[];
  /** what took the place of the settings' learning rate */
  #changedRate: TrainingState["learningRate"];
  #schedule: Schedule;
  readonly #none: Sums;
  #step: number;
  #best: Best | undefined;
  /** undefined where it is not kept */
  #film: readonly FilmFrame[] | undefined;
  /** whether the last epoch learned nothing, and it was said */
  #stuck = false;

  constructor(
    readonly engine: Engine,
    readonly network: Network,
    readonly options: TrainingOptions,
    readonly settings: TrainingSettings,
    readonly stepper: Stepper,
    /** measure the network, one in each worker; none where there is no validation */
    readonly measures: readonly Program[],
    film: readonly FilmFrame[] | undefined,
  ) {
    const { resume } = options;
    this.#history = [...(resume?.history ?? [])];
    this.#changedRate = resume?.learningRate;
    this.#schedule = scheduleOf(this.#changedRate ?? settings.learningRate);
    this.#none = zeroSums(sumsOf(network));
    this.#step = resume?.step ?? 0;
    this.#best = resume?.best;
    this.#film = film;
  }

  /** All epochs that are left. */
  async *epochs(): AsyncGenerator<TrainingEvent> {
    const { resume } = this.options;
    const { epochs, earlyStopping } = this.settings;
    for (let epoch = (resume?.epoch ?? 0) + 1; epoch <= epochs; epoch++) {
      const progress = earlyStopping && progressOf(this.#history, earlyStopping);
      if (progress?.exhausted) {
        yield { type: "exhausted", epoch: epoch - 1, best: progress.best };
        return;
      }
      const trained = yield* this.#trainEpoch(epoch);
      if (!trained) return;
      const { train, learningRate, layerStatistics } = trained;
      const validation = yield* this.#validate(epoch, learningRate);
      const statistics = { epoch, learningRate, train, ...defined({ validation, layerStatistics }) };
      await this.#expectTogether(epoch);
      this.#history.push(statistics);
      await this.#keepBest(epoch);
      yield { type: "epoch", ...statistics, state: await this.#state(epoch, 0, this.#none) };
      for (const message of this.#warnings(trained.begun)) yield { type: "warning", epoch, message };
      if (await this.#isStopped()) {
        yield { type: "stopped", state: await this.#state(epoch, 0, this.#none) };
        return;
      }
    }
  }

  /** The steps of an epoch. @returns undefined when the signal ended training before the last of them */
  async *#trainEpoch(epoch: number): AsyncGenerator<TrainingEvent, TrainedEpoch | undefined> {
    const { training, resume, ranks = ALONE } = this.options;
    const { batchSize, seed, layerStatistics: withLayers } = this.settings;
    const orderOf = (which: number): Batch[] => [...batches(training.count, batchSize, seed, which, true)];
    const order = orderOf(epoch);
    const first = epoch === (resume?.epoch ?? 0) + 1 ? (resume?.batch ?? 0) : 0;
    let sums: Sums = first > 0 && resume ? resume.sums : this.#none;
    let layerStatistics: LayerStatistics | undefined;
    const begun = this.#rateOf(this.#step - first + 1, epoch, order.length);
    for (let i = first; i < order.length; i++) {
      const started = performance.now();
      this.#followSteering();
      const learningRate = this.#rateOf(this.#step + 1, epoch, order.length);
      const place = { epoch, batch: i + 1, step: this.#step + 1, learningRate };
      const isLast = i + 1 === order.length;
      const following = isLast
        ? ([epoch < this.settings.epochs ? orderOf(epoch + 1)[0] : undefined, epoch + 1] as const)
        : ([order[i + 1], epoch] as const);
      const stepped = await this.stepper.step(order[i], place, ...following);
      this.#step++;
      sums = addBatch(sums, stepped.sums, order[i], started);
      if (!Number.isFinite(sums.objective))
        throw await this.#diagnosis(await this.stepper.inputsOf(order[i], place), place);
      // the first rank has a part of every batch
      if (withLayers && isLast && ranks.rank === 0) layerStatistics = await this.stepper.measureLayers(stepped);
      const state =
        this.options.steering?.keepsState && !isLast ? await this.#state(epoch - 1, i + 1, sums) : undefined;
      const statistics = statisticsOf(sums);
      yield { type: "batch", part: "train", ...place, batches: order.length, statistics, ...defined({ state }) };
      if (!isLast && (await this.#isStopped())) {
        yield { type: "stopped", state: await this.#state(epoch - 1, i + 1, sums) };
        return undefined;
      }
    }
    const learningRate = this.#rateOf(this.#step, epoch, order.length);
    if (!(await this.stepper.isFinite())) {
      const last = { epoch, batch: order.length, step: this.#step, learningRate };
      throw await this.#diagnosis(await this.stepper.inputsOf(order[order.length - 1], last), last);
    }
    return { train: statisticsOf(sums), begun, learningRate, layerStatistics };
  }

  /** Whether training is to end; of several processes, whether one of them was told so. */
  async #isStopped(): Promise<boolean> {
    const { signal, ranks = ALONE } = this.options;
    const { stopped } = await summed(ranks, { stopped: signal?.aborted ? 1 : 0 });
    return stopped > 0;
  }

  /** @throws Error where ranks hold other parameters than this one: all have made the same steps */
  async #expectTogether(epoch: number): Promise<void> {
    const { ranks = ALONE } = this.options;
    if (ranks.size === 1) return;
    const own = checksum((await this.stepper.copyState()).parameters);
    const { all } = await summed(ranks, { all: own });
    if (all === ranks.size * own) return;
    throw new Error(`The ranks have come apart: after epoch ${epoch} they do not hold the same parameters.`);
  }

  /** Measures the validation samples, where there are any. */
  async *#validate(epoch: number, learningRate: number): AsyncGenerator<TrainingEvent, Statistics | undefined> {
    const { validation, ranks = ALONE } = this.options;
    if (!validation) return undefined;
    const workers = this.measures.map((program, i) => ({ program, parameters: this.stepper.forUse(i) }));
    const place = { epoch, step: this.#step, learningRate };
    const started = performance.now();
    let sums = this.#none;
    for await (const each of evaluateAmong(workers, validation, this.settings.batchSize, ranks)) {
      const { batch, batches: count, statistics } = each;
      yield { type: "batch", part: "validation", ...place, batch, batches: count, statistics };
      sums = each.sums;
    }
    const seconds = (performance.now() - started) / 1000;
    return statisticsOf(ranks.size === 1 ? sums : { ...(await summed(ranks, sums)), seconds });
  }

  /** Keeps the parameters of an epoch that is the best so far, where the best is wanted. */
  async #keepBest(epoch: number): Promise<void> {
    const { earlyStopping, keep } = this.settings;
    if (!earlyStopping && keep === "last") return;
    const best = earlyStopping ? progressOf(this.#history, earlyStopping).best : bestEpoch(this.#history);
    if (best !== epoch) return;
    const { parameters, state } = await this.stepper.copyState();
    this.#best = { epoch, parameters: parametersForUse(parameters, state) };
  }

  /** Takes another learning rate from here on, where there is one. */
  #followSteering(): void {
    const wanted = this.options.steering?.learningRate;
    if (wanted === undefined || wanted === this.#changedRate) return;
    expectMeasurable(wanted, this.options.validation);
    this.#schedule = scheduleOf(LEARNING_RATE.take(wanted, { path: "steering.learningRate" }));
    this.#changedRate = wanted;
  }

  #rateOf(step: number, epoch: number, stepsPerEpoch: number): number {
    const { epochs } = this.settings;
    return rateAt(this.#schedule, { epoch, step, stepsPerEpoch, epochs, history: this.#history });
  }

  /** What is wrong since the last epoch, which began with this learning rate. */
  #warnings(begun: number): string[] {
    const rates = { begun, highest: highestRate(this.#schedule), steps: this.#step };
    const classes = this.options.training.target.names.length;
    const nothing = stillNothingLearned(this.network, this.#history, classes, rates);
    const isNew = nothing !== undefined && !this.#stuck;
    this.#stuck = nothing !== undefined;
    return [...(isNew ? [nothing] : []), ...newTroubles(this.network, this.#history, rates.highest)];
  }

  async #diagnosis(inputs: Values, moment: Moment): Promise<DivergenceError> {
    const { normalization } = this.options;
    const highest = highestRate(this.#schedule);
    return diagnose(this.engine, this.network, normalization, await brought(inputs), { ...moment, highest });
  }

  async #state(epoch: number, batch: number, sums: Sums): Promise<TrainingState> {
    const copied = await this.stepper.copyState();
    if (batch === 0 && this.#film && epoch > (this.#film.at(-1)?.epoch ?? 0) && isFilmed(epoch)) {
      const frame = filmFrame(this.network, copied.parameters, epoch);
      if (frame) this.#film = [...this.#film, frame];
    }
    return {
      epoch,
      batch,
      sums,
      step: this.#step,
      ...copied,
      history: [...this.#history],
      ...defined({ best: this.#best, film: this.#film, learningRate: this.#changedRate }),
    };
  }
}

/** A number of 32 bits that any other bit in the parameters changes. */
function checksum(parameters: Parameters): number {
  let sum = 0;
  for (const { data } of parameters.values()) {
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (let i = 0; i < words.length; i++) sum = (Math.imul(sum, 31) + words[i]) >>> 0;
  }
  return sum;
}

/** What the steps of an epoch have given. */
interface TrainedEpoch {
  readonly train: Statistics;
  /** the learning rate of the first step */
  readonly begun: number;
  /** of the last step */
  readonly learningRate: number;
  readonly layerStatistics: LayerStatistics | undefined;
}
