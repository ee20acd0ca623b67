/** What `bellpepper data` prints. */

import type { ScanSummary } from "../../data/scan/scan-summary.js";
import { classesWithBars } from "../../report/dataset/classes-with-bars.js";
import { listFindings } from "../../report/dataset/dataset-findings.js";
import { plural } from "../../report/page/text/words.js";
import { shortenMiddle, TERMINAL, widthOf, wrapLines } from "../../report/page/text/wrap.js";
import { escaped } from "../../values/place.js";
import { colours } from "./colours.js";
import { findingsText, plainSpaces } from "./job-text.js";

const BAR = 32;

/** What was found in a data set: classes as bars, sizes and kinds, and what is worth a look. */
export function datasetText(summary: ScanSummary): string {
  const { root, pictures, classes, sizes, medianSize, proposed } = summary;
  const shown = classesWithBars(classes).map((row) => ({ ...row, name: escaped(row.name) }));
  const most = Math.max(1, ...shown.map(({ count }) => count));
  const digits = String(most).length;
  const statedTexts = shown.map(({ parts }) =>
    Object.entries(parts)
      .map(([part, n]) => `${part} ${n}`)
      .join("  "),
  );
  const stated = Math.max(0, ...statedTexts.map((text) => (text === "" ? 0 : 3 + text.length)));
  // "  name  bar count   parts" in one line of a terminal: names give way first, then bars.
  const room = TERMINAL - (2 + 2 + 1 + digits + stated);
  const width = Math.min(40, Math.max(12, room - BAR / 2), Math.max(...shown.map(({ name }) => widthOf(name))));
  const longest = Math.max(4, Math.min(BAR, room - width));
  const rows = shown.map(({ name, count }, i) => {
    const label = shortenMiddle(name, width);
    const bar = "█".repeat(Math.max(count > 0 ? 1 : 0, Math.round((longest * count) / most))).padEnd(longest);
    const parts = statedTexts[i] === "" ? "" : colours.dim(`   ${statedTexts[i]}`);
    return `  ${label}${" ".repeat(width - widthOf(label))}  ${colours.cyan(bar)} ${String(count).padStart(digits)}${parts}`;
  });
  const size = (s: { width: number; height: number }): string => `${s.width}×${s.height}`;
  const kinds = [summary.formats, summary.colours, summary.depths]
    .map((counts) =>
      counts.length === 1 ? counts[0][0] : counts.map(([kind, count]) => `${kind} ${count}`).join(", "),
    )
    .join("; ");
  const sizesText =
    sizes.length === 1
      ? `all ${size(medianSize)}`
      : sizes.length <= 3
        ? sizes.map((s) => `${size(s)} (${s.count})`).join(", ")
        : `${sizes.length} sizes, ${size(medianSize)} in the median`;
  const findings = findingsText(listFindings(summary)).trimEnd();
  const lines = [
    `${colours.bold(plural(pictures, "picture"))} of ${plural(classes.length, "class", "classes")} in ${root}`,
    "",
    ...rows,
    ...(shown.length < classes.length
      ? [colours.dim(`  the largest and the smallest of ${classes.length} classes`)]
      : []),
    "",
    `sizes     ${sizesText}`,
    `kinds     ${kinds}${summary.transparent > 0 ? `; may be transparent: ${summary.transparent}` : ""}`,
    `training  ${size(proposed)}, ${proposed.channels === 1 ? "grey" : "red, green and blue"}, unless told otherwise`,
    "",
    findings !== ""
      ? findings
      : `${colours.green("✓")} Nothing conspicuous: no broken pictures, no copies, classes of similar size.`,
  ];
  return `${wrapLines(plainSpaces(lines.join("\n")))}\n`;
}
