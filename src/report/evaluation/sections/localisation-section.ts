import { encodeWebp } from "../../../data/pictures/formats/sharp-file.js";
import { readImage } from "../../../data/pictures/image-file.js";
import type { Box } from "../../../data/sources/dataset.js";
import { boxMarkup } from "../../../drawing/boxes.js";
import { html, type Markup } from "../../../drawing/markup.js";
import { colour } from "../../../drawing/theme.js";
import {
  FOUND,
  type LocatedSample,
  localisationError,
  overlapOf,
} from "../../../evaluation/localisation/localisation-error.js";
import { THRESHOLD } from "../../../inspection/attribution/evidence-box.js";
import { dataUri } from "../../page/pictures/image-tag.js";
import type { Section } from "../../page/section.js";
import { percentText, plural } from "../../page/text/words.js";

/** Where a model saw things. */
export interface Localisation {
  readonly located: readonly LocatedSample[];
  /** the file of each picture */
  readonly files: readonly string[];
  readonly classes: readonly string[];
}

/** So many pictures of each kind are shown. */
const SHOWN = 8;
/** The longest side of a picture in the page. */
const LONGEST = 224;

/** "12.50 % (95 %: 8.10 % to 18.80 %, Wilson)" */
export function localisationText(located: readonly LocatedSample[], guesses: number): string {
  const { error, low, high, count } = localisationError(located, guesses);
  const of = count < located.length ? ` of the ${count} of ${plural(located.length, "picture")} with a box` : "";
  return `${percentText(error)}${of} (95 %: ${percentText(low)} to ${percentText(high)}, Wilson)`;
}

/** Figures by name: the errors of the first guess and of five. */
export const localisationFigures = (located: readonly LocatedSample[]): [string, string][] => [
  ["localisation error", `${localisationText(located, 5)}, five guesses`],
  ["", `${localisationText(located, 1)}, the first`],
];

/** Which pictures were found, and where the evidence was in the others. */
export async function localisationSection({ located: all, files: paths, classes }: Localisation): Promise<Section> {
  const boxed = [...all.keys()].filter((i) => all[i].boxes.length > 0);
  const [located, files] = [boxed.map((i) => all[i]), boxed.map((i) => paths[i])];
  const best = located.map((sample) => Math.max(0, ...sample.guesses.map((guess) => overlapOf(sample, guess))));
  const kinds = [
    { title: "Right class and place", of: (i: number) => best[i] >= FOUND },
    {
      title: "Right class, elsewhere",
      of: (i: number) => best[i] < FOUND && located[i].guesses.some(({ label }) => label === located[i].label),
    },
    {
      title: "Another class",
      of: (i: number) => located[i].guesses.every(({ label }) => label !== located[i].label),
    },
  ];
  const parts: Markup[] = [];
  for (const { title, of } of kinds) {
    const these = [...located.keys()].filter(of);
    if (these.length === 0) continue;
    const cards: Markup[] = [];
    for (const i of spread(these)) cards.push(await cardOf(located[i], files[i], classes));
    parts.push(html`<h3>${title}: ${these.length} of ${located.length}</h3><div class="cards guessed">${cards}</div>`);
  }
  const body = html`<p>A picture counts as right when one of five guesses has the right class and a box that overlaps a true one by half or more (the area that both cover, over the area that either covers). A box is drawn around the largest part of the class's activation map (Zhou et al. 2016) that is above ${percentText(THRESHOLD, 0)} of its maximum. It shows where the evidence for the class lies, which need not be all of the object.</p>
<p class="soft">Thin: where it is. Thick: where the network saw it.</p>${parts}`;
  return { id: "places", title: "Where it was seen", body, pictures: [] };
}

/** Some of many, evenly among all. */
const spread = (of: readonly number[]): number[] =>
  Array.from(
    { length: Math.min(SHOWN, of.length) },
    (_, k) => of[Math.floor((k * of.length) / Math.min(SHOWN, of.length))],
  );

async function cardOf(sample: LocatedSample, file: string, classes: readonly string[]): Promise<Markup> {
  const image = await readImage(file, { channels: 3 });
  const scale = LONGEST / Math.max(image.width, image.height);
  const size = { width: Math.round(image.width * scale), height: Math.round(image.height * scale) };
  const small = await readImage(file, { channels: 3, size: { ...size, fit: "squash" } });
  const right = sample.guesses.find(({ label }) => label === sample.label);
  const shown = right ?? sample.guesses[0];
  const frame = ({ x, y, width, height }: Box, stroke: string, line: number): Markup =>
    boxMarkup({ x: x * scale, y: y * scale, width: width * scale, height: height * scale }, stroke, line);
  const picture = html`<svg viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${file}"><image width="${size.width}" height="${size.height}" href="${dataUri(await encodeWebp(small), "webp")}"/>${sample.boxes.map((box) => frame(box, "#111", 1))}${frame(shown.box, colour("accent"), 3)}</svg>`;
  const said = right
    ? html`<b>${classes[sample.label]}</b>, overlap ${percentText(overlapOf(sample, right), 0)}`
    : html`it is <b>${classes[sample.label]}</b>, taken for <b class="wrong">${classes[shown.label]}</b>`;
  return html`<figure class="card">${picture}<figcaption>${said}</figcaption></figure>`;
}
