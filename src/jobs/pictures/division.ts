/** What it means for a network that its batches are divided. */

import type { Network } from "../../network/network.js";
import { UsageError } from "../../values/usage-error.js";

/** Into what batches are divided. */
interface Division {
  readonly batchSize: number;
  readonly subBatches: number;
  readonly workers: number;
  /** processes that train together */
  readonly ranks: number;
  /** whether batch normalisation sees the whole batch all the same */
  readonly syncBatchNorm: boolean;
}

const NOTHING_DIVIDED =
  "--sync-batch-norm changes nothing here: batches are not divided (--workers, --sub-batches), so that batch normalisation sees all of each.";

/**
 * What should be known of a batch that is divided.
 *
 * @param network the layers that learn
 * @throws UsageError when it has fewer pictures than parts (without workers and ranks, training's own settings say so), or nothing sees the whole batch that is to
 */
export function divisionNotes(
  { layers }: Network,
  { batchSize, subBatches, workers, ranks, syncBatchNorm }: Division,
): string[] {
  const parts = subBatches * workers * ranks;
  const among = [
    ...(ranks > 1 ? [`${ranks} ranks`] : []),
    ...(workers > 1 ? [`--workers ${workers}`] : []),
    ...(subBatches > 1 ? [`--sub-batches ${subBatches}`] : []),
  ];
  if (workers * ranks > 1 && parts > batchSize) {
    throw new UsageError(`${among.join(", ")}: a batch of ${batchSize} cannot be divided into ${parts} parts.`);
  }
  const isNormalised = layers.some(({ layer }) => layer.type === "batchNorm");
  if (syncBatchNorm && !isNormalised) {
    throw new UsageError("--sync-batch-norm: the network has no batch normalisation that learns.");
  }
  if (syncBatchNorm) return parts > 1 ? [] : [NOTHING_DIVIDED];
  if (parts === 1 || !isNormalised) return [];
  const size = Math.ceil(batchSize / parts);
  return [
    `Batch normalisation sees the ${size} pictures of one part of the batch at a time, not all ${batchSize} (${among.join(", ")}); --sync-batch-norm lets it see all.`,
  ];
}
