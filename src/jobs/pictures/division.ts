/** What it means for a network that its batches are divided. */

import type { Network } from "../../network/network.js";
import { UsageError } from "../../values/usage-error.js";

/** Into what batches are divided. */
interface Division {
  readonly batchSize: number;
  readonly subBatches: number;
  readonly workers: number;
}

/**
 * What should be known of a batch that is divided.
 *
 * @param network the layers that learn
 * @throws UsageError when it has fewer pictures than the workers' parts; without workers, training's own settings say so
 */
export function divisionNotes({ layers }: Network, { batchSize, subBatches, workers }: Division): string[] {
  const parts = subBatches * workers;
  const among = [
    ...(workers > 1 ? [`--workers ${workers}`] : []),
    ...(subBatches > 1 ? [`--sub-batches ${subBatches}`] : []),
  ];
  if (workers > 1 && parts > batchSize) {
    throw new UsageError(`${among.join(" ")}: a batch of ${batchSize} cannot be divided into ${parts} parts.`);
  }
  if (parts === 1 || layers.every(({ layer }) => layer.type !== "batchNorm")) return [];
  const size = Math.ceil(batchSize / parts);
  return [
    `Batch normalisation sees the ${size} pictures of one part of the batch at a time, not all ${batchSize} (${among.join(" ")}).`,
  ];
}
