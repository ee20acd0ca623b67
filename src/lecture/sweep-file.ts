/** Draws what `npm run sweep-lecture` has found of the letters' network, for docs/lecture.md. Not part of the package. */

import { readFile, writeFile } from "node:fs/promises";
import { encodeWithPalette } from "../data/pictures/formats/sharp-file.js";
import { html, trusted } from "../drawing/markup.js";
import { parseTable } from "../files/csv.js";
import { pngFromSvg } from "../report/page/pictures/raster-file.js";
import { errorScale } from "../report/sweep/error-scale.js";
import { settingChart } from "../report/sweep/setting-chart.js";
import { choices, type SettingValue } from "../search/space.js";

const project = new URL("../../", import.meta.url);
/** The lecture's questions. */
const ASKED = ["depth", "kernel", "channels", "order"];
/** The size of a chart. */
const [WIDTH, HEIGHT] = [360, 260];

const wordOrNumber = (text: string): SettingValue => (Number.isFinite(Number(text)) ? Number(text) : text);

const { names, rows } = parseTable(await readFile(new URL("runs/sweep-lecture/trials.csv", project), "utf8"));
const trials = rows.map(({ fields }) => ({
  number: Number(fields[0]),
  values: Object.fromEntries(ASKED.map((name) => [name, wordOrNumber(fields[names.indexOf(name)])])),
  error: Number(fields[names.indexOf("error")]),
}));
const scale = errorScale(trials.map(({ error }) => error));
const charts = ASKED.map((name, i) => {
  const values = [...new Set(trials.map((trial) => trial.values[name]))].sort((a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : `${a}`.length - `${b}`.length,
  );
  const { text } = settingChart(choices(name, values), trials, { scale, best: trials[0].number });
  return trusted(text.replace("<svg ", `<svg x="${(i % 2) * WIDTH}" y="${Math.floor(i / 2) * HEIGHT}" `));
});
const figure = html`<svg xmlns="http://www.w3.org/2000/svg" width="${2 * WIDTH}" height="${2 * HEIGHT}" viewBox="0 0 ${2 * WIDTH} ${2 * HEIGHT}">${charts}</svg>`;
await writeFile(new URL("docs/pictures/sweep.png", project), await encodeWithPalette(await pngFromSvg(figure.text)));
