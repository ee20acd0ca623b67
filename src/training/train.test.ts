import { describe, expect, test } from "vitest";
import { ranksTogether } from "../../test/support/ranks.js";
import { relu } from "../blocks/activation/activation.js";
import { conv } from "../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../blocks/loss/class-losses.js";
import type { Samples } from "../data/samples.js";
import { classTarget } from "../data/target.js";
import { nodeEngine } from "../engine/node.js";
import { type Network, sequential } from "../network/network.js";
import { evaluate } from "./evaluate.js";
import { modelParameters, type TrainingEvent, type TrainingState } from "./events.js";
import type { TrainingOptions } from "./options.js";
import { cosine, oneCycle, onPlateau, type Schedule, warmUp } from "./solver/schedule.js";
import { adaDelta, adaGrad, adam, adamW, rmsProp, type Solver, sgd } from "./solver/solver.js";
import { evaluationGraph } from "./step/graphs.js";
import { train } from "./train.js";

/** Pictures of one pixel, dark for class 0 and bright for class 1: 30 of each. */
const shades: Samples = {
  count: 60,
  shape: { channels: 1, height: 1, width: 1 },
  target: classTarget(
    ["dark", "bright"],
    Uint8Array.from({ length: 60 }, (_, i) => i % 2),
  ),
  read(index, _epoch, into, offset) {
    into[offset] = index % 2 === 0 ? 40 : 200;
  },
};

const normalization = { mean: [120], scale: 1 / 80 };

const logistic = (): Network => sequential("logistic", shades.shape, [conv(1, 2, { name: "score" }), softmaxLogLoss()]);

const deep = (): Network =>
  sequential("deep", shades.shape, [
    conv(1, 8, { initialization: { type: "gaussian", deviation: 1 } }),
    relu(),
    conv(1, 8, { initialization: { type: "gaussian", deviation: 1 } }),
    relu(),
    conv(1, 2),
    softmaxLogLoss(),
  ]);

const engine = nodeEngine({ threads: 1 });

const run = (network: Network, options: Partial<TrainingOptions> = {}): AsyncGenerator<TrainingEvent> =>
  train(engine, network, { training: shades, validation: shades, normalization, epochs: 2, batchSize: 16, ...options });

