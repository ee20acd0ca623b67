import { join } from "node:path";
import type { Dataset, DatasetItem } from "../sources/dataset.js";
import { BrokenPicture } from "./broken-picture.js";
import type { Decoding } from "./formats/decoder.js";
import { decoderOf } from "./formats/formats-file.js";
import { resampleImage } from "./formats/sharp-file.js";
import type { Image } from "./image.js";
import { explainUnreadable } from "./image-file.js";
import { arrangeBy } from "./resize/arrange.js";

/**
 * Decodes one picture of a data set: its box, where it has one.
 *
 * @param item one of the data set's items
 * @throws BrokenPicture that names the file and what is wrong with it
 * @example
 * const dataset = await openDataset("animals");
 * const size = { width: 48, height: 48, fit: "pad" } as const;
 * const thumbnail = await readPicture(dataset, dataset.items[0], { channels: 3, size });
 */
export async function readPicture(
  { root, packed }: Pick<Dataset, "root" | "packed">,
  item: DatasetItem,
  decoding: Omit<Decoding, "box">,
): Promise<Image> {
  const path = join(root, item.path);
  const rule = item.box ? { ...decoding, box: item.box } : decoding;
  try {
    if (packed) {
      const image = { ...packed.shape, data: packed.read(item) };
      return await arrangeBy(rule, (needed) => resampleImage(image, needed));
    }
    return await decoderOf(path).decode(path, rule);
  } catch (error) {
    throw new BrokenPicture(path, await explainUnreadable(path, error), { cause: error });
  }
}

/**
 * The reason why a picture is broken. libvips has one place for what went wrong, so that pictures decoded at the same time take each
 * other's reasons away; where one was lost, the picture is decoded once more, and must be alone.
 */
export async function confirmReason(
  dataset: Pick<Dataset, "root" | "packed">,
  item: DatasetItem,
  reason: string,
): Promise<string> {
  if (!/Unknown error/.test(reason)) return reason;
  return readPicture(dataset, item, { channels: 3, size: { width: 8, height: 8, fit: "squash" } }).then(
    () => reason,
    (error: unknown) => (error instanceof BrokenPicture ? error.reason : reason),
  );
}
