/** Training steps of Bell Pepper, on request, as pytorch-step.py does those of PyTorch: `node own-step.js NETWORK THREADS DEVICE`. */

import { isDevice } from "../engine/devices.js";
import { EngineError } from "../engine/engine.js";
import { nodeEngine } from "../engine/node.js";
import { answerRuns } from "./answer-runs.js";
import { NETWORKS } from "./networks.js";
import { timedStep } from "./timed-step.js";

const [name, threads, device] = process.argv.slice(2);
const { batch, network } = NETWORKS[name];
await answerRuns(() => {
  if (!isDevice(device)) throw new EngineError(`There is no device '${device}'.`);
  return timedStep(nodeEngine({ threads: Number(threads), device }), network(), batch);
});
