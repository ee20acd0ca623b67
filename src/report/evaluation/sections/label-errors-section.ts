import { encodePng } from "../../../data/pictures/formats/sharp-file.js";
import { html, type Markup } from "../../../drawing/markup.js";
import type { LabelErrors, SuspectedLabel } from "../../../evaluation/label-errors.js";
import type { ClassTable } from "../../../evaluation/table/predictions.js";
import { dataUri } from "../../page/pictures/image-tag.js";
import type { Section } from "../../page/section.js";
import { confidenceText, plural } from "../../page/text/words.js";
import type { PictureSource } from "./cell-galleries.js";

/** So many are shown at most. */
const SHOWN = 18;

/**
 * The labels that may be wrong, those that the network believes least first.
 *
 * @param picture gives the picture of a row of the table
 * @returns undefined when none is suspected
 */
export async function labelErrorsSection(
  table: ClassTable,
  { suspected }: LabelErrors,
  picture?: PictureSource,
): Promise<Section | undefined> {
  if (suspected.length === 0) return undefined;
  const first = suspected.slice(0, SHOWN);
  const cards = await Promise.all(first.map((each) => card(table, each, picture)));
  const few = first.length < suspected.length ? `Shown are the ${SHOWN} that it believes least. ` : "";
  const body = html`<p>Of ${plural(table.labels.length, "label")}, ${plural(suspected.length, "is", "are")} suspected: the network is as sure of another class as it is, on average, of pictures that are said to be of it (confident learning, Northcutt et al. 2021). ${few}All stand in <code>label-errors.csv</code>.</p>
<p>This is no proof, and no list of all wrong labels: it is what a network believes that has mistakes of its own, and that has learned from labels like these. Pictures that are rare or hard are suspected, too, and wrong labels that it has taken over are not. Where it has learned from these very pictures, it tells nothing. Look at each before you change it.</p>
<div class="cards">${cards}</div>`;
  return { id: "label-errors", title: "Labels that may be wrong", body, pictures: [] };
}

async function card({ classes, paths }: ClassTable, suspect: SuspectedLabel, picture?: PictureSource): Promise<Markup> {
  const { sample, labelProbability, likelyProbability } = suspect;
  const [label, likely] = [classes[suspect.label], classes[suspect.likely]];
  const source = paths?.[sample] ?? `sample ${sample}`;
  const image = picture?.(sample);
  const shown = image && html`<img src="${dataUri(await encodePng(image))}" alt="${source}">`;
  return html`<figure class="card">${shown}<figcaption>said to be <b>${label}</b>, may be <b class="wrong">${likely}</b><br><span class="soft">${confidenceText(labelProbability)} ${label}, ${confidenceText(likelyProbability)} ${likely}</span><br><span class="source">${source}</span></figcaption></figure>`;
}
