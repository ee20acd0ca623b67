/** Pictures with the evidence over them. */

import { encodeWebp } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { withBoxes } from "../../drawing/boxes.js";
import { heatOver } from "../../drawing/heat-over.js";
import { html, type Markup } from "../../drawing/markup.js";
import { enlargeImage } from "../../drawing/montage.js";
import { evidenceBox } from "../../inspection/attribution/evidence-box.js";
import { METHODS, type MethodName } from "../../inspection/attribution/methods.js";
import { type Evidence, type NoExplanation, strengthOf, type Why } from "../../inspection/attribution/why.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";

/** Small pictures are shown so large. */
const SIDE = 190;
/** The accent of the page: the box of the evidence. */
const ACCENT = [194, 54, 27] as const;

/** Methods for which the rule of the box was made (Zhou et al. 2016): in the finer maps of others the largest part is seldom the strongest. */
const FRAMED: ReadonlySet<MethodName> = new Set([
  "classActivationMap",
  "gradCam",
  "gradCamPlusPlus",
  "layerCam",
  "scoreCam",
]);

export const isMap = (found: Evidence | NoExplanation): found is Evidence => "map" in found;

/** The largest number of some maps, so that they can be compared. */
export const strengthOfAll = (found: readonly (Evidence | NoExplanation)[]): number =>
  Math.max(0, ...found.filter(isMap).map(({ map }) => strengthOf(map)));

/** A map over a picture that is large enough to be seen, with the box of the evidence. @param most what the strongest colour stands for; the map's largest number */
export function evidenceOver(image: Image, { method, map }: Evidence, most = 0): Image {
  const large = sized(image);
  const [, , rows, columns] = map.shape;
  const range = most > 0 ? ([-most, most] as const) : undefined;
  const heat = heatOver(large, map.data, rows, columns, range ? { range } : {});
  if (!FRAMED.has(method) || !map.data.some((value) => value > 0)) return heat;
  const box = evidenceBox({ width: columns, height: rows, data: map.data }, large);
  // around all of a picture a frame says nothing
  const isAll = box.width === large.width && box.height === large.height;
  return isAll ? heat : withBoxes(heat, [{ box, colour: ACCENT, line: 2 }]);
}

/** The evidence for what is said, for what else could be said, and for the one against the other; in place of a map its reason where there is none. */
export async function whyFigures({ image, why }: { readonly image: Image; readonly why: Why }): Promise<Markup> {
  const { said, other, against } = why;
  const shown = [
    { title: `for “${said.name}”`, found: said.found },
    ...(other ? [{ title: `for “${other.name}”`, found: other.found }] : []),
    ...(other && against ? [{ title: `for “${said.name}” against “${other.name}”`, found: against }] : []),
  ];
  const together = strengthOfAll(shown.slice(0, 2).map(({ found }) => found));
  const figures: Markup[] = [];
  const reasons = new Map<string, string>();
  for (const [i, { title, found }] of shown.entries()) {
    if (!isMap(found)) {
      reasons.set(found.reason, reasons.get(found.reason) ?? title);
      continue;
    }
    const own = strengthOf(found.map);
    const caption = own > 0 ? title : `${title}: no place speaks for it`;
    const heat = evidenceOver(image, found, i < 2 ? together : own);
    figures.push(await figureOf(heat, `${METHODS[found.method].title} ${title}`, caption));
  }
  const told = [...reasons].map(
    ([reason, title]) => html`<p class="soft">Not shown is what speaks ${title}: ${reason}</p>`,
  );
  return html`${figures}${told}`;
}

/** What maps show, for those who see them: the methods that were used, each in a sentence, and why they were, where that is to be said. */
export function whySentences(shown: readonly Why[]): Markup {
  const used = [...new Set(shown.map(({ said }) => said.found.method))];
  const notes = [...new Set(shown.flatMap(({ note }) => note ?? []))];
  return html`${used.map((method) => html`<p><b>${METHODS[method].title}</b>: ${METHODS[method].sentence}</p>`)}${notes.map((note) => html`<p class="soft">${note}</p>`)}
<p class="soft">Red covers what speaks for a class, blue what speaks against it, by methods that tell. The maps of two classes have one range, so that they can be compared; that of the one against the other is of the difference of both scores, in its own range. A frame is around the largest part of a class activation map above a fifth of its maximum. Maps show what the network looks at, not whether it is right to do so.</p>`;
}

/** A picture so large that single pixels are seen. */
export const sized = (image: Image): Image =>
  enlargeImage(image, Math.max(1, Math.floor(SIDE / Math.max(image.width, image.height))));

/** A picture with its caption, for a strip. */
export async function figureOf(image: Image, alt: string, caption: string): Promise<Markup> {
  const large = sized(image);
  const shown = Math.min(1, SIDE / Math.max(large.width, large.height));
  const place = { width: Math.round(large.width * shown), height: Math.round(large.height * shown), alt };
  return html`<figure>${imageTag(dataUri(await encodeWebp(large), "webp"), place)}<figcaption>${caption}</figcaption></figure>`;
}
