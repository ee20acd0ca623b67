import type { Samples } from "../samples.js";
import type { Jitter } from "./jitter-description.js";

/** What lies beyond pictures that are moved, and why. */
export interface ChosenBorder {
  readonly jitter: Pick<Jitter, "border" | "fill">;
  /** in words: "the colour of the ground, 255 255 255" */
  readonly text: string;
  readonly why: string;
}

/** So many pictures are looked at, evenly among all. */
const LOOKED_AT = 200;
/** How far a byte may be from the ground's, and the ground of a picture from that of all. */
const [NEAR, SAME] = [8, 12];

/**
 * Chooses what lies beyond pictures when jitter moves them, by their outermost pixels. A picture has a plain ground where at least half of these
 * are within 8 of their median, in every channel; so what touches the edge is not mistaken for it.
 *
 * - Most pictures have a plain ground of the same colour (four of five within 12 of the median): that colour ("constant").
 * - At least one of five has a plain ground: each picture's outermost pixels ("edge").
 * - Else, textures and photographs: the picture's mirror image ("reflect").
 *
 * A mirror image would put a second, mirrored part of an object beside one that touches the edge.
 *
 * @param samples those that are trained on
 * @throws RangeError when there is no sample
 * @example
 * const { jitter } = await chooseBorder(letters.training); // dark letters on white
 * jitter; // {"border": "constant", "fill": 255}
 */
export async function chooseBorder(samples: Samples): Promise<ChosenBorder> {
  const { count, shape } = samples;
  if (count < 1) throw new RangeError("There is no border to choose for no samples.");
  const looked = Math.min(count, LOOKED_AT);
  const indices = Array.from({ length: looked }, (_, i) => Math.floor(((i + 0.5) * count) / looked));
  await samples.prepare?.(indices, 0);
  const ring = edgeOf(shape);
  const picture = new Uint8Array(shape.channels * shape.height * shape.width);
  const grounds: number[][] = [];
  for (const index of indices) {
    samples.read(index, 0, picture, 0);
    const ground = groundOf(picture, ring, shape.channels);
    if (ground) grounds.push(ground);
  }
  const share = Math.round((100 * grounds.length) / looked);
  const plain = `${share} % of the pictures have a plain ground at their edges`;
  if (share < 20) return { jitter: { border: "reflect" }, text: "mirror images", why: plain };
  const middle = Array.from({ length: shape.channels }, (_, c) => middleOf(grounds.map((ground) => ground[c])));
  const same = grounds.filter((ground) => ground.every((byte, c) => Math.abs(byte - middle[c]) <= SAME)).length;
  if (share < 50 || same < 0.8 * grounds.length) {
    return { jitter: { border: "edge" }, text: "the outermost pixels", why: plain };
  }
  const [first, second, third] = middle;
  const isGrey = middle.every((byte) => byte === first);
  if (!isGrey && middle.length !== 3) return { jitter: { border: "edge" }, text: "the outermost pixels", why: plain };
  return {
    jitter: { border: "constant", fill: isGrey ? first : [first, second, third] },
    text: `the colour of the ground, ${isGrey ? first : middle.join(" ")}`,
    why: plain,
  };
}

/** The places of the outermost pixels in a plane. */
function edgeOf({ height, width }: Samples["shape"]): readonly number[] {
  return Array.from({ length: height * width }, (_, i) => i).filter((i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  });
}

/** The colour of a plain ground; undefined where there is none. */
function groundOf(picture: Uint8Array, ring: readonly number[], channels: number): number[] | undefined {
  const area = picture.length / channels;
  const ground = Array.from({ length: channels }, (_, c) => middleOf(ring.map((i) => picture[c * area + i])));
  const near = ring.filter((i) => ground.every((byte, c) => Math.abs(picture[c * area + i] - byte) <= NEAR)).length;
  return near >= ring.length / 2 ? ground : undefined;
}

const middleOf = (values: readonly number[]): number => Float64Array.from(values).sort()[values.length >> 1];
