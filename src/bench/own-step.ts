/** Training steps of Bell Pepper, on request, as pytorch-step.py does those of PyTorch: `node own-step.js NETWORK THREADS DEVICE [WORKERS]`. */

import { isDevice } from "../engine/devices.js";
import { EngineError } from "../engine/engine.js";
import { nodeEngine } from "../engine/node.js";
import { answerRuns } from "./answer-runs.js";
import { NETWORKS } from "./networks.js";
import { timedStep, timedStepper } from "./timed-step.js";

const [name, threads, device, workers] = process.argv.slice(2);
const { batch, network } = NETWORKS[name];
await answerRuns(() => {
  if (!isDevice(device)) throw new EngineError(`There is no device '${device}'.`);
  const how = { threads: Number(threads), device };
  if (workers === undefined) return timedStep(nodeEngine(how), network(), batch);
  return timedStepper(nodeEngine({ ...how, workers: Number(workers) }), network(), batch);
});