async function collected(events: AsyncIterable<TrainingEvent>): Promise<TrainingEvent[]> {
  const all: TrainingEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const lastState = (events: readonly TrainingEvent[]): TrainingState => {
  const event = events.findLast((e) => e.type === "epoch" || e.type === "stopped");
  if (!event || !("state" in event)) throw new Error("no state");
  return event.state;
};

describe("train", () => {
  test("keeps the first layer's filters of each epoch where it looks inside, whether it is interrupted or not", async () => {
    const whole = lastState(await collected(run(logistic(), { epochs: 3, layerStatistics: true })));
    expect(whole.film?.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3]);
    expect(whole.film?.at(-1)?.filters).toEqual(whole.parameters.get("score/filters"));
    expect(whole.film?.[0].filters).not.toEqual(whole.film?.[1].filters);
    const first = lastState(await collected(run(logistic(), { epochs: 1, layerStatistics: true })));
    const resumed = lastState(await collected(run(logistic(), { epochs: 3, layerStatistics: true, resume: first })));
    expect(resumed.film).toEqual(whole.film);
    expect(lastState(await collected(run(logistic()))).film).toBeUndefined();
  });

  test("learns to tell dark from bright", async () => {
    const events = await collected(run(logistic(), { epochs: 20, learningRate: 0.5 }));
    const last = events.findLast((event) => event.type === "epoch");
    expect(last?.validation?.metrics.top1Error).toBe(0);
    expect(last?.validation?.objective).toBeLessThan(0.05);
  });

  test("begins near the objective of guessing, ln 2, and tells of each batch", async () => {
    const events = await collected(run(logistic(), { epochs: 1, learningRate: 1e-6 }));
    const kinds = events.map((event) =>
      event.type === "batch" ? `${event.part} ${event.batch}/${event.batches}` : event.type,
    );
    const parts = (part: string): string[] => [1, 2, 3, 4].map((batch) => `${part} ${batch}/4`);
    expect(kinds.slice(0, 9)).toEqual([...parts("train"), ...parts("validation"), "epoch"]);
    const [first] = events;
    expect(first.type === "batch" && first.statistics.objective).toBeCloseTo(Math.LN2, 1);
  });

  test("follows the rule by hand: one step of one weight", async () => {
    // One sample of value x = 1, two classes, w = b = 0: p = ½, so dw = (p − onehot)·x = (½, −½) for label 1, and db = dw.
    const one: Samples = {
      ...shades,
      count: 1,
      target: classTarget(["dark", "bright"], [1]),
      read: (_i, _e, into, at) => into.fill(200, at, at + 1),
    };
    const zero = sequential("zero", shades.shape, [
      conv(1, 2, { name: "score", initialization: { type: "zeros" } }),
      softmaxLogLoss(),
    ]);
    const options = {
      training: one,
      validation: one,
      batchSize: 4,
      learningRate: 0.1,
      solver: sgd({ weightDecay: 0.01 }),
    };
    const first = lastState(await collected(run(zero, { ...options, epochs: 1 })));
    expect([...(first.parameters.get("score/filters")?.data ?? [])]).toEqual([Math.fround(-0.05), Math.fround(0.05)]);
    // Second step: s = x·w + b = ∓0.1, so p₀ = 1/(1 + e^0.2) = 0.450166; g = 0.450166 + 0.01·(−0.05) = 0.449666;
    // m = 0.9·(−0.5) − 0.449666 = −0.899666; w = −0.05 + 0.1·m = −0.1399666.
    const second = lastState(await collected(run(zero, { ...options, epochs: 2 })));
    expect(second.parameters.get("score/filters")?.data[0]).toBeCloseTo(-0.1399666, 6);
    expect(second.state.get("momentum/score/filters")?.data[0]).toBeCloseTo(-0.899666, 5);
  });

  test("takes a learning rate for each epoch and holds the last", async () => {
    const events = await collected(run(logistic(), { epochs: 4, learningRate: [0.3, 0.2] }));
    const rates = events.flatMap((event) => (event.type === "epoch" ? [event.learningRate] : []));
    expect(rates).toEqual([0.3, 0.2, 0.2, 0.2]);
  });

  test("asks the schedule for the rate of each step", async () => {
    // Steps 1 … 8 of 8: 0.1·(1 + cos(π·(t − 1)/8)), from cos 0 = 1 over cos ½π = 0.
    const events = await collected(run(logistic(), { learningRate: cosine({ rate: 0.2 }) }));
    const rates = events.flatMap((event) => (event.type === "batch" && event.part === "train" ? [event] : []));
    expect(rates[0].learningRate).toBeCloseTo(0.2, 12);
    expect(rates[4]).toMatchObject({ epoch: 2, batch: 1, step: 5, learningRate: expect.closeTo(0.1, 12) });
    expect(rates[7].learningRate).toBeCloseTo(0.1 * (1 + Math.cos((7 * Math.PI) / 8)), 12);
    const epochs = events.flatMap((event) => (event.type === "epoch" ? [event.learningRate] : []));
    expect(epochs).toEqual([rates[3].learningRate, rates[7].learningRate]);
  });

  test("takes another learning rate while it runs, from the next step on, and keeps it when it goes on", async () => {
    const rated = (events: readonly TrainingEvent[]): number[] =>
      events.flatMap((event) => (event.type === "batch" && event.part === "train" ? [event.learningRate] : []));
    /** Four steps an epoch; after the third there is another rate. */
    const changed = async (options: Partial<TrainingOptions> = {}): Promise<TrainingEvent[]> => {
      const steering: { learningRate?: number; keepsState?: boolean } = { keepsState: true };
      const all: TrainingEvent[] = [];
      for await (const event of run(logistic(), { learningRate: 0.4, steering, ...options })) {
        all.push(event);
        if (event.type === "batch" && event.step === 3) steering.learningRate = 0.1;
      }
      return all;
    };
    const whole = await changed();
    expect(rated(whole)).toEqual([0.4, 0.4, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1]);
    // from the state in the midst of the second epoch, which was asked for, and without steering
    const state = whole.flatMap((event) => (event.type === "batch" && event.step === 6 ? [event.state] : []))[0];
    expect(state).toMatchObject({ epoch: 1, batch: 2, step: 6, learningRate: 0.1 });
    const rest = await collected(run(logistic(), { learningRate: 0.4, ...(state ? { resume: state } : {}) }));
    expect(rated(rest)).toEqual([0.1, 0.1]);
    expect(lastState(rest).parameters).toEqual(lastState(whole).parameters);
    expect(lastState(await collected(run(logistic()))).learningRate).toBeUndefined();
    await expect(collected(run(logistic(), { steering: { learningRate: -1 } }))).rejects.toThrow(
      "Invalid value for steering.learningRate: expected a number above 0, got -1.",
    );
    const plateau = {
      steering: { learningRate: onPlateau({ rate: 0.1 }) },
      epochs: 1,
      training: shades,
      normalization,
    };
    await expect(collected(train(engine, logistic(), plateau))).rejects.toThrow(/needs validation samples/);
  });

  test.each<[string, Solver, number]>([
    ["adaGrad", adaGrad(), 0.5],
    ["adaDelta", adaDelta(), 20],
    ["rmsProp", rmsProp(), 0.05],
    ["adam", adam(), 0.1],
    ["adamW", adamW(), 0.1],
    ["nesterov", sgd({ nesterov: true }), 0.5],
  ])("learns with %s", async (_, solver, learningRate) => {
    const events = await collected(run(deep(), { epochs: 10, solver, learningRate }));
    expect(events.findLast((event) => event.type === "epoch")?.validation?.objective).toBeLessThan(0.1);
  });

  test("measures and keeps the mean of the weights where it is asked to", async () => {
    const last = lastState(await collected(run(logistic(), { averaging: 0.9, learningRate: 0.5 })));
    const [name, used] = [...modelParameters(last)][0];
    expect(used).toEqual(last.state.get(`average/${name}`));
    expect(used).not.toEqual(last.parameters.get(name));
    // What validation measured is what the parameters for use give.
    const program = await engine.load(evaluationGraph(logistic(), normalization, 16));
    let objective = Number.NaN;
    for await (const { statistics } of evaluate(program, Object.fromEntries(modelParameters(last)), shades, 16)) {
      objective = statistics.objective;
    }
    await program.close();
    expect(last.history[1].validation?.objective).toBe(objective);
  });

  test("leaves a parameter whose learning rate is multiplied by zero as it was", async () => {
    const frozen = sequential("frozen", shades.shape, [
      conv(1, 4, { name: "fixed", learningRate: [0, 0] }),
      conv(1, 2, { name: "score", learningRate: [1, 0] }),
      softmaxLogLoss(),
    ]);
    const before = lastState(await collected(run(frozen, { epochs: 1, learningRate: 1e-12 })));
    const after = lastState(await collected(run(frozen, { epochs: 3, learningRate: 0.5 })));
    expect(after.parameters.get("fixed/filters")?.data).toEqual(before.parameters.get("fixed/filters")?.data);
    expect([...(after.parameters.get("score/biases")?.data ?? [])]).toEqual([0, 0]);
    expect(after.parameters.get("score/filters")?.data).not.toEqual(before.parameters.get("score/filters")?.data);
  });

  test("stops after the step under way, and goes on to the same end", async () => {
    const signal = { aborted: false };
    const first: TrainingEvent[] = [];
    for await (const event of run(deep(), { signal })) {
      first.push(event);
      if (event.type === "batch" && event.epoch === 2 && event.batch === 2) signal.aborted = true;
    }
    const resume = lastState(first);
    expect(first.at(-1)).toMatchObject({ type: "stopped", state: { epoch: 1, batch: 2, sums: { samples: 32 } } });
    const second = lastState(await collected(run(deep(), { resume })));
    const whole = lastState(await collected(run(deep())));
    expect(second.parameters).toEqual(whole.parameters);
    expect(second.state).toEqual(whole.state);
  });

  test("has other parameters for another seed, and the same for the same", async () => {
    const [a, b, c] = await Promise.all(
      [1, 1, 2].map(async (seed) => lastState(await collected(run(deep(), { seed }))).parameters),
    );
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
  });
});

