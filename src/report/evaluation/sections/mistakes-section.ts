import { html } from "../../../drawing/markup.js";
import type { Section } from "../../page/section.js";
import { plural } from "../../page/text/words.js";
import { mistakeCards } from "../mistake-cards.js";
import type { PicturedMistake } from "../pick-mistakes.js";

/** The mistakes that the network was surest of. @returns undefined when there are none */
export async function mistakesSection(mistakes: readonly PicturedMistake[]): Promise<Section | undefined> {
  if (mistakes.length === 0) return undefined;
  const { page, picture } = await mistakeCards(mistakes);
  const body = html`<p>The ${plural(mistakes.length, "mistake")} that the network was surest of. Some are pictures that people would misread too, or that are labelled wrongly; the others show what it has not understood yet.</p>
${page}`;
  const pictures = [{ name: "worst-mistakes", content: { svg: picture.text } }];
  return { id: "mistakes", title: "The worst mistakes", body, pictures };
}
