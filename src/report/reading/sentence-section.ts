import type { Image } from "../../data/pictures/image.js";
import { html, type Markup } from "../../drawing/markup.js";
import type { LineReading } from "../../reading/read-line.js";
import { editDistance } from "../../values/nearest.js";
import { pictureFiles, type Section } from "../page/section.js";
import { percentText, plural } from "../page/text/words.js";
import { lettersFigure, scoresFigure, unsureText } from "./sentence-figures.js";

/** A line of writing, what it says, and what was read. */
export interface Sentence {
  readonly image: Image;
  readonly expected?: string;
  readonly reading: LineReading;
}

/** A line of writing, the letters that were read, and the scores they come from. */
export async function sentenceSection({ image, expected, reading }: Sentence): Promise<Section> {
  const title = "Reading a line";
  if (reading.letters.length === 0 || reading.scores.count === 0) {
    return { id: "reading", title, body: html`<p>No writing was found in the picture.</p>`, pictures: [] };
  }
  const letters = await lettersFigure(image, reading);
  const scores = await scoresFigure(reading);
  const unsure = unsureText(reading);
  const body = html`<p>The network is slid over the line like one big filter, and scores every class at each place. Reading then means to find the letters in these scores: one for each letter of the line, however wide it is.</p>
${compareTexts(reading.text, expected)}
<p>Below each letter, its bar is as long as the network is sure. ${unsure === "" ? "It was sure of every letter." : `It doubts ${unsure}: a sign that is none of its ${reading.scores.classes.length} classes looks so, too.`}</p>
<figure class="scroll wide">${letters}</figure>
<p>The same line as the network saw it. Under it, the best class at each place: wide letters repeat, and between letters, where the window shows halves of two, there is nonsense. The rows are the scores of each class; a good network has one bright spot under the middle of each letter, and is dark elsewhere.</p>
<figure class="scroll wide">${scores}</figure>
<p class="raw">${reading.columns}</p>`;
  const pictures = pictureFiles([
    { name: "sentence-letters", svg: letters },
    { name: "sentence-scores", svg: scores },
  ]);
  return { id: "reading", title, body, pictures };
}

function compareTexts(text: string, expected: string | undefined): Markup {
  const read = html`<p class="read">${text}</p>`;
  if (expected === undefined) return read;
  const wrong = editDistance(expected, text);
  const verdict =
    wrong === 0
      ? html`<p>It reads every character of the line as it should.</p>`
      : html`<p>The line says “${expected}”: ${plural(wrong, "character")} of ${[...expected].length} would have to be changed, ${percentText(wrong / [...expected].length, 1)}.</p>`;
  return html`${read}${verdict}`;
}
