import { axisX, axisY, barX, gridX, text } from "@observablehq/plot";
import type { Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import type { Importance } from "../../search/importance.js";
import { drawChart, GRID, TICKED, titleMarks } from "../charts/chart.js";
import { plural, shortenName } from "../page/text/words.js";

const WIDTH = 560;
const ROW = 26;
const [RIGHT, TOP, BOTTOM] = [56, 56, 30];
/** The width of a letter of the names, about. */
const LETTER = 6.6;
const LONGEST = 26;

const sharesText = (share: number): string => `${Math.round(100 * share)}\u00a0%`;

/**
 * How much each setting matters, as bars.
 *
 * @throws RangeError when there is no setting of which that can be said
 */
export function importanceChart(importances: readonly Importance[]): Markup {
  const known = importances.flatMap(({ name, share }) =>
    share === undefined ? [] : [{ name: shortenName(name, LONGEST), share }],
  );
  if (known.length === 0) throw new RangeError("A chart of importance needs at least one setting.");
  const left = 16 + LETTER * Math.max(...known.map(({ name }) => name.length));
  return drawChart(
    {
      width: WIDTH,
      height: TOP + BOTTOM + ROW * known.length,
      marginLeft: left,
      marginRight: RIGHT,
      marginTop: TOP,
      marginBottom: BOTTOM,
      x: { domain: [0, 1], label: null },
      y: { type: "band", domain: known.map(({ name }) => name), padding: 0.3, label: null },
      marks: [
        gridX({ ticks: 5, ...GRID }),
        barX(known, { x: "share", y: "name", fill: colour("accent") }),
        axisY({ tickSize: 0, tickPadding: 8, fill: colour("ink"), label: null }),
        axisX({ ticks: 5, tickFormat: sharesText, ...TICKED, label: null }),
        text(known, {
          ...{ x: "share", y: "name", dx: 6, textAnchor: "start", fill: colour("ink"), fontWeight: 700 },
          text: ({ share }: (typeof known)[number]) => sharesText(share),
        }),
        ...titleMarks({ left, top: TOP }, "importance", "the share of the ranks' variance that a setting explains"),
      ],
    },
    `importance of ${plural(known.length, "setting")}`,
  );
}
