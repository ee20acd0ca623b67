/** Training steps of Bell Pepper, on request, as pytorch-step.py does those of PyTorch: `node own-step.js NETWORK THREADS`. */

import { nodeEngine } from "../engine/node.js";
import { answerRuns } from "./answer-runs.js";
import { NETWORKS } from "./networks.js";
import { timedStep } from "./timed-step.js";

const [name, threads] = process.argv.slice(2);
const { batch, network } = NETWORKS[name];
await answerRuns(() => timedStep(nodeEngine({ threads: Number(threads) }), network(), batch));
