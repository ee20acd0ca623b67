/** What was read in a line of writing, drawn under it. */

import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { html, type Markup } from "../../drawing/markup.js";
import { colour } from "../../drawing/theme.js";
import { colourBar, valueImage } from "../../drawing/value-image.js";
import { type LineReading, SURE } from "../../reading/read-line.js";
import { dataUri } from "../page/pictures/image-tag.js";
import { confidenceText, numberText, percentText } from "../page/text/words.js";

/** A width that fills the page. */
const WIDTH = 1080;
const SIDE = 20;

const svg = (width: number, height: number, label: string, body: Markup | readonly Markup[]): Markup =>
  html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-size="12" role="img" aria-label="${label}">${body}</svg>`;

const picture = (png: Uint8Array, x: number, y: number, width: number, height: number): Markup =>
  html`<image x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" preserveAspectRatio="none" style="image-rendering:pixelated" href="${dataUri(png)}"/>`;

const round = (value: number): number => Math.round(value * 100) / 100;

/**
 * The picture with the letters that were found in it: below each one its name, a bar as long as it is sure, and the confidence
 * in percent where that is below {@link SURE}.
 */
export async function lettersFigure(image: Image, { letters, text }: LineReading): Promise<Markup> {
  const left = letters[0]?.left ?? 0;
  const right = letters[letters.length - 1]?.right ?? image.width;
  // so much room that letters do not touch
  const scale = Math.max(WIDTH / image.width, (12 * letters.length) / Math.max(1, right - left));
  const [width, height] = [image.width * scale, image.height * scale];
  const BAR = 22;
  const at = (x: number): number => round(SIDE + x * scale);
  const body = letters.map(({ letter, left: from, right: to, confidence }) => {
    const sure = confidence >= SURE;
    const fill = sure ? colour("quiet") : colour("accent");
    const middle = round((at(from) + at(to)) / 2);
    const bar = round(BAR * confidence);
    return html`<g><title>${letter}: ${percentText(confidence, 1)}</title><line x1="${at(from)}" x2="${at(to)}" y1="${round(height + 4)}" y2="${round(height + 4)}" stroke="${fill}" stroke-width="2"/><text x="${middle}" y="${round(height + 22)}" text-anchor="middle" font-size="15" font-weight="700" fill="${sure ? colour("ink") : colour("accent")}">${letter}</text><rect x="${round(middle - 3)}" y="${round(height + 30)}" width="6" height="${bar}" fill="${fill}"/>${
      sure
        ? undefined
        : html`<text x="${middle}" y="${round(height + 30 + bar + 11)}" text-anchor="middle" font-size="9" fill="${colour("accent")}">${percentText(confidence, 0)}</text>`
    }</g>`;
  });
  return svg(round(width + 2 * SIDE), round(height + 30 + BAR + 16), `The line reads ${text}`, [
    picture(await encodePng(image), SIDE, 0, width, height),
    ...body,
  ]);
}

/**
 * The line as the network saw it, below it the class of the highest score at each place where it looked, and below these all
 * scores as a picture: a row for each class, a column for each place, aligned with the line.
 */
export async function scoresFigure({ line, columns, scores }: LineReading): Promise<Markup> {
  const { classes, count, stride, offset } = scores;
  const names = classes.map((name) => (name.length > 12 ? `${name.slice(0, 11)}…` : name));
  const side = Math.max(SIDE, 8 + 7 * Math.max(...names.map((name) => name.length)));
  const scale = Math.max(WIDTH / line.width, 7.5 / stride);
  const row = classes.length <= 40 ? 13 : Math.max(2, 520 / classes.length);
  const [width, height] = [line.width * scale, line.height * scale];
  const top = height + 30;
  const bottom = top + row * classes.length;
  const { image, lowest, highest } = valueImage(scores.values, classes.length, count);
  // pixel x of the line covers x … x + 1
  const place = (column: number): number => side + (offset + 0.5 + column * stride) * scale;
  const left = place(-0.5);

  const raw = [...columns];
  const letters =
    raw.length !== count
      ? []
      : raw.map(
          (letter, i) =>
            html`<text x="${round(place(i))}" y="${round(height + 18)}" text-anchor="middle" font-size="${Math.min(12, stride * scale * 1.25)}" fill="${colour("ink")}">${letter}</text>`,
        );
  const labels =
    row < 10
      ? []
      : names.flatMap((name, i) => {
          const y = round(top + row * (i + 0.5) + 3.6);
          const text = (x: number, anchor: string): Markup =>
            html`<text x="${round(x)}" y="${y}" text-anchor="${anchor}" font-size="11" fill="${colour("soft")}">${name}</text>`;
          return [text(left - 6, "end"), text(left + count * stride * scale + 6, "start")];
        });
  const key = bottom + 14;
  const legend = [
    html`<text x="${round(left)}" y="${round(key + 9)}" font-size="11" fill="${colour("soft")}">score ${numberText(lowest)}</text>`,
    picture(await encodePng(colourBar()), left + 84, key, 160, 10),
    html`<text x="${round(left + 252)}" y="${round(key + 9)}" font-size="11" fill="${colour("soft")}">${numberText(highest)}</text>`,
  ];
  return svg(
    round(width + 2 * side),
    round(key + 18),
    `The scores of ${classes.length} classes at ${count} places along the line`,
    [
      picture(await encodePng(line), side, 0, width, height),
      ...letters,
      picture(await encodePng(image), left, top, count * stride * scale, row * classes.length),
      ...labels,
      ...legend,
    ],
  );
}

/** The letters that the network was least sure of, in words: "r 43 %, c 71 %". */
export function unsureText({ letters }: LineReading, limit = 6): string {
  return [...letters]
    .sort((a, b) => a.confidence - b.confidence)
    .slice(0, limit)
    .filter(({ confidence }) => confidence < SURE)
    .map(({ letter, confidence }) => `${letter} ${confidenceText(confidence)}`)
    .join(", ");
}
