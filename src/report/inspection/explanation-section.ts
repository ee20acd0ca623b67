import { encodePng, encodeWebp } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { withBoxes } from "../../drawing/boxes.js";
import { heatOver } from "../../drawing/heat-over.js";
import { type LabelledPicture, labelledPictures } from "../../drawing/labelled-pictures.js";
import { html, type Markup } from "../../drawing/markup.js";
import { enlargeImage } from "../../drawing/montage.js";
import type { Tensor } from "../../graph/types.js";
import { evidenceBox } from "../../inspection/attribution/evidence-box.js";
import { METHODS, type MethodName } from "../../inspection/attribution/methods.js";
import type { Explanation, NoExplanation } from "../../inspection/faithfulness/explain.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import { type Drawing, pictureFiles, type Section } from "../page/section.js";
import { numberColumns, table } from "../page/text/table.js";
import { plural } from "../page/text/words.js";

/** Why not another class: the same method for both, and for the difference of their scores. */
export interface OtherClass {
  /** what it is called */
  readonly name: string;
  readonly method: MethodName;
  /** for what is said, for the other, and for what is said against the other: 1×1×h×w each */
  readonly maps: readonly [Tensor<"float32">, Tensor<"float32">, Tensor<"float32">];
}

/** A picture, and why a network says of it what it says. */
export interface ExplainedPicture {
  readonly name: string;
  /** as the network is given it, in red, green, blue */
  readonly image: Image;
  /** what is explained: "cat" */
  readonly said: string;
  readonly explanations: readonly Explanation[];
  readonly refused: readonly NoExplanation[];
  readonly other?: OtherClass;
  /** for each method, how alike its map is to that of the same network with random weights, from −1 to 1 */
  readonly random?: Partial<Record<MethodName, number>>;
}

/** Small pictures are shown so large. */
const SIDE = 190;
/** So many pictures stand in a row of the sheet. */
const COLUMNS = 5;
/** The accent of the page: the box of the evidence. */
const ACCENT = [194, 54, 27] as const;

/**
 * Why a network says what it says: for each picture the maps of all methods over it, and how far each is to be trusted.
 *
 * @param pictures at least one
 * @param left pictures that were not explained
 */
export async function explanationSection(pictures: readonly ExplainedPicture[], left = 0): Promise<Section> {
  const parts: Markup[] = [];
  const sheets: Drawing[] = [];
  for (const [i, picture] of pictures.entries()) {
    parts.push(await pictureMarkup(picture));
    sheets.push({ name: `why-${i + 1}`, svg: await sheetOf(picture) });
  }
  const used = new Set(pictures.flatMap(({ explanations }) => explanations.map(({ method }) => method)));
  const shown = [...used].map((method) => [METHODS[method].title, METHODS[method].sentence]);
  const body = html`<p>Where in a picture the network finds what speaks for its answer, by ${plural(used.size, "method")}: stronger colours cover what counts more, red speaks for it and, where a map has a sign, blue against it. The frame is the largest part of Grad-CAM's map above a fifth of its maximum. Maps show what the network looks at, not whether it is right to do so, and methods differ: the figures say how far to trust each.</p>
<ul><li><b>Deletion</b>: the mean score while the pixels go, those with the most evidence first; lower is better.</li><li><b>Insertion</b>: the mean score while they come; higher is better.</li><li><b>ROAD</b>: what is taken away is filled in from around it; half of how much more the score falls where a map points to than where it does not; higher is better, 0 says nothing.</li><li><b>Random weights</b>: how alike the map stays, in its ranks, when the network has lost what it has learned; near 1, the map shows the picture and not the network.</li></ul>${parts}
<h3>What each method shows</h3>${table([{ title: "method" }, { title: "shows" }], shown, { name: "wrap" })}${left > 0 ? html`<p class="soft">${plural(left, "picture")} more: not explained, as each takes many runs of the network.</p>` : undefined}`;
  return { id: "why", title: "Why it says so", body, pictures: pictureFiles(sheets) };
}

