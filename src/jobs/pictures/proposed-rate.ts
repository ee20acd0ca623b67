import type { Network } from "../../network/network.js";
import { oneCycle, type Schedule } from "../../training/solver/schedule.js";
import type { Solver } from "../../training/solver/solver.js";

/** Rates for batches of 100: the height of a cycle where batch normalisation bears it, and a constant rate without. */
const RATES: Readonly<Record<Solver["type"], { readonly cycle: number; readonly constant: number }>> = {
  sgd: { cycle: 0.05, constant: 0.01 },
  adaGrad: { cycle: 0.02, constant: 0.01 },
  adaDelta: { cycle: 1, constant: 1 },
  rmsProp: { cycle: 0.002, constant: 0.001 },
  adam: { cycle: 0.003, constant: 0.001 },
  adamW: { cycle: 0.003, constant: 0.001 },
};
const USUAL_BATCH = 100;

/**
 * The learning rate of a run that was not told one. With SGD it grows with the square root of the batch (Krizhevsky 2014, "One weird
 * trick for parallelizing convolutional neural networks"), as does the certainty of a mean of gradients. The other solvers divide
 * gradients by their size, and need it less.
 *
 * @param batchSize pictures in a step: no more than there are
 */
export function proposeRate(
  network: Network,
  solver: Solver,
  batchSize: number,
): { readonly value: number | Schedule; readonly text: string; readonly why: string } {
  const normalized = network.layers.some(({ layer }) => layer.type === "batchNorm");
  const { cycle, constant } = RATES[solver.type];
  const scale = solver.type === "sgd" ? Math.min(1, Math.sqrt(batchSize / USUAL_BATCH)) : 1;
  const rate = Number(((normalized ? cycle : constant) * scale).toPrecision(2));
  const reason = normalized ? "batch normalisation bears it" : "no batch normalisation learns";
  return {
    value: normalized ? oneCycle({ rate }) : rate,
    text: `${rate}, ${normalized ? "one cycle" : "constant"}`,
    why: `usual for ${solver.type}; ${reason}${scale < 1 ? `; less for a batch below ${USUAL_BATCH}` : ""}`,
  };
}