test("steps that a schedule has made small are no trouble", async () => {
  const warningsAt = async (learningRate: Schedule | number): Promise<string[]> => {
    const events = await collected(run(logistic(), { learningRate, layerStatistics: true }));
    return events.flatMap((event) => (event.type === "warning" ? [event.message.split(":")[0]] : []));
  };
  expect(await warningsAt(1e-9)).toContain("Nothing happens");
  // The last of the 8 steps is at 0.5 / 25 / 10⁹.
  expect(await warningsAt(oneCycle({ rate: 0.5, endDivisor: 1e9 }))).not.toContain("Nothing happens");
});

describe("early stopping", () => {
  /** Learns in the first epochs, then unlearns: a rate that is far too high, and weight decay. */
  const spoiled = {
    epochs: 9,
    learningRate: [0.1, 0.1, 4, 4, 4, 4, 4, 4, 4],
    solver: sgd({ weightDecay: 0.3, momentum: 0 }),
    earlyStopping: { patience: 2 },
  };

  test("ends after so many epochs without a better value, and the result is the best epoch", async () => {
    const events = await collected(run(logistic(), spoiled));
    const state = lastState(events);
    const objectives = state.history.map(({ validation }) => validation?.objective ?? Number.NaN);
    const best = 1 + objectives.indexOf(Math.min(...objectives));
    expect(best).toBeLessThan(objectives.length);
    expect(state.epoch).toBe(best + 2);
    expect(events.at(-1)).toEqual({ type: "exhausted", epoch: best + 2, best });
    const { earlyStopping: _, ...endless } = spoiled;
    const short = lastState(await collected(run(logistic(), { ...endless, epochs: best })));
    expect(modelParameters(state)).toEqual(short.parameters);
    expect(state.parameters).not.toEqual(short.parameters);
  });

  test("is not needed for keeping the epoch of the lowest objective", async () => {
    const { earlyStopping: _, ...endless } = spoiled;
    const state = lastState(await collected(run(logistic(), { ...endless, keep: "best", epochs: 6 })));
    const measured = state.history.map(({ validation }, i) => ({
      epoch: i + 1,
      objective: validation?.objective ?? Number.POSITIVE_INFINITY,
    }));
    const [{ epoch }] = [...measured].sort((a, b) => a.objective - b.objective);
    expect(epoch).toBeLessThan(6);
    expect(state.epoch).toBe(6);
    expect(state.best?.epoch).toBe(epoch);
    const short = lastState(await collected(run(logistic(), { ...endless, epochs: epoch })));
    expect(modelParameters(state)).toEqual(short.parameters);
  });

  test("ends at once when it is resumed after its end", async () => {
    const resume = lastState(await collected(run(logistic(), spoiled)));
    const events = await collected(run(logistic(), { ...spoiled, resume }));
    expect(events.map(({ type }) => type)).toEqual(["exhausted"]);
  });
});

