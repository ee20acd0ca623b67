/** A picture's way through a network: what each layer makes of it. */

import { encodePng, encodeWebp } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { resizeImage } from "../../data/pictures/resize/resize.js";
import { html, type Markup } from "../../drawing/markup.js";
import { enlargeImage, montage } from "../../drawing/montage.js";
import { rangeOf, valueImage } from "../../drawing/value-image.js";
import type { Tensor } from "../../graph/types.js";
import { dataUri, imageTag } from "../page/pictures/image-tag.js";
import type { Picture, Section } from "../page/section.js";
import { countText, numberText, percentText, plural } from "../page/text/words.js";

/** What some layers that belong together make of a picture. */
export interface Stage {
  /** the last of the layers */
  readonly layer: string;
  /** what they do: "conv 3×3, batchNorm, relu" */
  readonly text: string;
  /** how many pixels of the image each way one number depends on */
  readonly field: readonly [number, number];
  /** 1×C×H×W */
  readonly value: Tensor<"float32">;
}

/** A picture and its way. */
export interface PictureWay {
  readonly name: string;
  readonly stages: readonly Stage[];
}

/** So many maps of a layer are shown. */
const SHOWN = 12;
/** A map is shown about so large. */
const SIDE = 84;
/** It is at least so wide and so high. */
const THICK = 10;
/** In how many columns the numbers of a layer without places stand. */
const COLUMNS = 64;
/** Of the numbers that are shown so many are below the last colour: a single one would make all others dark. */
const BELOW = 0.995;

/** The maps of each layer, the strongest first. @param left how many pictures are not shown */
export async function waySection(ways: readonly PictureWay[], left = 0): Promise<Section> {
  const pictures: Picture[] = [];
  const parts: Markup[] = [];
  for (const [i, { name, stages }] of ways.entries()) {
    const rows: Markup[] = [];
    for (const [k, stage] of stages.entries()) {
      const sheet = sheetOf(stage.value);
      pictures.push({
        name: `way-${i + 1}-${k + 1}`,
        content: { png: await encodePng(sheet, { opaque: sheet.opaque }) },
      });
      const webp = await encodeWebp(sheet, { opaque: sheet.opaque, lossless: sheet.width * sheet.height < 1e5 });
      const tag = imageTag(dataUri(webp, "webp"), { ...sheet, alt: `The strongest maps of ${stage.layer}` });
      rows.push(
        html`<figure><figcaption><b>${stage.layer}</b> <span class="soft">${stage.text}. ${saidOf(stage, stages[k - 1])}</span></figcaption>${tag}</figure>`,
      );
    }
    parts.push(html`<div class="sheet"><h3>${name}</h3>${rows}</div>`);
  }
  const others = left > 0 ? ` Of ${plural(left, "more picture")} it is left out.` : "";
  const body = html`<p>What each layer makes of a picture: of its maps the ${SHOWN} with the largest mean size, the strongest first, all of a layer with one range. Where no number is negative they go from black (0) to light yellow; else blue is negative, red positive. A map shows where a filter found what it looks for, and does not say what that is.${others}</p>
${parts}`;
  return { id: "way", title: "The way through the network", body, pictures };
}

/** The strongest maps side by side; a layer without places as rows of numbers. */
function sheetOf({ shape, data }: Tensor<"float32">): ReturnType<typeof montage> {
  const [, channels, height, width] = shape;
  if (height * width === 1) {
    const range = rangeOf(data);
    const options = range[0] < 0 ? ({ colours: "diverging" } as const) : { range: [0, range[1]] as const };
    const { image } = valueImage(data, 1, channels, options);
    const one = (c: number): Image => ({ width: 1, height: 1, channels: 3, data: channelsAt(image, c) });
    const squares = Array.from({ length: channels }, (_, c) => enlargeImage(one(c), 12));
    return montage(squares, { columns: COLUMNS, spacing: 1 });
  }
  const area = height * width;
  const strongest = strongestMaps(data, channels).slice(0, SHOWN);
  const shown = strongest.map((c) => data.subarray(c * area, (c + 1) * area));
  const sizes = shown.flatMap((map) => [...map.filter((v) => v !== 0)].map(Math.abs)).sort((a, b) => a - b);
  const high = sizes[Math.floor(BELOW * (sizes.length - 1))] ?? 0;
  const negative = shown.some((map) => map.some((value) => value < 0));
  const options = { colours: negative ? "diverging" : "sequential", range: [negative ? -high : 0, high] } as const;
  const images = shown.map((map) => inSize(valueImage(map, height, width, options).image));
  return montage(images, { columns: SHOWN, spacing: 6 });
}

/** The bytes of a picture's pixel. */
const channelsAt = ({ width, data }: Image, x: number): Uint8Array =>
  Uint8Array.of(data[x], data[width + x], data[2 * width + x]);

/** The maps by the mean of the absolute values, the largest first. */
function strongestMaps(data: Float32Array, channels: number): number[] {
  const area = data.length / channels;
  const means = Array.from({ length: channels }, (_, c) =>
    data.subarray(c * area, (c + 1) * area).reduce((sum, value) => sum + Math.abs(value), 0),
  );
  return means.map((_, c) => c).sort((a, b) => means[b] - means[a]);
}

/** Small maps with each number a square, large ones made smaller; those of a row or a column are made thick enough to be seen. */
function inSize(image: Image): Image {
  const fitting = fitted(image);
  const thick = (length: number): number => Math.max(1, Math.ceil(THICK / length));
  return enlargeImage(fitting, thick(fitting.width), thick(fitting.height));
}

function fitted(image: Image): Image {
  const longest = Math.max(image.width, image.height);
  if (longest <= SIDE) return enlargeImage(image, Math.max(1, Math.floor(SIDE / longest)));
  const side = (length: number): number => Math.max(1, Math.round((length * SIDE) / longest));
  return resizeImage(image, { width: side(image.width), height: side(image.height) }, "opencv-area");
}

/** What a stage did, in numbers. */
function saidOf({ value, field }: Stage, before: Stage | undefined): string {
  const { shape, data } = value;
  const [, channels, height, width] = shape;
  const zeros = data.reduce((count, v) => count + (v === 0 ? 1 : 0), 0) / data.length;
  const area = height * width;
  const silent = Array.from({ length: channels }, (_, c) => data.subarray(c * area, (c + 1) * area)).filter((map) =>
    map.every((v) => v === 0),
  ).length;
  const [low, high] = rangeOf(data);
  const size =
    area === 1
      ? plural(channels, "number")
      : `${countText(channels)} ${channels === 1 ? "map" : "maps"} of ${height}×${width}`;
  const ratio = before ? data.length / before.value.data.length : 1;
  const times = ratio > 1 ? `${numberText(ratio)} times` : percentText(ratio, 0);
  const kept = before && Math.abs(ratio - 1) > 0.01 ? `, ${times} as many numbers as before` : "";
  return [
    `${size}${kept}`,
    `from ${low === 0 ? 0 : numberText(low)} to ${high === 0 ? 0 : numberText(high)}`,
    ...(zeros > 0 ? [`${percentText(zeros, 0)} zeros`] : []),
    ...(silent > 0 && area > 1 ? [`${plural(silent, "map")} silent all over`] : []),
    `sees ${field.join("×")} pixels`,
  ].join("; ");
}
