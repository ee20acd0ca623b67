/** Boxes with what is around them. */

import { join } from "node:path";
import { decoderOf } from "../../data/pictures/formats/formats-file.js";
import type { Size } from "../../data/pictures/picture-size.js";
import type { Box, Dataset } from "../../data/sources/dataset.js";
import { atOnce } from "../../files/at-once.js";
import { UsageError } from "../../values/usage-error.js";

/**
 * A data set whose boxes have a margin, as far as the pictures go. Pictures that cannot be opened keep theirs, and are found broken later.
 *
 * @param share of the box's width at the left and at the right, and of its height above and below
 * @throws UsageError when there is a share, but no box
 */
export async function withMargin(dataset: Dataset, share: number | undefined): Promise<Dataset> {
  if (share === undefined) return dataset;
  if (dataset.packed || dataset.items.every(({ box }) => box === undefined)) {
    throw new UsageError(
      "A margin is one of boxes: expected a list with a column 'box', or another that --box names, got no box.",
    );
  }
  const items = [...dataset.items];
  await atOnce(dataset.items, 16, async (item, i) => {
    const { path, box } = item;
    if (!box) return;
    const size = await decoderOf(path)
      .metadata(join(dataset.root, path), { huge: true })
      .catch(() => undefined);
    if (size) items[i] = { ...item, box: enlargedBox(box, share, size) };
  });
  return { ...dataset, items };
}

/**
 * A box with a margin at each of its sides, in whole pixels, cut off at the picture's edges. A box that reaches beyond the picture stays as it is.
 *
 * @example
 * enlargedBox({ x: 10, y: 2, width: 20, height: 40 }, 0.1, { width: 31, height: 100 }); // {"x": 8, "y": 0, "width": 23, "height": 46}
 */
export function enlargedBox({ x, y, width, height }: Box, share: number, picture: Size): Box {
  if (x + width > picture.width || y + height > picture.height) return { x, y, width, height };
  const [across, down] = [Math.round(width * share), Math.round(height * share)];
  const [left, top] = [Math.max(0, x - across), Math.max(0, y - down)];
  const [right, bottom] = [Math.min(picture.width, x + width + across), Math.min(picture.height, y + height + down)];
  return { x: left, y: top, width: right - left, height: bottom - top };
}
