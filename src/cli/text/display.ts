/** What `bellpepper display` prints. */

import { networkDot, networkMermaid } from "../../network/display/diagram.js";
import { lectureTable } from "../../network/display/lecture-table.js";
import { networkTable } from "../../network/display/table.js";
import { csvTable, jsonTable, markdownTable, textTable } from "../../network/display/table-format.js";
import type { Network } from "../../network/network.js";

/** The formats of the command, the default first. */
export const DISPLAY_FORMATS = ["text", "markdown", "csv", "json", "lecture", "mermaid", "dot"] as const;

export type DisplayFormat = (typeof DISPLAY_FORMATS)[number];

/** The options of the command; every one has a default. */
export interface DisplayOptions {
  /** text */
  readonly format?: DisplayFormat;
  /** how many images the data memory is for; 1. The lecture's table and the diagrams have none. */
  readonly batchSize?: number;
  /** columns of the terminal, for `text`; unlimited */
  readonly width?: number | undefined;
}

/**
 * A network's table, or a diagram of it, in one of the formats.
 *
 * @throws RangeError when the batch size is not a whole number of at least 1
 * @example
 * displayText(networkNamed("vgg16"), { format: "lecture" });
 */
export function displayText(network: Network, { format = "text", batchSize = 1, width }: DisplayOptions = {}): string {
  const table = networkTable(network, { batchSize });
  switch (format) {
    case "text":
      return textTable(table, { width });
    case "markdown":
      return markdownTable(table);
    case "csv":
      return csvTable(table);
    case "json":
      return jsonTable(table);
    case "lecture":
      return lectureTable(network);
    case "mermaid":
      return networkMermaid(network);
    case "dot":
      return networkDot(network);
  }
}
