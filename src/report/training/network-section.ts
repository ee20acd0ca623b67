import { html } from "../../drawing/markup.js";
import { networkDrawing } from "../../drawing/network/network-drawing.js";
import { networkTable } from "../../network/display/table.js";
import { tableColumns, tableTotals } from "../../network/display/table-format.js";
import type { Network } from "../../network/network.js";
import { pictureFiles, type Section } from "../page/section.js";
import { valueList } from "../page/text/header.js";
import { table } from "../page/text/table.js";

/** A longer table is folded. */
const MANY = 40;

/** The network as a drawing, and the layers in the columns of `bellpepper display`. */
export function networkSection(network: Network): Section {
  const layers = networkTable(network);
  const columns = tableColumns(layers);
  const heads = columns.map(({ title, numeric }) => ({ title, kind: numeric ? ("number" as const) : undefined }));
  const rows = layers.rows.map((_, row) => columns.map(({ cells }) => cells[row]));
  const svg = networkDrawing(network);
  const listed = html`<div class="scroll">${table(heads, rows)}</div>`;
  const body = html`<p>Follow the sizes in the drawing from left to right, or in the table from top to bottom: mostly maps get smaller and more. The receptive field of the last layers shows how much of the picture what is said depends on.</p>
<p class="soft">A block is as high as the root of the height of the maps that it makes, and as wide as the root of their number; below it stand what it does, how many maps of which size it makes, and how many pixels of the image each way one of its numbers sees. Grey are convolutions, dark fully connected layers; stripes are activations (in colour) and normalisations behind them.</p>
<figure class="scroll drawing">${svg}</figure>
${rows.length > MANY ? html`<details><summary>The table of its ${rows.length} rows</summary>${listed}</details>` : listed}
${valueList("totals", tableTotals(layers))}`;
  return { id: "network", title: "The network", body, pictures: pictureFiles([{ name: "network", svg }]) };
}
