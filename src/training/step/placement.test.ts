/** What of a training step a card leaves to the processor. */

import * as runtime from "onnxruntime-node";
import { expect, test } from "vitest";
import { describeCards } from "../../../test/devices.js";
import type { Engine } from "../../engine/engine.js";
import { runtimeEngine, SILENT } from "../../engine/runtime.js";
import { GraphBuilder } from "../../graph/builder.js";
import { withLoss } from "../../network/edit/edit.js";
import { inputOf, lossesOf } from "../../network/network.js";
import { networkNamed } from "../../network/zoo/index.js";
import { adam, sgd } from "../solver/solver.js";
import { trainingGraph } from "./graphs.js";

/** An engine that refuses graphs of which the runtime would leave a node to the processor. */
const strictEngine = (): Engine =>
  runtimeEngine(runtime, {
    device: "webgpu",
    threads: 1,
    session: {
      executionProviders: ["webgpu"],
      graphOptimizationLevel: "all",
      logSeverityLevel: SILENT,
      extra: { session: { disable_cpu_ep_fallback: "1" } },
    },
  });

/**
 * Of each family of the zoo that has layers of its own, the smallest. The whole zoo leaves nothing either; to load it takes minutes.
 */
const NETWORKS = ["ocr", "cifarQuick", "cifarVgg", "resnet20", "squeezenet11", "mobilenetV3Small", "convnextTiny"];

describeCards("a training step leaves nothing to the processor:", () => {
  test.each(NETWORKS)("%s", async (name) => {
    const plain = networkNamed(name);
    const network = lossesOf(plain).length === 0 ? withLoss(plain) : plain;
    const mean = Array<number>(inputOf(network).channels).fill(127);
    const solver = name === "ocr" ? adam() : sgd();
    const program = await strictEngine().load(trainingGraph(network, { mean, scale: 1 }, { solver }, 2));
    await program.close();
  });

  test("which a graph would, that rounds", async () => {
    const g = new GraphBuilder("rounded");
    g.output("y", g.op("Round", [g.input("x", "float32", [1])]));
    await expect(strictEngine().load(g.build())).rejects.toThrow(/fallback to CPU EP has been explicitly disabled/);
  });
});
