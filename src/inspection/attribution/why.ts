/** Why a network says one class of a picture, and why not another. */

import { DifferentiationError } from "../../autodiff/rule.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { givesBothSides } from "../../network/model/both-sides.js";
import { resultOf } from "../../network/model/model.js";
import { outputOf } from "../../network/network.js";
import type { Aim } from "../gradient.js";
import type { Opened } from "../opened.js";
import type { Watch } from "../watch.js";
import { evidenceLayer } from "./class-activation.js";
import { METHODS, type MethodName } from "./methods.js";

/** Something that a network may say, and what is explained of it. */
export interface Answer {
  readonly name: string;
  readonly of: Aim;
}

/** Where the evidence lies: 1×1×h×w. */
export interface Evidence {
  readonly method: MethodName;
  readonly map: Tensor<"float32">;
}

/** A method that has nothing to say, and why. */
export interface NoExplanation {
  readonly method: MethodName;
  readonly reason: string;
}

/** The evidence for an answer, or why there is none. */
export interface AnswerEvidence {
  readonly name: string;
  readonly found: Evidence | NoExplanation;
}

/** Why a network says something of a picture. */
export interface Why {
  readonly said: AnswerEvidence;
  readonly other?: AnswerEvidence;
  /** for what is said against the other: of the difference of their scores, where one excludes the other */
  readonly against?: Evidence | NoExplanation;
  /** why it is by another method than Grad-CAM, where none was asked for */
  readonly note?: string;
}

/** How {@link whyOf} explains. */
export interface WhyOptions extends Watch {
  /** Grad-CAM where the network has a layer with places, unless given */
  readonly method?: MethodName | undefined;
}

/**
 * A class as an answer: its score. Of one score that is asked for both answers, it is this score for yes, and its negative for no.
 *
 * @param k the number of the class
 * @example
 * answerOf(opened, 2); // { name: "c", of: 2 }
 */
export function answerOf({ model: { network, classes } }: Opened, k: number): Answer {
  return { name: classes[k], of: givesBothSides(network) ? weighing([1 - 2 * k, 2 * k - 1]) : k };
}

/** A sum of scores, each times its weight. */
export const weighing = (weights: ArrayLike<number>): Aim => ({
  layer: "scores",
  weights: float32(weights, [1, weights.length, 1, 1]),
});

/** One score against another; undefined where one does not exclude the other, or both are the two sides of one score. */
export function differenceOf({ model: { network } }: Opened, said: Answer, other: Answer): Aim | undefined {
  if (typeof said.of !== "number" || typeof other.of !== "number") return undefined;
  if (resultOf(network).squash !== "Softmax") return undefined;
  const weights = new Float32Array(outputOf(network).channels);
  weights[said.of] = 1;
  weights[other.of] = -1;
  return weighing(weights);
}

/**
 * The evidence for what a network says of a picture, for what else it could have said, and for the one against the other, by one method: Grad-CAM, unless the network has no layer
 * with places; then gradient saliency. Where the network has no derivative, it is occlusion.
 *
 * @param image 1×C×H×W, from 0 to 255
 * @throws Error the signal's reason
 * @example
 * const image = float32(Array.from({ length: 1024 }, (_, i) => i % 256), [1, 1, 32, 32]);
 * const { other } = await whyOf(opened, image, answerOf(opened, 0), answerOf(opened, 1));
 * other?.name; // "b"
 */
export async function whyOf(
  opened: Opened,
  image: Tensor<"float32">,
  said: Answer,
  other?: Answer,
  { method, ...watch }: WhyOptions = {},
): Promise<Why> {
  const against = other && differenceOf(opened, said, other);
  const by = async (used: MethodName): Promise<Why> => {
    const found = async (of: Aim): Promise<AnswerEvidence["found"]> => {
      watch.signal?.throwIfAborted();
      try {
        return { method: used, map: await METHODS[used].explain(opened, image, of, watch) };
      } catch (error) {
        const isReason = error instanceof RangeError || (method && error instanceof DifferentiationError);
        if (error instanceof Error && isReason) return { method: used, reason: error.message };
        throw error;
      }
    };
    return {
      said: { name: said.name, found: await found(said.of) },
      ...(other ? { other: { name: other.name, found: await found(other.of) } } : {}),
      ...(against ? { against: await found(against) } : {}),
    };
  };
  if (method) return by(method);
  const layerless = reasonOf(() => evidenceLayer(opened));
  try {
    return layerless === undefined
      ? await by("gradCam")
      : { ...(await by("saliency")), note: `${layerless} It is explained by gradient saliency.` };
  } catch (error) {
    if (!(error instanceof DifferentiationError)) throw error;
    return { ...(await by("occlusion")), note: `${error.message} It is explained by occlusion, which needs none.` };
  }
}

function reasonOf(look: () => unknown): string | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/**
 * The mean of the evidence in several pictures, each divided by its strength, so that each picture counts as much; one without any evidence counts as 0.
 *
 * @param maps 1×1×h×w, all of one size
 * @param strengths of the pictures; the largest number of each map, whatever its sign, unless given
 * @returns undefined where there are none
 * @throws RangeError for maps of several sizes
 * @example
 * meanEvidence([float32([0, 4], [1, 1, 1, 2]), float32([1, 1], [1, 1, 1, 2])])?.data; // [0.5, 1]
 */
export function meanEvidence(
  maps: readonly Tensor<"float32">[],
  strengths: readonly number[] = maps.map(strengthOf),
): Tensor<"float32"> | undefined {
  const [first] = maps;
  if (!first) return undefined;
  const mean = new Float64Array(first.data.length);
  for (const [n, { data }] of maps.entries()) {
    if (data.length !== mean.length) throw new RangeError("Maps of one size have a mean; got several sizes.");
    if (strengths[n] === 0) continue;
    data.forEach((value, i) => {
      mean[i] += value / strengths[n] / maps.length;
    });
  }
  return float32(mean, first.shape);
}

/** The largest number of a map, whatever its sign. */
export const strengthOf = ({ data }: Tensor<"float32">): number =>
  data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
