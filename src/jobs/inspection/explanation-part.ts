/** Why a network says what it says, as a part of the page. */

import type { Engine } from "../../engine/engine.js";
import type { Tensor } from "../../graph/types.js";
import { answersTo, resultKind } from "../../inspection/answers.js";
import { METHOD_NAMES, type MethodName } from "../../inspection/attribution/methods.js";
import { type Answer, whyOf } from "../../inspection/attribution/why.js";
import { explain, mapsOf } from "../../inspection/faithfulness/explain.js";
import { cascadingRandomization } from "../../inspection/faithfulness/randomization.js";
import type { Aim } from "../../inspection/gradient.js";
import type { Opened } from "../../inspection/opened.js";
import {
  type ExplainedPicture,
  explanationSection,
  withoutAnswer,
} from "../../report/inspection/explanation-section.js";
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
 * @returns nothing where there are no pictures; a reason where the network says nothing that can be asked about
 * @throws Error the signal's reason, where no picture is done
 */
export async function explanationPart(inspection: Inspection, signal: AbortSignal): Promise<Section | undefined> {
  const { engine, opened, pictures } = inspection;
  if (!opened || pictures.length === 0) return undefined;
  const kind = resultKind(opened.model);
  if (kind === "picture" || kind === "numbers") return withoutAnswer(kind);
  const done: ExplainedPicture[] = [];
  for (const question of await questionsOf(inspection, opened)) {
    try {
      done.push(await explainedPicture(engine, opened, question, done.length === 0, signal));
    } catch (error) {
      if (!isStop(error, signal) || done.length === 0) throw error;
      break;
    }
  }
  const left = pictures.length - new Set(done.map(({ name }) => name)).size;
  return done.length > 0 ? explanationSection(done, { left, kind }) : withoutAnswer(kind);
}

/** Why of what. */
interface Question {
  readonly picture: LookedAt;
  readonly said: Answer;
  /** a class that it could have been instead */
  readonly next: Answer | undefined;
}

/** One for each picture; of attributes, values and maps all that can be asked of the first picture, and one of each other while there is room. */
async function questionsOf({ pictures, whyNot }: Inspection, opened: Opened): Promise<Question[]> {
  const isOne = resultKind(opened.model) === "classes";
  const questions: Question[] = [];
  for (const [i, picture] of pictures.slice(0, MOST).entries()) {
    const answers = await answersTo(opened, picture.input, whyNot);
    const own = i > 0 || isOne ? answers.slice(0, 1) : answers;
    questions.push(...own.map((one) => ({ picture, said: one, next: isOne ? answers[1] : undefined })));
  }
  return questions.slice(0, MOST);
}

async function explainedPicture(
  engine: Engine,
  opened: Opened,
  { picture: { name, image, input }, said, next }: Question,
  isFirst: boolean,
  signal: AbortSignal,
): Promise<ExplainedPicture> {
  const { explanations, refused } = await explain(opened, input, said.of, { signal });
  const random = isFirst ? await randomly(engine, opened, input, said.of, signal) : undefined;
  // the class activation map has a sign
  const other = next && (await whyOf(opened, input, said, next, { method: "classActivationMap", signal }));
  return {
    ...{ name, image, said: said.name, explanations, refused },
    ...(other && "map" in other.said.found ? { other } : {}),
    ...(random ? { random } : {}),
  };
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
