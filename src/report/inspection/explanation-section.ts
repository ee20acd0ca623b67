import { encodePng } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { type LabelledPicture, labelledPictures } from "../../drawing/labelled-pictures.js";
import { html, type Markup } from "../../drawing/markup.js";
import type { Tensor } from "../../graph/types.js";
import type { ResultKind } from "../../inspection/answers.js";
import { METHODS, type MethodName } from "../../inspection/attribution/methods.js";
import type { NoExplanation, Why } from "../../inspection/attribution/why.js";
import type { Explanation } from "../../inspection/faithfulness/explain.js";
import { dataUri } from "../page/pictures/image-tag.js";
import { type Drawing, pictureFiles, type Section } from "../page/section.js";
import { numberColumns, table } from "../page/text/table.js";
import { plural } from "../page/text/words.js";
import { evidenceOver, figureOf, sized, whyFigures } from "./why-figures.js";

/** A picture, and why a network says of it what it says. */
export interface ExplainedPicture {
  readonly name: string;
  /** as the network is given it, in red, green, blue */
  readonly image: Image;
  /** what is explained: "cat" */
  readonly said: string;
  readonly explanations: readonly Explanation[];
  readonly refused: readonly NoExplanation[];
  /** why not another class */
  readonly other?: Why;
  /** for each method, how alike its map is to that of the same network with random weights, from −1 to 1 */
  readonly random?: Partial<Record<MethodName, number>>;
}

/** What is explained, where it is not the score of a class. */
const ASKED: Partial<Readonly<Record<ResultKind, string>>> = {
  attributes:
    " Each attribute is asked about by itself, by its own score before the sigmoid; of one that is not there, by what speaks against it.",
  score: " What is explained is the score itself, before any sigmoid; where it is below 0, what speaks against it.",
  values: " What is explained is each value by itself: red makes it larger, blue smaller.",
  classMap: " What is explained of a class is its mean score over the places where it wins.",
  attributeMap: " What is explained is the mean score over the places that are yes.",
  valueMap: " What is explained is the mean of the values that are above 0.",
};

/** Why nothing is explained of what a network gives. */
export function withoutAnswer(kind: ResultKind): Section {
  const reason = REASONS[kind] ?? "No place of its map says yes, so that there is nothing to be explained.";
  return { id: "why", title: "Why it says so", body: html`<p>${reason}</p>`, pictures: [] };
}

const REASONS: Partial<Readonly<Record<ResultKind, string>>> = {
  picture:
    "The network gives a picture and no score, so that there is no answer to ask about: see above how far each place of what it makes is from what it was given.",
  numbers:
    "The network gives numbers that are no scores of classes, places or attributes as far as can be told, so that there is no answer to ask about.",
};

/** So many pictures stand in a row of the sheet. */
const COLUMNS = 5;

/**
 * Why a network says what it says: for each picture the maps of all methods over it, and how far each is to be trusted.
 *
 * @param pictures at least one
 * @param options.left pictures that were not explained; 0
 * @param options.runs how often a method ran the network, where that hangs on the network
 * @param options.kind what the network gives: what is explained is said by it; "classes"
 */
export async function explanationSection(
  pictures: readonly ExplainedPicture[],
  {
    left = 0,
    kind = "classes",
    runs = {},
  }: {
    readonly left?: number;
    readonly kind?: ResultKind;
    readonly runs?: Partial<Readonly<Record<MethodName, number>>>;
  } = {},
): Promise<Section> {
  const parts: Markup[] = [];
  const sheets: Drawing[] = [];
  for (const [i, picture] of pictures.entries()) {
    parts.push(await pictureMarkup(picture));
    sheets.push({ name: `why-${i + 1}`, svg: await sheetOf(picture) });
  }
  const used = new Set(pictures.flatMap(({ explanations }) => explanations.map(({ method }) => method)));
  const times = (method: MethodName): string =>
    runs[method] === undefined ? "" : ` Made from ${runs[method]} runs of the network.`;
  const shown = [...used].map((method) => [METHODS[method].title, `${METHODS[method].sentence}${times(method)}`]);
  const filled = pictures.flatMap(({ explanations }) => explanations)[0]?.road.mostFirst.shares ?? [];
  const shares = filled.map((share) => `${Math.round(100 * share)} %`).join(", ");
  const body = html`<p>Where in a picture the network finds what speaks for its answer, by ${plural(used.size, "method")}: stronger colours cover what counts more, red speaks for it and, where a map has a sign, blue against it. A frame is around the largest part of a class activation map above a fifth of its maximum. Maps show what the network looks at, not whether it is right to do so, and methods differ: the figures say how far to trust each.${ASKED[kind] ?? ""}</p>
<ul><li><b>Deletion</b>: the mean score while the pixels go, those with the most evidence first; lower is better.</li><li><b>Insertion</b>: the mean score while they come; higher is better.</li><li><b>ROAD</b>: what is taken away${shares === "" ? "" : ` (${shares} of the pixels)`} is filled in from around it; half of how much more the score falls where a map points to than where it does not; higher is better, 0 says nothing.</li><li><b>Random weights</b>: how alike the map stays, in its ranks, when the network has lost what it has learned; near 1, the map shows the picture and not the network.</li></ul>${parts}
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
  return html`<h3>${name}: why “${said}”</h3><div class="strip">${figures}</div>${other && (await otherMarkup(image, other))}
${table(columns, rows)}${explanations.map(completenessMarkup)}${reasons.length > 0 ? html`<ul class="soft">${reasons}</ul>` : undefined}`;
}

/** So far a sum may be off, as a share of the change. */
const OFF = 0.1;

/** Whether integrated gradients add up to what they share out. */
function completenessMarkup({ method, completeness }: Explanation): Markup | undefined {
  if (!completeness) return undefined;
  const { sum, change } = completeness;
  const isOff = Math.abs(sum - change) > OFF * Math.abs(change);
  const [made, expected] = [sum, change].map(shareText);
  return html`<p class="soft">${METHODS[method].title} add up to ${made}; from the mean picture to this one, what is explained changes by ${expected}.${isOff ? " These should be the same: the score bends more than the steps between follow, and the map is inexact by as much." : ""}</p>`;
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

const shareText = (value: number | undefined): string | undefined =>
  value
    ?.toFixed(3)
    .replace(/^-(0\.0+)$/, "$1")
    .replace("-", "−");

async function otherMarkup(image: Image, why: Why): Promise<Markup> {
  const { title } = METHODS[why.said.found.method];
  return html`<h4>Why not “${why.other?.name}”? ${title}</h4><div class="strip">${await whyFigures({ image, why })}</div>`;
}

const heated = (image: Image, map: Tensor<"float32">, method: MethodName): Image =>
  evidenceOver(image, { method, map });
