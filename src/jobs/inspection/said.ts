/** What a network says of a picture: in words, in lines and as pictures. */

import type { Image } from "../../data/pictures/image.js";
import { fromLast } from "../../data/pictures/resize/arrange.js";
import { heatOver } from "../../drawing/heat-over.js";
import { rangeOf, valueImage } from "../../drawing/value-image.js";
import type { Tensor } from "../../graph/types.js";
import { type ResultKind, resultKind, winners } from "../../inspection/answers.js";
import { madePicture } from "../../inspection/made-picture.js";
import { activations, type Opened } from "../../inspection/opened.js";
import { classColours } from "../../report/inspection/class-colours.js";
import type { InspectedPicture, SaidLine, SaidPicture } from "../../report/inspection/result-section.js";

/** A class of a picture. */
export interface Guess {
  readonly name: string;
  readonly probability: number;
}

/** What a network says of a picture. */
export interface Said extends Pick<InspectedPicture, "lines" | "shown"> {
  /** in a few words: "macaw (0.999)" */
  readonly text: string;
  /** all classes, or attributes, the likeliest first; undefined where the network gives something else than a number for each */
  readonly guesses: readonly Guess[] | undefined;
}

/** So many lines are told, and so many maps shown. */
const LINES = 5;
/** So many times as long as wide a picture of numbers is at most. */
const LONGEST = 12;
const MAPS = 4;

/**
 * What a network says of a picture.
 *
 * @param image as it is shown
 * @param input the same, 1×C×H×W, as the network takes it
 * @param isTurned whether the network's pictures have blue first
 */
export async function saidOf(opened: Opened, image: Image, input: Tensor<"float32">, isTurned: boolean): Promise<Said> {
  const kind = resultKind(opened.model);
  const hasShares = opened.names.includes("probabilities");
  const values = await activations(opened, input, hasShares ? ["scores", "probabilities"] : ["scores"]);
  const { scores, probabilities = scores } = values;
  if (!scores.data.every(Number.isFinite)) {
    const text = "numbers of which some are infinite or none";
    return { text, lines: [{ name: "it says", text }], shown: [], guesses: undefined };
  }
  const { classes } = opened.model;
  const name = (k: number): string => classes[k] ?? `${k + 1}`;
  switch (kind) {
    case "classes":
    case "attributes":
    case "score":
      return inLines(kind, scores.data, probabilities.data, name);
    case "values": {
      const lines = Array.from(scores.data.subarray(0, 2 * LINES), (value, k) => ({
        name: name(k),
        text: short(value),
      }));
      const text = lines.map(({ name: called, text: value }) => `${called} ${value}`).join(", ");
      return { text, lines, shown: [], guesses: undefined };
    }
    case "classMap":
      return classMapSaid(scores, name);
    case "attributeMap":
      return attributeMapSaid(image, scores, probabilities, name);
    case "picture":
      return pictureSaid(opened, input, scores, isTurned);
    default:
      return numbersSaid(kind, scores, name);
  }
}

const short = (value: number): string => Number(value.toPrecision(4)).toString().replace("-", "−");
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function inLines(
  kind: ResultKind,
  scores: Float32Array,
  probabilities: Float32Array,
  name: (k: number) => string,
): Said {
  const guesses = Array.from(probabilities, (probability, k) => ({ name: name(k), probability })).sort(
    (a, b) => b.probability - a.probability,
  );
  const most = guesses.slice(0, kind === "attributes" ? 2 * LINES : LINES);
  const lines = most.map(({ name: called, probability }) => ({
    name: called,
    text: kind === "score" ? `${short(scores[0])} (${probability.toFixed(3)})` : probability.toFixed(3),
    share: probability,
  }));
  const told = ({ name: called, probability }: Guess): string => `${called} (${probability.toFixed(3)})`;
  const yes = guesses.filter(({ probability }) => probability > 0.5);
  const texts: Partial<Record<ResultKind, string>> = {
    score: `score ${short(scores[0])}: ${told(guesses[0])}`,
    attributes: yes.length > 0 ? yes.map(told).join(", ") : "none of the attributes",
  };
  return { text: texts[kind] ?? told(guesses[0]), lines, shown: [], guesses };
}

