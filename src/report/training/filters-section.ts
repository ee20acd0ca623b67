import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { FilterPictures } from "../../drawing/filters.js";
import { html } from "../../drawing/markup.js";
import { enlargeImage, montage } from "../../drawing/montage.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Section } from "../page/section.js";

/** The first layer's filters. */
export async function filtersSection({ layer, images }: FilterPictures): Promise<Section> {
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
  const place = { width: grid.width, height: grid.height, pixels: true, alt: `The filters of ${layer}` };
  const body = html`<p>The ${images.length} filters of the first layer, ${layer}: ${height}×${width} weights each, every filter scaled to its own range from black (its smallest weight) to white (its largest). Edges, bars and corners in several directions are a good sign; pure noise says that it has learned little.</p>
<figure>${imageTag(dataUri(png), place)}</figure>`;
  return { id: "filters", title: "First-layer filters", body, pictures: [{ name: "filters", content: { png } }] };
}