describe("a run with everything on", () => {
  const everything: Partial<TrainingOptions> = {
    epochs: 6,
    solver: adam(),
    learningRate: warmUp(1.5, onPlateau({ rate: 0.3, factor: 0.5, patience: 0, threshold: 0.5 })),
    clip: { norm: 0.1 },
    subBatches: 3,
    averaging: 0.9,
    earlyStopping: { patience: 5, measure: "top1Error" },
  };

  test.each([
    [1, 2],
    [3, 1],
    [5, 3],
  ])("goes on bit for bit after a stop in epoch %i, batch %i", async (epoch, batch) => {
    const whole = lastState(await collected(run(deep(), everything)));
    // The plateau was met, so that the rate depends on the history.
    expect(whole.history[5].learningRate).toBeLessThan(0.3);
    const signal = { aborted: false };
    const first: TrainingEvent[] = [];
    for await (const event of run(deep(), { ...everything, signal })) {
      first.push(event);
      if (event.type === "batch" && event.epoch === epoch && event.batch === batch) signal.aborted = true;
    }
    const resume = lastState(first);
    expect([resume.epoch, resume.batch, resume.step]).toEqual([epoch - 1, batch, 4 * (epoch - 1) + batch]);
    const again = lastState(await collected(run(deep(), { ...everything, resume })));
    const withoutSpeed = ({ history, ...state }: TrainingState) => ({
      ...state,
      history: history.map(({ train, validation, ...rest }) => ({
        ...rest,
        train: { ...train, imagesPerSecond: 0, waiting: 0 },
        validation: { ...validation, imagesPerSecond: 0, waiting: 0 },
      })),
    });
    expect(withoutSpeed(again)).toEqual(withoutSpeed(whole));
    expect(modelParameters(again)).toEqual(modelParameters(whole));
  });
});

