import { encodePng, encodeWebp } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { html, type Markup } from "../../drawing/markup.js";
import { montage } from "../../drawing/montage.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Picture, Section } from "../page/section.js";
import { countText, plural } from "../page/text/words.js";
import { sized } from "./units-section.js";

/** Filters of a layer, each as the part of a picture to which it responds most. */
export interface ShownResponses {
  readonly layer: string;
  /** how many filters it has */
  readonly filters: number;
  /** the pixels that a filter sees; undefined where it sees all of a picture */
  readonly sees: readonly [height: number, width: number] | undefined;
  /** all of one size, in the order of the filters: all of them, or some evenly */
  readonly images: readonly Image[];
}

/** Pictures in a row at most, and the grey between them. */
const [COLUMNS, GAP] = [16, 200];
/** Pixels between pictures. */
const SPACING = 4;
/** The side of a picture. */
const SIDE = 48;

/**
 * Filters of deeper layers, which are no pictures themselves, by their response.
 *
 * @param layers at least one
 * @param pictures how many were looked at
 */
export async function responsesSection(layers: readonly ShownResponses[], pictures: number): Promise<Section> {
  const blocks: Markup[] = [];
  const files: Picture[] = [];
  for (const { layer, filters, sees, images } of layers) {
    const cells = images.map((image) => sized(image, SIDE));
    const columns = cells.length <= COLUMNS ? cells.length : Math.min(COLUMNS, Math.ceil(Math.sqrt(4 * cells.length)));
    const grid = montage(cells, { columns, spacing: SPACING, gap: GAP });
    const opaque = filled(grid, cells, columns);
    const place = { width: grid.width, height: grid.height, alt: `What the filters of ${layer} respond to most` };
    const count = images.length === filters ? "All" : `${images.length} of the`;
    const field = sees ? `each sees ${sees[0]}×${sees[1]} pixels` : "each sees all of a picture";
    blocks.push(html`<h3>${layer}</h3><p class="soft">${count} ${countText(filters)} filters; ${field}.</p>
<figure class="scroll">${imageTag(dataUri(await encodeWebp(grid, { opaque }), "webp"), place)}</figure>`);
    files.push({
      name: `responses-${layer}`.replaceAll(/[^\w-]+/g, "-"),
      content: { png: await encodePng(grid, { opaque }) },
    });
  }
  const of = pictures === 1 ? "the picture" : `${plural(pictures, "picture")}`;
  const body = html`<p>The weights of deeper filters weigh maps and not pixels, so that drawn they tell nothing. Here each filter is the part of ${of} to which it responds most, cut to what it sees: filters that look alike here probably look for the same. It is one part of these pictures, and not all that the filter finds.</p>
${blocks}`;
  return { id: "responses", title: "Filters of deeper layers, by their response", body, pictures: files };
}

/** Where a montage has pictures, or the grey between them: all but the rest of its last row. */
function filled({ width, height }: Image, cells: readonly Image[], columns: number): Uint8Array {
  const opaque = new Uint8Array(width * height).fill(255);
  const last = cells.length % columns;
  if (last === 0) return opaque;
  const [{ width: across, height: down }] = cells;
  const left = last * (across + SPACING) - SPACING;
  for (let y = height - down; y < height; y++) opaque.fill(0, y * width + left, (y + 1) * width);
  return opaque;
}
