import { html } from "../../drawing/markup.js";
import type { Baseline } from "../../evaluation/baselines/features.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { errorInterval } from "../evaluation/evaluation-figures.js";
import type { Section } from "../page/section.js";
import { numberColumns, table } from "../page/text/table.js";
import { percentText } from "../page/text/words.js";

/** What the network is compared with: simple methods on the same features. @returns undefined where there are none */
export function baselinesSection(network: ClassTable, baselines: readonly Baseline[]): Section | undefined {
  if (baselines.length === 0) return undefined;
  const rows = [{ name: "the network", how: "trained as below", table: network }, ...baselines].map(
    ({ name, how, table: predictions }) => {
      const { error, low, high } = errorInterval(predictions);
      return [name, how, percentText(error), `${percentText(low)} to ${percentText(high)}`];
    },
  );
  const body = html`<p>The layers that were frozen make the same of a picture in every epoch. These simple methods look at nothing else, and learn from the same training pictures; where one of them is as good as the network, there is little that training adds.</p>
<div class="scroll">${table([{ title: "method" }, { title: "chosen" }, ...numberColumns("error", "95 % interval")], rows)}</div>`;
  return { id: "baselines", title: "Beside simple methods", body, pictures: [] };
}

/** "nearest neighbours (k = 5, …)  16.46 % (95 %: …)": a line for each, for a terminal. */
export const baselineLines = (baselines: readonly Baseline[]): [name: string, text: string][] =>
  baselines.map(({ name, how, table: predictions }) => {
    const { error, low, high } = errorInterval(predictions);
    return [name, `${percentText(error)} (95 %: ${percentText(low)} to ${percentText(high)}); ${how}`];
  });