async function pictureMarkup(picture: ExplainedPicture): Promise<Markup> {
  const { name, image, said, explanations, refused, other, random } = picture;
  const figures: Markup[] = [await figureOf(image, name, "as the network is given it")];
  for (const { method, map } of explanations) {
    const { title } = METHODS[method];
    figures.push(await figureOf(heated(image, map, method), `${title}, ${said}`, title));
  }
  const rows = explanations.map(({ method, deletion, insertion, road }) => [
    METHODS[method].title,
    ...[deletion.area, insertion.area, road.score].map(shareText),
    ...(random ? [shareText(random[method])] : []),
  ]);
  const titles = ["deletion", "insertion", "ROAD", ...(random ? ["random weights"] : [])];
  const columns = [{ title: "method" }, ...numberColumns(...titles)];
  const reasons = refused.map(({ method, reason }) => html`<li>${METHODS[method].title}: ${reason}</li>`);
  return html`<h3>${name}: why “${said}”</h3><div class="strip">${figures}</div>${other && (await otherMarkup(image, said, other))}
${table(columns, rows)}${reasons.length > 0 ? html`<ul class="soft">${reasons}</ul>` : undefined}`;
}

/** All methods on one sheet, each with its figures. */
async function sheetOf({ image, said, explanations, random }: ExplainedPicture): Promise<Markup> {
  const labelled = async (shown: Image, title: string, lines: readonly string[]): Promise<LabelledPicture> => {
    const large = sized(shown);
    const { width, height } = large;
    return { address: dataUri(await encodePng(large)), width, height, title, lines };
  };
  const cells = [await labelled(image, said, ["as the network is given it"])];
  for (const { method, map, deletion, insertion, road } of explanations) {
    const lines = [
      `deletion ${shareText(deletion.area)}, insertion ${shareText(insertion.area)}`,
      `ROAD ${shareText(road.score)}`,
      ...(random?.[method] === undefined ? [] : [`random weights ${shareText(random[method])}`]),
    ];
    cells.push(await labelled(heated(image, map, method), METHODS[method].title, lines));
  }
  return labelledPictures(cells, COLUMNS);
}

const shareText = (value: number | undefined): string | undefined => value?.toFixed(3).replace("-", "−");

async function otherMarkup(image: Image, said: string, { name, method, maps }: OtherClass): Promise<Markup> {
  const titles = [`for “${said}”`, `for “${name}”`, `for “${said}” against “${name}”`];
  const figures: Markup[] = [];
  for (const [i, map] of maps.entries()) {
    figures.push(await figureOf(heated(image, map, method), `${METHODS[method].title} ${titles[i]}`, titles[i]));
  }
  return html`<h4>Why not “${name}”? ${METHODS[method].title}</h4><div class="strip">${figures}</div>`;
}

/** A map over a picture that is large enough to be seen; Grad-CAM's with the frame of the evidence. */
function heated(image: Image, { shape: [, , rows, columns], data }: Tensor<"float32">, method: MethodName): Image {
  const large = sized(image);
  const heat = heatOver(large, data, rows, columns);
  if (method !== "gradCam") return heat;
  const box = evidenceBox({ width: columns, height: rows, data }, large);
  return withBoxes(heat, [{ box, colour: ACCENT, line: 2 }]);
}

const sized = (image: Image): Image =>
  enlargeImage(image, Math.max(1, Math.floor(SIDE / Math.max(image.width, image.height))));

async function figureOf(image: Image, alt: string, caption: string): Promise<Markup> {
  const large = sized(image);
  const shown = Math.min(1, SIDE / Math.max(large.width, large.height));
  const place = { width: Math.round(large.width * shown), height: Math.round(large.height * shown), alt };
  return html`<figure>${imageTag(dataUri(await encodeWebp(large), "webp"), place)}<figcaption>${caption}</figcaption></figure>`;
}