function classMapSaid(scores: Tensor<"float32">, name: (k: number) => string): Said {
  const [, channels, height, width] = scores.shape;
  const area = height * width;
  const { counts, wins } = winners(scores, true);
  const order = Array.from({ length: channels }, (_, k) => k)
    .filter((k) => counts[k] > 0)
    .sort((a, b) => counts[b] - counts[a]);
  const colours = classColours(channels);
  const data = new Uint8Array(3 * area);
  for (const k of order) {
    const bytes = [1, 3, 5].map((at) => Number.parseInt(colours[k].slice(at, at + 2), 16));
    for (let i = 0; i < area; i++) if (wins(k, i)) for (let c = 0; c < 3; c++) data[c * area + i] = bytes[c];
  }
  const lines = order.slice(0, 2 * LINES).map((k): SaidLine => {
    const share = counts[k] / area;
    return { name: name(k), text: percent(share), share, colour: colours[k] };
  });
  const text = lines
    .slice(0, 3)
    .map(({ name: called, text: share }) => `${called} ${share}`)
    .join(", ");
  const image: Image = { width, height, channels: 3, data };
  return {
    text: `${text} of its places`,
    lines,
    shown: [{ image, caption: "the classes of its places" }],
    guesses: undefined,
  };
}

function attributeMapSaid(
  image: Image,
  scores: Tensor<"float32">,
  probabilities: Tensor<"float32">,
  name: (k: number) => string,
): Said {
  const [, channels, height, width] = scores.shape;
  const area = height * width;
  const { counts } = winners(scores, false);
  const order = Array.from({ length: channels }, (_, k) => k).sort((a, b) => counts[b] - counts[a]);
  const lines = order
    .slice(0, 2 * LINES)
    .map((k): SaidLine => ({ name: name(k), text: percent(counts[k] / area), share: counts[k] / area }));
  const shown = order.slice(0, MAPS).map((k): SaidPicture => {
    // yes is red, no blue, and what lies between is not covered
    const map = probabilities.data.slice(k * area, (k + 1) * area).map((share) => 2 * share - 1);
    return { image: heatOver(image, map, height, width, { range: [-1, 1] }), caption: `where ${name(k)} is` };
  });
  return {
    text: lines
      .map((line) => `${line.name} in ${line.text} of its places`)
      .slice(0, 3)
      .join(", "),
    lines,
    shown,
    guesses: undefined,
  };
}

function pictureSaid({ model }: Opened, input: Tensor<"float32">, scores: Tensor<"float32">, isTurned: boolean): Said {
  const { picture, errors, error, range } = madePicture(model, input, scores);
  const [, channels, height, width] = picture.shape;
  const bytes: Image = {
    width,
    height,
    channels: channels === 3 ? 3 : 1,
    data: Uint8Array.from(picture.data, Math.round),
  };
  const shown = [
    { image: isTurned ? fromLast(bytes) : bytes, caption: `made of it; its numbers are ${range}` },
    {
      image: valueImage(errors.data, height, width, { range: [0, Math.max(1, ...errors.data)] }).image,
      caption: `how far it is off: dark 0, light ${Math.max(...errors.data).toFixed(0)}`,
    },
  ];
  const text = `off by ${error.toFixed(1)} of 255 on average`;
  return { text, lines: [{ name: "mean error", text: `${error.toFixed(1)} of 255` }], shown, guesses: undefined };
}

function numbersSaid(kind: ResultKind, { shape, data }: Tensor<"float32">, name: (k: number) => string): Said {
  const [, channels, height, width] = shape;
  const area = height * width;
  const isMap = kind === "valueMap";
  const maps = isMap
    ? Array.from({ length: Math.min(MAPS, channels) }, (_, k): [Float32Array, number, number, string] => [
        data.slice(k * area, (k + 1) * area),
        height,
        width,
        name(k),
      ])
    : [[data, channels, area, "all numbers"] as const];
  // a list of thousands of boxes would be a line
  const drawn = maps.filter(([, rows, columns]) => Math.max(rows, columns) <= LONGEST * Math.min(rows, columns));
  const shown = drawn.map(([values, rows, columns, called]): SaidPicture => {
    const { image, lowest, highest } = valueImage(values, rows, columns);
    return { image, caption: `${called}: dark ${short(lowest)}, light ${short(highest)}` };
  });
  const [low, high] = rangeOf(data);
  const lines = [
    { name: "smallest", text: short(low) },
    { name: "largest", text: short(high) },
  ];
  const text = isMap ? `${channels} maps of ${height}×${width}` : `${channels}×${height}×${width} numbers`;
  return { text, lines, shown, guesses: undefined };
}
