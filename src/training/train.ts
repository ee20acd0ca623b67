import type { Engine } from "../engine/engine.js";
import type { Network } from "../network/network.js";
import { defined } from "../values/defined.js";
import { evaluate } from "./evaluate.js";
import type { Sums, TrainingEvent, TrainingState } from "./events.js";
import { expectOptions, ruleOf, TRAINING_DEFAULTS, type TrainingOptions } from "./options.js";
import { progressOf } from "./solver/early-stopping.js";
import { rateAt, scheduleOf } from "./solver/schedule.js";
import { diagnose, newTroubles } from "./statistics/diagnosis.js";
import type { EpochStatistics, LayerStatistics, Statistics } from "./statistics/epoch-statistics.js";
import { added, noSums, nothingLearned, statisticsOf } from "./statistics/statistics.js";
import { batches } from "./step/batches.js";
import { evaluationGraph } from "./step/graphs.js";
import { initialize } from "./step/initialize.js";
import { sumsOf } from "./step/objective.js";
import { openStepper } from "./step/stepper.js";
import { parametersForUse } from "./step/update.js";

/**
 * Trains a network by gradient descent, as a sequence of events.
 *
 * Each step takes a batch in an order shuffled anew each epoch, and moves all parameters by the solver's rule (see {@link sgd}); after
 * each epoch the validation samples are measured. Every random choice follows from the seed, so that a run that goes on from a
 * state equals one that was never interrupted, bit for bit, on the same device with the same threads.
 *
 * @throws RangeError when an option is out of range
 * @throws DivergenceError naming the layer where a number became infinite or NaN; the states of earlier events remain good
 * @example
 * const options = { ...letters, normalization, epochs: 15, solver: adam(), learningRate: cosine({ rate: 0.001 }) };
 * for await (const event of train(nodeEngine(), ocr(), options)) {
 *   if (event.type === "epoch") console.log(event.epoch, event.validation?.metrics.top1Error);
 * }
 */
export async function* train(
  engine: Engine,
  network: Network,
  options: TrainingOptions,
): AsyncGenerator<TrainingEvent> {
  expectOptions(network, options);
  const { training, validation, normalization, epochs, earlyStopping, start, resume, signal } = options;
  const {
    batchSize,
    learningRate,
    subBatches,
    seed,
    layerStatistics: withLayers,
  } = { ...TRAINING_DEFAULTS, ...options };
  const schedule = scheduleOf(learningRate);
  const stepper = await openStepper(
    engine,
    network,
    training,
    { normalization, batchSize, subBatches, rule: ruleOf(options), seed, layerStatistics: withLayers },
    resume?.parameters ?? initialize(network, seed, start),
    resume?.state,
  );
  const measure = validation && (await engine.load(evaluationGraph(network, normalization, batchSize)));
  const none = noSums(sumsOf(network));
  const history: EpochStatistics[] = [...(resume?.history ?? [])];
  let step = resume?.step ?? 0;
  let best = resume?.best;
  let highestRate = Math.max(0, ...history.map((epoch) => epoch.learningRate));
  const state = (epoch: number, batch: number, sums: Sums): TrainingState => ({
    epoch,
    batch,
    sums,
    step,
    ...stepper.moved(),
    history: [...history],
    ...defined({ best }),
  });

  try {
    for (let epoch = (resume?.epoch ?? 0) + 1; epoch <= epochs; epoch++) {
      if (earlyStopping) {
        const progress = progressOf(history, earlyStopping);
        if (progress.exhausted) {
          yield { type: "exhausted", epoch: epoch - 1, best: progress.best };
          return;
        }
      }
      const order = [...batches(training.count, batchSize, seed, epoch, true)];
      const rateOf = (number: number): number =>
        rateAt(schedule, { epoch, step: number, stepsPerEpoch: order.length, epochs, history });
      const first = epoch === (resume?.epoch ?? 0) + 1 ? (resume?.batch ?? 0) : 0;
      let sums: Sums = first > 0 && resume ? resume.sums : none;
      let layerStatistics: LayerStatistics | undefined;
      for (let i = first; i < order.length; i++) {
        const started = performance.now();
        const place = { epoch, batch: i + 1, step: step + 1, learningRate: rateOf(step + 1) };
        highestRate = Math.max(highestRate, place.learningRate);
        const stepped = await stepper.step(order[i], place, order[i + 1]);
        step++;
        sums = added(sums, stepped.sums, order[i], started);
        if (!Number.isFinite(sums.objective)) {
          throw await diagnose(engine, network, normalization, stepped.inputs, place);
        }
        if (withLayers && i + 1 === order.length) layerStatistics = await stepper.measureLayers(stepped);
        yield { type: "batch", part: "train", ...place, batches: order.length, statistics: statisticsOf(sums) };
        if (signal?.aborted && i + 1 < order.length) {
          yield { type: "stopped", state: state(epoch - 1, i + 1, sums) };
          return;
        }
      }
      const last = { epoch, batch: order.length, step, learningRate: rateOf(step) };
      if (!stepper.isFinite()) {
        const inputs = await stepper.inputsOf(order[order.length - 1], last);
        throw await diagnose(engine, network, normalization, inputs, last);
      }

      let validated: Statistics | undefined;
      if (validation && measure) {
        for await (const event of evaluate(measure, stepper.forUse(), validation, batchSize)) {
          validated = event.statistics;
          const { batch, batches } = event;
          yield { type: "batch", part: "validation", ...last, batch, batches, statistics: validated };
        }
      }
      const statistics = {
        epoch,
        learningRate: last.learningRate,
        train: statisticsOf(sums),
        ...defined({ validation: validated, layerStatistics }),
      };
      history.push(statistics);
      if (earlyStopping && progressOf(history, earlyStopping).best === epoch) {
        const { parameters, state } = stepper.moved();
        best = { epoch, parameters: parametersForUse(parameters, state) };
      }
      yield { type: "epoch", ...statistics, state: state(epoch, 0, none) };
      const warning = nothingLearned(network, statistics, training.target.names.length);
      if (warning) yield { type: "warning", epoch, message: warning };
      for (const message of newTroubles(network, history, highestRate)) yield { type: "warning", epoch, message };
      if (signal?.aborted) {
        yield { type: "stopped", state: state(epoch, 0, none) };
        return;
      }
    }
  } finally {
    await stepper.close();
    await measure?.close();
  }
}
