/** The page of a search for settings. */

import { html } from "../../drawing/markup.js";
import { importanceOf } from "../../search/importance.js";
import { type WrittenPage, writePage } from "../page/page-file.js";
import { pictureFiles, type Section } from "../page/section.js";
import { settingsSection } from "../page/settings-section.js";
import { notesMarkup, pageHeader, valueList } from "../page/text/header.js";
import { nextStepsMarkup } from "../page/text/next-steps.js";
import { countText, plural } from "../page/text/words.js";
import { errorScale } from "./error-scale.js";
import { importanceChart } from "./importance-chart.js";
import { comparableError, firstRung, type SweepInput } from "./input.js";
import { parallelChart } from "./parallel-chart.js";
import { type Comparable, settingChart } from "./setting-chart.js";
import { trialCurves } from "./trial-curves.js";
import { trialsSection } from "./trials-section.js";
import { errorText, verdict } from "./verdict.js";

/**
 * Writes what a search for settings has found: one HTML file that needs no other, and its charts as PNG in the folder `pictures` beside it.
 *
 * @param path where to
 * @throws the system's error when a file cannot be written
 */
export async function writeSweep(path: string, input: SweepInput): Promise<WrittenPage> {
  const { title, configuration, command, best, name } = input;
  const [lowest, ...notes] = verdict(input);
  const why = name === "letters" ? "trains so again" : "trains so on all pictures";
  const { space: _, ...settings } = configuration;
  return writePage(path, {
    title,
    header: pageHeader(
      title,
      html`<p class="lead">${lowest} ${notes[0]}</p>`,
      notesMarkup(notes.slice(1)),
      valueList("figures", [
        ["lowest error", errorText(input)],
        ["trial", `${best.number}`],
        ["trials", `${input.trials.length}`],
        ["epochs", `${best.epochs}`],
        [`${name} to measure by`, countText(input.samples)],
      ]),
      nextStepsMarkup([{ command, why }]),
    ),
    sections: [
      trialsSection(input),
      ...parallelSection(input),
      ...settingsCharts(input),
      ...importanceSection(input),
      ...curvesSection(input),
      settingsSection({ configuration: settings }),
    ],
  });
}

/** After which epochs errors are compared, in words. */
const afterText = (input: SweepInput): string => {
  const epochs = firstRung(input);
  return epochs === undefined ? "after its last epoch" : `after ${plural(epochs, "epoch")}, which all trials have`;
};

function comparables(input: SweepInput): Comparable[] {
  const epochs = firstRung(input);
  return input.trials.flatMap((trial) => {
    const error = comparableError(trial, epochs);
    return error === undefined ? [] : [{ number: trial.number, values: trial.values, error }];
  });
}

function parallelSection(input: SweepInput): Section[] {
  const { space, trials, best, tied } = input;
  if (comparables(input).length < 2) return [];
  const epochs = firstRung(input);
  const errorOf = (trial: (typeof trials)[number]) => comparableError(trial, epochs);
  const svg = parallelChart(space, trials, {
    ...{ best: best.number, tied, errorOf },
    note: `red: the lowest error; black: within the noise of it; the error is that ${afterText(input)}`,
  });
  const body = html`<p>A line is a trial. Where lines that end low at the right go through one part of an axis, that part is worth a closer look.</p>
<figure class="scroll wide">${svg}</figure>`;
  return [{ id: "parallel", title: "All settings at once", body, pictures: pictureFiles([{ name: "parallel", svg }]) }];
}

function settingsCharts(input: SweepInput): Section[] {
  const trials = comparables(input);
  if (trials.length < 2) return [];
  const scale = errorScale(trials.map(({ error }) => error));
  const drawings = input.space
    .filter((setting) => !("values" in setting) || setting.values.length > 1)
    .map((setting) => ({
      name: `error-against-${setting.name}`,
      svg: settingChart(setting, trials, { scale, best: input.best.number }),
    }));
  if (drawings.length === 0) return [];
  const body = html`<p>The error of each trial ${afterText(input)}, against each setting by itself, whatever the others were. The mean of a value is fair only where the others were tried alike with each, as in a grid.</p>
<div class="curves${drawings.length % 2 === 0 ? " pairs" : ""}">${drawings.map(({ svg }) => html`<figure>${svg}</figure>`)}</div>`;
  return [{ id: "settings-one-by-one", title: "Each setting by itself", body, pictures: pictureFiles(drawings) }];
}

function importanceSection(input: SweepInput): Section[] {
  const epochs = firstRung(input);
  const tried = input.trials.flatMap((trial) => {
    if (trial.failed !== undefined) return [{ values: trial.values, error: Number.POSITIVE_INFINITY }];
    const error = comparableError(trial, epochs);
    return error === undefined ? [] : [{ values: trial.values, error }];
  });
  const importances = importanceOf(input.space, tried);
  const known = importances.filter(({ share }) => share !== undefined);
  if (known.length === 0) return [];
  const unknown = importances.filter(({ share }) => share === undefined).map(({ name }) => name);
  const svg = importanceChart(known);
  const body = html`<p>The trials are ranked by their errors. A setting's importance is the share of the variance of these ranks that lies between its values (of a range, four groups of equally many trials), less what as many groups explain by chance (η² of the test by Kruskal and Wallis); 0 where that leaves nothing. What two settings do only together is not seen here, and ${plural(tried.length, "trial")} say little of what matters little.${unknown.length > 0 ? ` There are too few trials to say it of ${unknown.join(", ")}.` : ""}</p>
<figure>${svg}</figure>`;
  return [{ id: "importance", title: "What matters", body, pictures: pictureFiles([{ name: "importance", svg }]) }];
}

function curvesSection({ trials, best, tied, strategy, rungs }: SweepInput): Section[] {
  if (trials.every(({ curves }) => curves.some(({ length }) => length === 0))) return [];
  const svg = trialCurves(trials, { best: best.number, tied });
  const halving =
    strategy === "asha"
      ? ` Trials are compared after ${rungs.join(", ")} epochs, and the best go on; one that learns slowly and ends well may have been left behind.`
      : "";
  const body = html`<p>The validation error of each trial over the epochs.${halving}</p>
<figure class="scroll">${svg}</figure>`;
  return [{ id: "curves", title: "Learning curves", body, pictures: pictureFiles([{ name: "trial-curves", svg }]) }];
}
