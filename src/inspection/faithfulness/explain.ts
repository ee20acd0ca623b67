/** All methods on one picture, with figures of how far each is to be trusted. */

import { DifferentiationError } from "../../autodiff/rule.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { list, word } from "../../values/kind.js";
import { meanPicture } from "../attribution/maps.js";
import { METHOD_NAMES, METHODS, type MethodName } from "../attribution/methods.js";
import type { NoExplanation } from "../attribution/why.js";
import { joined } from "../batches.js";
import { type Aim, valueAimedAt } from "../gradient.js";
import type { Opened } from "../opened.js";
import type { Watch } from "../watch.js";
import { deletion, insertion, type RemovalCurve, type Road, road } from "./removal.js";

/** Of which {@link road} fills in: few, and fewer of a large picture, which takes seconds. */
const [SHARES, FEW] = [
  [0.2, 0.5, 0.8],
  [0.2, 0.5],
];
const LARGE = 128 * 128;

/** What a method says of a picture, and how faithful it is. */
export interface Explanation {
  readonly method: MethodName;
  /** 1×1×h×w */
  readonly map: Tensor<"float32">;
  readonly deletion: RemovalCurve;
  readonly insertion: RemovalCurve;
  readonly road: Road;
  /** of integrated gradients: the sum of the map, and how far what is explained changes from the mean picture to this one; the same where the map is complete */
  readonly completeness?: { readonly sum: number; readonly change: number };
}

/** What {@link explain} is asked for. */
export interface ExplainOptions extends Watch {
  /** all unless given */
  readonly methods?: readonly MethodName[];
}

/**
 * Why a network says something of a picture, by several methods, each with the areas of {@link deletion} and {@link insertion} and the score of {@link road}.
 *
 * @param image 1×C×H×W, from 0 to 255
 * @param of what is explained, such as the number of a class
 * @returns in the order of the methods; those that cannot explain it say why
 * @throws RangeError for a method that there is not; the signal's reason
 * @example
 * const image = float32(Array.from({ length: 1024 }, (_, i) => i % 256), [1, 1, 32, 32]);
 * const { explanations } = await explain(opened, image, 2, { methods: ["saliency", "gradCam"] });
 * explanations.map(({ method }) => method); // ["saliency", "gradCam"]
 */
export async function explain(
  opened: Opened,
  image: Tensor<"float32">,
  of: Aim,
  { methods = METHOD_NAMES, signal, onProgress }: ExplainOptions = {},
): Promise<{ readonly explanations: readonly Explanation[]; readonly refused: readonly NoExplanation[] }> {
  list(word(METHOD_NAMES)).take(methods, { path: "methods" });
  const explanations: Explanation[] = [];
  const refused: NoExplanation[] = [];
  const watch = { signal };
  const shares = image.shape[2] * image.shape[3] > LARGE ? FEW : SHARES;
  for (const [done, method] of methods.entries()) {
    signal?.throwIfAborted();
    const made = await explained(() => METHODS[method].explain(opened, image, of, watch));
    if (typeof made === "string") refused.push({ method, reason: made });
    else {
      explanations.push({
        ...{ method, map: made },
        deletion: await deletion(opened, image, of, made, watch),
        insertion: await insertion(opened, image, of, made, watch),
        road: await road(opened, image, of, made, { ...watch, shares }),
        ...(method === "integratedGradients" ? { completeness: await completenessOf(opened, image, of, made) } : {}),
      });
    }
    onProgress?.(done + 1, methods.length);
  }
  return { explanations, refused };
}

async function completenessOf(
  opened: Opened,
  image: Tensor<"float32">,
  of: Aim,
  { data }: Tensor<"float32">,
): Promise<NonNullable<Explanation["completeness"]>> {
  const both = joined([image, float32(meanPicture(opened), image.shape)]);
  const [said, nothing] = await valueAimedAt(opened, both, of);
  return { sum: data.reduce((sum, value) => sum + value, 0), change: said - nothing };
}

/** The maps of all methods that explain it, by name: what `cascadingRandomization` compares. */
export async function mapsOf(
  opened: Opened,
  image: Tensor<"float32">,
  of: Aim,
  { methods = METHOD_NAMES, signal }: ExplainOptions = {},
): Promise<Partial<Record<MethodName, Tensor<"float32">>>> {
  const maps: Partial<Record<MethodName, Tensor<"float32">>> = {};
  for (const method of methods) {
    signal?.throwIfAborted();
    const made = await explained(() => METHODS[method].explain(opened, image, of, { signal }));
    if (typeof made !== "string") maps[method] = made;
  }
  return maps;
}

/** A map, or why there is none. */
async function explained(make: () => Promise<Tensor<"float32">>): Promise<Tensor<"float32"> | string> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof RangeError || error instanceof DifferentiationError) return error.message;
    throw error;
  }
}
