/** Why a network says what it says, as a part of the page. */

import type { Engine } from "../../engine/engine.js";
import type { Tensor } from "../../graph/types.js";
import { METHOD_NAMES, type MethodName } from "../../inspection/attribution/methods.js";
import { type Answer, answerOf, weighing, whyOf } from "../../inspection/attribution/why.js";
import { explain, mapsOf } from "../../inspection/faithfulness/explain.js";
import { cascadingRandomization } from "../../inspection/faithfulness/randomization.js";
import type { Aim } from "../../inspection/gradient.js";
import { activations, type Opened } from "../../inspection/opened.js";
import { type ExplainedPicture, explanationSection } from "../../report/inspection/explanation-section.js";
import type { Section } from "../../report/page/section.js";
import { isStop } from "../events/event-stream.js";
import type { Inspection, LookedAt } from "./inspection.js";

/** So many pictures are explained: each takes some thousand runs of the network. */
const MOST = 4;
/** Of pictures with at most so many pixels, methods that run the network often are tried with random weights, too. */
const SMALL = 64 * 64;
const OFTEN: ReadonlySet<MethodName> = new Set(["scoreCam", "occlusion", "rise"]);

/**
 * The section on why. Where it is stopped, it has the pictures that are done.
 *
 * @returns nothing where there are no pictures, or the network gives no class
 * @throws Error the signal's reason, where no picture is done
 */
export async function explanationPart(
  { engine, opened, pictures, whyNot }: Inspection,
  signal: AbortSignal,
): Promise<Section | undefined> {
  if (!opened?.names.includes("probabilities")) return undefined;
  const done: ExplainedPicture[] = [];
  for (const picture of pictures.slice(0, MOST)) {
    try {
      done.push(await explainedPicture(engine, opened, picture, done.length === 0, signal, whyNot));
    } catch (error) {
      if (!isStop(error, signal) || done.length === 0) throw error;
      break;
    }
  }
  return done.length > 0 ? explanationSection(done, pictures.length - done.length) : undefined;
}

async function explainedPicture(
  engine: Engine,
  opened: Opened,
  { name, image, input }: LookedAt,
  isFirst: boolean,
  signal: AbortSignal,
  whyNot: number | undefined,
): Promise<ExplainedPicture> {
  const [answer, next] = await answersOf(opened, input, whyNot);
  const { explanations, refused } = await explain(opened, input, answer.of, { signal });
  const random = isFirst ? await randomly(engine, opened, input, answer.of, signal) : undefined;
  // the class activation map has a sign
  const other = next && (await whyOf(opened, input, answer, next, { method: "classActivationMap", signal }));
  return {
    ...{ name, image, said: answer.name, explanations, refused },
    ...(other && "map" in other.said.found ? { other } : {}),
    ...(random ? { random } : {}),
  };
}

/** The likeliest class, and the one that is asked about, else the next; where scores have places, those that most places have; of one score, yes or no. */
async function answersOf(
  opened: Opened,
  input: Tensor<"float32">,
  asked: number | undefined,
): Promise<readonly [Answer, Answer?]> {
  const { classes } = opened.model;
  const { probabilities, scores } = await activations(opened, input, ["probabilities", "scores"]);
  const [, channels] = scores.shape;
  if (channels === 1) {
    const isYes = scores.data.reduce((sum, score) => sum + score, 0) > 0;
    const name = isYes ? classes[0] : `not ${classes[0]}`;
    return [{ name, of: isYes ? 0 : weighing([-1]) }];
  }
  const area = probabilities.data.length / channels;
  const sums = Array.from({ length: channels }, (_, k) =>
    probabilities.data.subarray(k * area, (k + 1) * area).reduce((sum, share) => sum + share, 0),
  );
  const [first, second] = [...sums.keys()].sort((a, b) => sums[b] - sums[a]);
  return [answerOf(opened, first), answerOf(opened, asked === undefined || asked === first ? second : asked)];
}

/** How alike each map is to that of the network whose weights are all random. */
async function randomly(
  engine: Engine,
  { model }: Opened,
  input: Tensor<"float32">,
  of: Aim,
  signal: AbortSignal,
): Promise<ExplainedPicture["random"]> {
  const isSmall = input.shape[2] * input.shape[3] <= SMALL;
  const methods = METHOD_NAMES.filter((method) => isSmall || !OFTEN.has(method));
  const maps = (own: Opened, image: Tensor<"float32">) => mapsOf(own, image, of, { methods, signal });
  const steps = await cascadingRandomization(engine, model, input, maps, { steps: 2, signal });
  return steps.at(-1)?.correlations;
}
