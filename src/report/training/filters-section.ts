import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import type { FilterPictures } from "../../drawing/filters.js";
import { html, type Markup } from "../../drawing/markup.js";
import { enlargeImage, montage } from "../../drawing/montage.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Section } from "../page/section.js";

/**
 * The first layer's filters, each to its own range.
 *
 * @param common the same filters to one range for all, which are shown beside them
 */
export async function filtersSection({ layer, images }: FilterPictures, common?: FilterPictures): Promise<Section> {
  const [{ width, height }] = images;
  // each to its own range, one that is not flat has white
  const flat = images.filter(({ data }) => data.every((value) => value === 0)).length;
  const black = flat > 0 ? ` Black all over ${flat === 1 ? "is" : "are"} the ${flat} whose weights are all equal.` : "";
  const own = await sheetOf(images, `The filters of ${layer}`);
  const shared = common && (await sheetOf(common.images, `The filters of ${layer}, with one range for all`));
  const together = shared
    ? html`<p>The same, all with one range: weights of one grey are equal. Pale filters have small weights and say little; what they look for is seen above.</p>
<figure>${shared.tag}</figure>`
    : undefined;
  const body = html`<p>The ${images.length} filters of the first layer, ${layer}: ${height}×${width} weights each, every filter scaled to its own range from black (its smallest weight) to white (its largest).${black} Edges, bars and corners in several directions are a good sign; pure noise says that it has learned little.</p>
<figure>${own.tag}</figure>
${together}`;
  const pictures = [
    { name: "filters", content: { png: own.png } },
    ...(shared ? [{ name: "filters-of-one-range", content: { png: shared.png } }] : []),
  ];
  return { id: "filters", title: "First-layer filters", body, pictures };
}

async function sheetOf(
  images: readonly Image[],
  alt: string,
): Promise<{ readonly png: Uint8Array; readonly tag: Markup }> {
  const [{ width, height }] = images;
  const factor = Math.max(1, Math.floor(60 / Math.max(width, height)));
  const grid = montage(
    images.map((image) => enlargeImage(image, factor)),
    {
      columns: images.length <= 8 ? images.length : images.length <= 24 ? Math.ceil(images.length / 2) : 16,
      spacing: 8,
    },
  );
  const png = await encodePng(grid, { opaque: grid.opaque });
  return { png, tag: imageTag(dataUri(png), { width: grid.width, height: grid.height, pixels: true, alt }) };
}
