import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import { expect, test } from "vitest";
import { GraphBuilder } from "../graph/builder.js";
import { EngineError } from "./engine.js";
import type { RuntimePlace } from "./place.js";
import { runtimeEngine } from "./runtime.js";

/** A runtime that makes no session, but remembers what it was asked for. */
function asked() {
  const threads: (number | undefined)[] = [];
  const create = async (_model: Uint8Array, how: InferenceSession.SessionOptions): Promise<never> => {
    if (how.intraOpNumThreads !== undefined) threads.push(how.intraOpNumThreads);
    throw new EngineError("no session");
  };
  const place: RuntimePlace = {
    isAside: true,
    create,
    wrap: ({ type, shape, data }) => ({ type, dims: shape, data }),
    keep: (tensor) => tensor,
  };
  const Tensor = class {} as unknown as TensorConstructor;
  return { threads, place, runtime: { InferenceSession: { create }, Tensor } };
}

test("a program in a worker has its share of the threads, one in the caller's thread has all", async () => {
  const { threads, place, runtime } = asked();
  const session = { executionProviders: ["cpu"], intraOpNumThreads: 8 };
  const engine = runtimeEngine(runtime, { device: "cpu", threads: 2, workers: 4, session, aside: () => place });
  const g = new GraphBuilder("negative");
  g.output("y", g.op("Neg", [g.input("x", "float32", [1])]));
  for (const aside of [0, 3, true, false]) {
    await expect(engine.load(g.build(), { aside })).rejects.toThrow("no session");
  }
  expect(threads).toEqual([2, 2, 2, 8]);
});
