import { join } from "node:path";
import { html, type Markup } from "../../drawing/markup.js";
import { type EpochStatistics, measuredIn, type Statistics } from "../../training/statistics/epoch-statistics.js";
import { type CurveOptions, drawCurve } from "../charts/curves.js";
import { type WrittenPage, writePage } from "../page/page-file.js";
import { pictureFiles, type Section } from "../page/section.js";
import { settingsSection } from "../page/settings-section.js";
import { pageHeader } from "../page/text/header.js";
import { numberColumns, table } from "../page/text/table.js";
import { numberText } from "../page/text/words.js";
import { curvesOf, metricText, type NamedCurve } from "./curves-section.js";

/** What a comparison of trainings is made of. */
export interface ComparisonInput {
  readonly title: string;
  /** what was compared, and why */
  readonly lead: string;
  /** the trainings, each with the statistics of its epochs */
  readonly runs: readonly { readonly name: string; readonly history: readonly EpochStatistics[] }[];
  /** the settings that they share, by name */
  readonly configuration: Readonly<Record<string, unknown>>;
}

type Runs = ComparisonInput["runs"];

/**
 * Writes how several trainings went, side by side on the same axes: `comparison.html`, one file that needs no other and no network, and
 * its charts as PNG in `pictures/`.
 *
 * @param folder where to; it is made if need be
 * @throws RangeError when there is no training, or one has no epoch; the system's error when a file cannot be written
 * @example
 * const runs = [{ name: "as it is", history }];
 * const { page } = await writeComparison("runs/compared", { title: "Dropout", lead: "With and without.", runs, configuration });
 */
export async function writeComparison(folder: string, input: ComparisonInput): Promise<WrittenPage> {
  const { title, lead, runs, configuration } = input;
  if (runs.length === 0) throw new RangeError("A comparison needs at least one training.");
  const empty = runs.find(({ history }) => history.length === 0);
  if (empty) throw new RangeError(`'${empty.name}' has no epoch to compare.`);
  const sections = curvesOf(runs[0].history[0]).flatMap((options) => chartsSection(runs, options) ?? []);
  return writePage(join(folder, "comparison.html"), {
    title,
    header: comparisonHeader(title, lead, runs),
    sections: [...sections, settingsSection({ configuration })],
  });
}

/** The charts of one quantity, with room for the values of all. */
function chartsSection(runs: Runs, { name, ...options }: NamedCurve): Section | undefined {
  const values = runs.flatMap(({ history }) => history.flatMap((epoch) => valuesOf(epoch, options)));
  if (values.length === 0) return undefined;
  const room = [Math.min(...values), Math.max(...values)];
  const drawings = runs.map((run, i) => ({
    name: `${name}-${i + 1}`,
    svg: drawCurve(run.history, { ...options, room, title: run.name }),
  }));
  return {
    id: name,
    title: options.title[0].toUpperCase() + options.title.slice(1),
    body: html`<div class="curves${runs.length % 2 === 0 ? " pairs" : ""}">${drawings.map(({ svg }) => html`<figure>${svg}</figure>`)}</div>`,
    pictures: pictureFiles(drawings),
  };
}

const valuesOf = ({ train, validation }: EpochStatistics, { value }: Pick<CurveOptions, "value">): number[] =>
  [train, validation].flatMap((statistics) => (statistics && value(statistics)) ?? []);

function comparisonHeader(title: string, lead: string, runs: Runs): Markup {
  const note =
    "The gap is how much better the network does on what it has learned than on what it has not seen. Training values are those of an epoch " +
    "in which the network was still changing, and with dropout those of the thinned network.";
  return pageHeader(
    title,
    html`<p class="lead">${lead}</p>`,
    html`<div class="scroll">${lastEpochs(runs)}</div>`,
    html`<p class="soft source">${note}</p>`,
  );
}

function lastEpochs(runs: Runs): Markup {
  const [metric] = measuredIn(runs[0].history[0].train);
  const rows = runs.map(({ name, history }) => {
    const { train, validation } = history[history.length - 1];
    const objectives = [train, validation].map((statistics) => statistics && numberText(statistics.objective));
    if (!metric) return [name, ...objectives];
    const [own, other] = [train, validation].map((s: Statistics | undefined) => s?.metrics[metric.name]);
    const gap =
      own === undefined || other === undefined ? undefined : (other - own) * (metric.better === "higher" ? -1 : 1);
    const measured = [own, other, gap].map((value) => (value === undefined ? undefined : metricText(metric, value)));
    return [name, ...objectives, ...measured];
  });
  const parts = ["training", "validation"];
  const groups = [
    { title: "", span: 1 },
    { title: "objective", span: 2 },
    ...(metric ? [{ title: metric.title, span: 3 }] : []),
  ];
  const columns = numberColumns(...parts, ...(metric ? [...parts, "gap"] : []));
  return table([{ title: "after the last epoch" }, ...columns], rows, { groups });
}