describe("training that is divided", () => {
  const settings = { epochs: 3, solver: adam(), keep: "best", averaging: 0.9 } as const;
  const withoutSpeed = ({ history, sums, ...state }: TrainingState) => ({
    ...state,
    sums: { ...sums, seconds: 0, waited: 0 },
    history: history.map((each) => JSON.stringify(each, (key, value) => (/imagesPer|waiting/.test(key) ? 0 : value))),
  });

  test("among workers is that of as many parts, bit for bit, and measures the same", async () => {
    const parts = lastState(await collected(run(deep(), { ...settings, subBatches: 2 })));
    const workers = nodeEngine({ threads: 2, workers: 2 });
    const samples = { training: shades, validation: shades, normalization, batchSize: 16 };
    const divided = lastState(await collected(train(workers, deep(), { ...samples, ...settings })));
    expect(withoutSpeed(divided)).toEqual(withoutSpeed(parts));
  });

  /** Two ranks of one process, the second of which is stopped after so many batches, where that is said. */
  const byRanks = (more: Partial<TrainingOptions>, stopAfter = Number.POSITIVE_INFINITY): Promise<TrainingEvent[][]> =>
    Promise.all(
      ranksTogether(2).map(async (ranks) => {
        const signal = { aborted: false };
        const events: TrainingEvent[] = [];
        for await (const event of run(deep(), { ...settings, ...more, ranks, signal })) {
          events.push(event);
          if (ranks.rank === 1 && events.length === stopAfter) signal.aborted = true;
        }
        return events;
      }),
    );

  test("among ranks comes to the same everywhere, near that of one process", async () => {
    const parts = lastState(await collected(run(deep(), { ...settings, subBatches: 2 })));
    const [first, second] = (await byRanks({})).map(lastState);
    expect(withoutSpeed(first)).toEqual(withoutSpeed(second));
    for (const [i, { train: own, validation }] of first.history.entries()) {
      expect(own.objective).toBeCloseTo(parts.history[i].train.objective, 6);
      expect(validation?.objective).toBeCloseTo(parts.history[i].validation?.objective ?? 0, 6);
      expect(validation?.metrics).toEqual(parts.history[i].validation?.metrics);
    }
  });

  test("is stopped in all ranks when one is told to, and goes on in one process", async () => {
    const [first, second] = (await byRanks({}, 2)).map(lastState);
    expect([first.epoch, first.batch]).toEqual([0, 2]);
    expect(withoutSpeed(first)).toEqual(withoutSpeed(second));
    const whole = lastState((await byRanks({}))[0]);
    const alone = lastState(await collected(run(deep(), { ...settings, subBatches: 2, resume: first })));
    expect(alone.history[2].train.objective).toBeCloseTo(whole.history[2].train.objective, 6);
  });

  test("among ranks that come apart is refused", async () => {
    const [one, other] = ranksTogether(2);
    const apart = {
      ...other,
      sum: async (values: Float32Array | Float64Array) => {
        await other.sum(values);
        if (values instanceof Float32Array) values[0] += 0.01;
      },
    };
    const ends = [one, apart].map((ranks) => collected(run(deep(), { ...settings, ranks })));
    await expect(Promise.all(ends)).rejects.toThrow(
      "The ranks have come apart: after epoch 1 they do not hold the same parameters.",
    );
  });
});

