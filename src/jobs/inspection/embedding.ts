/** The pictures of a data set as a layer of the network sees them. */

import type { Image } from "../../data/pictures/image.js";
import { fromLast } from "../../data/pictures/resize/arrange.js";
import { resizeImage } from "../../data/pictures/resize/resize.js";
import { keyOf } from "../../data/sources/dataset.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { partsOf, samplesBatch } from "../../inspection/batches.js";
import type { MapProgress } from "../../inspection/embedding/map-progress.js";
import { type Neighbours, neighbours, sameClassShare } from "../../inspection/embedding/neighbours.js";
import { pca } from "../../inspection/embedding/pca.js";
import { tsne } from "../../inspection/embedding/tsne.js";
import { umap } from "../../inspection/embedding/umap.js";
import { activations, type Opened } from "../../inspection/opened.js";
import { resultOf } from "../../network/model/model.js";
import type { Network } from "../../network/network.js";
import { type EmbeddingMap, embeddingSection } from "../../report/inspection/embedding-section.js";
import type { Section } from "../../report/page/section.js";
import { isStop } from "../events/event-stream.js";
import type { InspectedSet, Inspection, PartWatch } from "./inspection.js";

/** So many of the nearest are looked at. */
const NEAREST = 10;
/** Of fewer pictures, t-SNE and UMAP show nothing but chance. */
const FEWEST = 10;
/** Of so many pictures the nearest are shown. */
const CHOSEN = 6;
/** A layer of more numbers is looked at by the mean of each map. */
const WIDEST = 4096;
/** The longest side of the pictures that are shown. */
const SIDE = 64;

/** The longer ways to a map. */
const WAYS = { tsne: { title: "t-SNE", make: tsne }, umap: { title: "UMAP", make: umap } } as const;

/** Maps and neighbours of the data set's pictures; undefined without one. Where it is stopped, it has the maps that are done. */
export async function embeddingOfInspection(
  { opened, set, layer = opened && featureLayer(opened.model.network) }: Inspection,
  watch: PartWatch,
): Promise<Section | undefined> {
  if (!opened || !set || layer === undefined || set.samples.count === 0) return undefined;
  const { items, count } = set.samples;
  const { rows, means, images } = await featuresOf(opened, set, layer, watch);
  const labels = items.map(({ label }) => label);
  const each = Math.min(NEAREST, count - 1);
  const isMixed = new Set(labels).size > 1;
  const near = each > 0 ? neighbours(rows, each) : undefined;
  const maps = await mapsOf(rows, watch);
  const shareOf = (found: Neighbours): { readonly sameClass?: number } =>
    isMixed ? { sameClass: sameClassShare(found, labels) } : {};
  return embeddingSection({
    ...{ layer, means, labels, classes: set.classes, of: set.of },
    names: items.map(keyOf),
    maps: maps.map((map) => ({ ...map, ...(each > 0 ? shareOf(neighbours(map.places, each)) : {}) })),
    ...(images.length === count ? { picture: (row: number) => images[row] } : {}),
    ...(near ? { neighbours: near, ...shareOf(near), chosen: chosenRows(labels) } : {}),
  });
}

/**
 * The layer whose values the last layer with weights reads: all that it knows of a picture when it decides. Where that is the picture itself, the scores.
 */
export function featureLayer(network: Network): string {
  const makers = new Map(network.layers.map((placed) => [placed.output.name, placed]));
  let placed = makers.get(resultOf(network).name);
  while (placed && placed.parameters.length === 0) placed = makers.get(placed.inputs[0].name);
  return makers.get(placed?.inputs[0].name ?? "")?.name ?? "scores";
}

/** What a layer makes of pictures. */
interface Features {
  readonly rows: Tensor<"float32">;
  /** whether each number is the mean of a map */
  readonly means: boolean;
  /** small; none where they cannot be shown */
  readonly images: readonly Image[];
}

