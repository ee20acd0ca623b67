/** What of a training step crosses between this memory and the card's. */

import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { randomBatch } from "../../../test/batches.js";
import { cpu, describeCards, difference } from "../../../test/devices.js";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import type { Device, Engine } from "../../engine/engine.js";
import type { Runtime } from "../../engine/place.js";
import { runtimeEngine, SILENT } from "../../engine/runtime.js";
import { sequential } from "../../network/network.js";
import { evaluate } from "../evaluate.js";
import { adam } from "../solver/solver.js";
import { batches } from "./batches.js";
import { evaluationGraph } from "./graphs.js";
import { initialize } from "./initialize.js";
import { openStepper } from "./stepper.js";

/** Names of tensors that were handed over and of those that came back, since they were last asked for. */
interface Crossed {
  readonly to: string[];
  readonly from: string[];
}

/** An engine that tells which tensors its runs take from this memory and leave in it. */
function watchedEngine(device: Device): { readonly engine: Engine; crossed(): Crossed } {
  let [to, from]: string[][] = [[], []];
  const hereIn = (values: InferenceSession.OnnxValueMapType): string[] =>
    Object.entries(values).flatMap(([name, { location }]) => (location === "cpu" ? [name] : []));
  const runtime: Runtime = {
    Tensor,
    InferenceSession: {
      async create(model, options) {
        const session = await InferenceSession.create(model, options);
        const run = session.run.bind(session);
        return Object.assign(session, {
          async run(feeds: InferenceSession.FeedsType, fetches: InferenceSession.FetchesType) {
            const results = await run(feeds, fetches);
            to.push(...hereIn(feeds));
            from.push(...hereIn(results));
            return results;
          },
        });
      },
    },
  };
  const session = { executionProviders: [device], graphOptimizationLevel: "all", logSeverityLevel: SILENT } as const;
  return {
    engine: runtimeEngine(runtime, { device, threads: 1, session }),
    crossed() {
      const names = { to: to.sort(), from: from.sort() };
      [to, from] = [[], []];
      return names;
    },
  };
}

const [COUNT, BATCH] = [16, 8];
const network = sequential("small", { channels: 2, height: 6, width: 6 }, [
  conv(3, 4, { biases: false }),
  batchNorm(),
  relu(),
  dropout(0.25),
  conv(4, 3),
  softmaxLogLoss(),
]);
const random = randomBatch(network, 3, COUNT);
const samples: Samples = {
  count: COUNT,
  shape: { channels: 2, height: 6, width: 6 },
  target: classTarget(["a", "b", "c"], Array.from(random.labels.data, Number)),
  read: (index, _epoch, into, offset) => into.set(random.images.data.subarray(72 * index, 72 * (index + 1)), offset),
};
const normalization = { mean: [127, 127], scale: 1 / 127 };
const order = [...batches(COUNT, BATCH, 1, 1, true)];
const BATCH_NAMES = ["images", "labels", "randomSeed", "weights"];

/** A stepper that keeps a mean of the parameters, too. */
const opened = (engine: Engine, subBatches: number) =>
  openStepper(
    engine,
    network,
    samples,
    { normalization, batchSize: BATCH, subBatches, rule: { solver: adam(), averaging: 0.9 } },
    initialize(network, 1),
  );

const placeOf = (step: number) => ({ epoch: 1, batch: step, step, learningRate: 0.01 });

describeCards("a training step", ({ name, tolerance }) => {
  describe.each([1, 2])("in %i parts", (parts) => {
    test("hands over its batch and gives its sums, and nothing else crosses", async () => {
      const { engine, crossed } = watchedEngine(name);
      const stepper = await opened(engine, parts);
      const sums = await stepper.step(order[0], placeOf(1)).then((made) => Object.keys(made.sums));
      crossed();
      await stepper.step(order[1], placeOf(2));
      const numbers = parts === 1 ? ["learningRate", "step"] : ["learningRate", "samples", "step"];
      const measured = sums.filter((sum) => sum !== "waited");
      expect(crossed()).toEqual({
        to: [...Array(parts).fill(BATCH_NAMES).flat(), ...numbers].sort(),
        from: Array(parts).fill(measured).flat().sort(),
      });
      await stepper.close();
    });

    test("leaves the numbers that it leaves on the processor", async () => {
      const [own, expected] = [await opened(watchedEngine(name).engine, parts), await opened(cpu.engine, parts)];
      for (const [i, batch] of order.entries()) {
        for (const each of [own, expected]) await each.step(batch, placeOf(i + 1));
      }
      const [made, right] = [await own.copyState(), await expected.copyState()];
      for (const part of ["parameters", "state"] as const) {
        for (const [value, { data }] of right[part]) {
          const moved = made[part].get(value)?.data ?? [];
          expect(difference(moved, data), value).toBeLessThan(100 * tolerance);
        }
      }
      for (const each of [own, expected]) await each.close();
    });
  });

  test("is measured with the parameters where they lie", async () => {
    const { engine, crossed } = watchedEngine(name);
    const stepper = await opened(engine, 1);
    await stepper.step(order[0], placeOf(1));
    const program = await engine.load(evaluationGraph(network, normalization, BATCH));
    crossed();
    for await (const _ of evaluate(program, stepper.forUse(), samples, COUNT / 2)) {
      const { to } = crossed();
      expect(to).toEqual(["images", "labels", "weights"]);
    }
    await program.close();
    await stepper.close();
  });
});
