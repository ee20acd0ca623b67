/**
 * Training steps of Bell Pepper, on request, as pytorch-step.py does those of PyTorch: `node own-step.js NETWORK THREADS` reads lines with a number of steps,
 * and answers each with their milliseconds and the most memory that the process ever had, as JSON.
 */

import { createInterface } from "node:readline";
import { nodeEngine } from "../engine/node.js";
import { repeated } from "./interleaved.js";
import { NETWORKS } from "./networks.js";
import { timedStep } from "./timed-step.js";

const [name, threads] = process.argv.slice(2);
const { batch, network } = NETWORKS[name];
const started = performance.now();
const step = await timedStep(nodeEngine({ threads: Number(threads) }), network(), batch);
const answer = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
answer({ version: "", loaded: performance.now() - started });
for await (const steps of createInterface({ input: process.stdin })) {
  const times = await repeated(step, Number(steps));
  answer({ times, megabytes: process.resourceUsage().maxRSS / 1024 });
}