async function featuresOf(
  opened: Opened,
  { samples }: InspectedSet,
  layer: string,
  { signal, tell }: PartWatch,
): Promise<Features> {
  const { count, shape, order = opened.model.preprocessing?.order } = samples;
  const images: Image[] = [];
  const parts: Float32Array[] = [];
  let means = false;
  for (const { from, to } of partsOf(count, opened.together)) {
    signal.throwIfAborted();
    const indices = Array.from({ length: to - from }, (_, i) => from + i);
    const batch = await samplesBatch(samples, indices);
    const { [layer]: value } = await activations(opened, batch, [layer]);
    const [, maps, ...sides] = value.shape;
    const area = sides.reduce((product, side) => product * side, 1);
    means = area > 1 && maps * area > WIDEST;
    parts.push(means ? meansOf(value.data, area) : value.data);
    if (shape.channels === 1 || shape.channels === 3) {
      const { height, width, channels } = shape;
      const size = channels * height * width;
      for (const i of indices.keys()) {
        const data = Uint8Array.from(batch.data.subarray(i * size, (i + 1) * size));
        const image = thumbnail({ width, height, channels: channels === 1 ? 1 : 3, data });
        images.push(order === "bgr" ? fromLast(image) : image);
      }
    }
    tell("pictures", to, count);
  }
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { rows: float32(data, [count, data.length / count]), means, images };
}

function meansOf(data: Float32Array, area: number): Float32Array {
  const mean = (from: number): number => data.subarray(from, from + area).reduce((sum, value) => sum + value, 0) / area;
  return Float32Array.from({ length: data.length / area }, (_, i) => mean(i * area));
}

function thumbnail(image: Image): Image {
  const scale = SIDE / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return resizeImage(image, { width: side(image.width), height: side(image.height) }, "pil-bilinear");
}

/** Those that mean something of so many pictures, until it is stopped. */
async function mapsOf(rows: Tensor<"float32">, { signal, tell, without }: PartWatch): Promise<EmbeddingMap[]> {
  const [count, width] = rows.shape;
  if (count < 3 || isOnePoint(rows)) return [];
  const { places } = pca(rows, Math.min(2, width));
  const maps: EmbeddingMap[] = [
    { method: "pca", places: width > 1 ? places : float32(onLine(places.data), [count, 2]) },
  ];
  if (count < FEWEST) return maps;
  for (const [method, { title, make }] of [["tsne", WAYS.tsne] as const, ["umap", WAYS.umap] as const]) {
    try {
      let last: Extract<MapProgress, { readonly part: "places" }> | undefined;
      for await (const stage of make(rows, { signal })) {
        tell(stage.part === "places" ? `steps of ${title}` : `neighbours for ${title}`, stage.done, stage.of);
        if (stage.part === "places") last = stage;
      }
      if (last) maps.push({ method, places: last.places });
    } catch (error) {
      if (!isStop(error, signal)) throw error;
      without(`the map of ${title}`);
    }
  }
  return maps;
}

/** Whether all rows are the same. */
function isOnePoint({ shape: [count, width], data }: Tensor<"float32">): boolean {
  const first = data.subarray(0, width);
  return Array.from({ length: count }, (_, i) => i).every((i) =>
    first.every((value, at) => data[i * width + at] === value),
  );
}

/** Places of one number each as places on a plane. */
const onLine = (data: Float32Array): Float32Array =>
  Float32Array.from({ length: 2 * data.length }, (_, at) => (at % 2 === 0 ? data[at >> 1] : 0));

/** One picture of each of a few classes, evenly among them; of one class the first few pictures. */
function chosenRows(labels: readonly number[]): number[] {
  const firsts = [...new Set(labels)].sort((a, b) => a - b).map((k) => labels.indexOf(k));
  const from = firsts.length > 1 ? firsts : [...labels.keys()].slice(0, 3);
  const few = Math.min(CHOSEN, from.length);
  return Array.from({ length: few }, (_, i) => from[Math.floor((i * from.length) / few)]);
}
