import { html } from "../../../drawing/markup.js";
import { type McNemarTest, mcNemar } from "../../../evaluation/statistics/mcnemar.js";
import type { ClassTable } from "../../../evaluation/table/predictions.js";
import type { Section } from "../../page/section.js";
import { countText, numberText, plural } from "../../page/text/words.js";

/** What another model says of the same samples. */
export interface OtherModel {
  readonly name: string;
  readonly table: ClassTable;
}

/** How much better one model is than another on the same pictures, and whether that may be chance, in words. */
export function comparisonWords({ onlyFirst, onlySecond, pValue, exact }: McNemarTest): string {
  const chance = pValue < 0.0001 ? "less than 0.0001" : numberText(pValue);
  return `${plural(onlyFirst, "picture")} only this one has right, ${countText(onlySecond)} only the other. If both were equally good, so large a difference would come up with a probability of ${chance} (McNemar's test, ${exact ? "exact" : "chi-square with continuity correction"}).`;
}

/** How much better one model is than another on the same pictures, and whether that may be chance. */
export function otherModelSection(table: ClassTable, other: OtherModel): Section {
  const body = html`<p>Against ${other.name}: ${comparisonWords(mcNemar(table, other.table))}</p>`;
  return { id: "comparison", title: "Compared with another", body, pictures: [] };
}