describe("when training goes wrong", () => {
  test("names the layer in which numbers explode, and keeps the states before", async () => {
    const seen: TrainingEvent[] = [];
    const exploding = async (): Promise<void> => {
      for await (const event of run(deep(), { epochs: 50, learningRate: 1e12 })) seen.push(event);
    };
    await expect(exploding()).rejects.toThrow(
      /^Training diverged in epoch 1, batch \d: the (output|filters|biases) of layer [1-5] 'conv[123]' became infinite or not a number\. The learning rate 1000000000000 is probably too high: try 100000000000\.$/,
    );
  });

  test("says when nothing is learned", async () => {
    const events = await collected(run(logistic(), { learningRate: 1e-9, epochs: 3 }));
    const warning = events.find((event) => event.type === "warning");
    expect(warning?.message).toMatch(
      /^Nothing is learned: after epoch 3 the objective is 0\.(69|70)\d, and guessing among 2 classes gives 0\.693\./,
    );
  });

  test.each([
    [{ epochs: 0 }, "Invalid value for epochs: expected a whole number of at least 1, got 0."],
    [{ batchSize: 2.5 }, "Invalid value for batchSize: expected a whole number of at least 1, got 2.5."],
    [{ learningRate: [0.1, -1] }, "Invalid value for learningRate[1]: expected a number above 0, got -1."],
    [{ learningRate: Number.NaN }, "Invalid value for learningRate: expected a number above 0, got NaN."],
    [
      { solver: { ...sgd(), momentum: 1 } },
      "Invalid value for solver.momentum: expected a number of at least 0 and below 1, got 1.",
    ],
    [{ subBatches: 17 }, "Invalid value for subBatches: expected at most 16, the batch size, got 17."],
    [{ averaging: 1 }, "Invalid value for averaging: expected a number above 0 and below 1, got 1."],
    [
      { earlyStopping: { patience: 0 } },
      "Invalid value for earlyStopping.patience: expected a whole number of at least 1, got 0.",
    ],
    [{ seed: 0.5 }, "Invalid value for seed: expected a whole number, got 0.5."],
    [
      { training: { ...shades, target: classTarget(["dark", "bright"], [0, 7]) } },
      "Sample 1 of the training samples has label 7; expected 0 to 1.",
    ],
    [{ training: { ...shades, count: 0 } }, "There are no training samples."],
    [
      { validation: { ...shades, shape: { channels: 3, height: 1, width: 1 } } },
      "The validation images are 3×1×1, network 'logistic' takes 1×1×1.",
    ],
    [
      { training: { ...shades, target: { ...shades.target, names: ["a", "b", "c"] } } },
      "The training samples have 3 classes, network 'logistic' gives 2 scores.",
    ],
  ])("refuses %o", async (options, message) => {
    await expect(collected(run(logistic(), options))).rejects.toThrow(message);
  });

  test("refuses an option that it does not know, with the nearest", async () => {
    const misspelt: Partial<TrainingOptions> = JSON.parse('{ "valdation": 1 }');
    await expect(collected(run(logistic(), misspelt))).rejects.toThrow(
      "Unknown option 'valdation': did you mean 'validation'? It has training, validation, normalization, epochs, ",
    );
  });

  test.each([
    [{ earlyStopping: { patience: 1 } }, "Early stopping needs validation samples."],
    [{ keep: "best" } as const, "Keeping the best epoch needs validation samples."],
    [{ learningRate: onPlateau({ rate: 0.1 }) }, "The schedule 'onPlateau' needs validation samples."],
  ])("refuses %o without validation", async (options, message) => {
    const blind = train(engine, logistic(), { training: shades, normalization, epochs: 1, ...options });
    await expect(collected(blind)).rejects.toThrow(message);
  });

  test("refuses a network that gives several columns of scores", async () => {
    const wide = { ...shades, shape: { channels: 1, height: 1, width: 3 } };
    const network = sequential("wide", wide.shape, [conv(1, 2), softmaxLogLoss()]);
    await expect(collected(run(network, { training: wide, validation: wide }))).rejects.toThrow(
      "Network 'wide' gives 1×3 columns of scores for its 1×3 input; a label belongs to one image, so training needs 1×1, or a map of labels for each image.",
    );
  });

  test("refuses a field that a normalisation has not", async () => {
    const misspelt = { ...normalization, scal: 1 };
    await expect(collected(run(logistic(), { normalization: misspelt }))).rejects.toThrow(
      "normalization: unknown field 'scal'",
    );
  });
});
