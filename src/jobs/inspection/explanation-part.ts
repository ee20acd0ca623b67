/** Why a network says what it says, as a part of the page. */

import type { Engine } from "../../engine/engine.js";
import type { Tensor } from "../../graph/types.js";
import { answersTo, resultKind } from "../../inspection/answers.js";
import { METHOD_NAMES, METHODS, type MethodName, runsFor } from "../../inspection/attribution/methods.js";
import { type Answer, type NoExplanation, whyOf } from "../../inspection/attribution/why.js";
import { type Explanation, explain, mapsOf } from "../../inspection/faithfulness/explain.js";
import { fullRandomization } from "../../inspection/faithfulness/randomization.js";
import type { Aim } from "../../inspection/gradient.js";
import type { Opened } from "../../inspection/opened.js";
import {
  type ExplainedPicture,
  explanationSection,
  withoutAnswer,
} from "../../report/inspection/explanation-section.js";
import type { Section } from "../../report/page/section.js";
import { plural } from "../../report/page/text/words.js";
import { isStop } from "../events/event-stream.js";
import type { Inspection, LookedAt, PartWatch } from "./inspection.js";

/** So many pictures are explained: each takes some thousand runs of the network. */
const MOST = 4;
/** Of pictures with at most so many pixels, methods that run the network often are tried with random weights, too. */
const SMALL = 64 * 64;
const OFTEN: ReadonlySet<MethodName> = new Set(["scoreCam", "occlusion", "rise"]);

/**
 * The section on why. Where it is stopped, it has the pictures and the methods that are done.
 *
 * @returns nothing where there are no pictures; a reason where the network says nothing that can be asked about
 * @throws Error the signal's reason, where nothing is done
 */
export async function explanationPart(
  inspection: Inspection,
  { signal, tell, without }: PartWatch,
): Promise<Section | undefined> {
  const { engine, opened, pictures } = inspection;
  if (!opened || pictures.length === 0) return undefined;
  const kind = resultKind(opened.model);
  if (kind === "picture" || kind === "numbers") return withoutAnswer(kind);
  const done: ExplainedPicture[] = [];
  const questions = await questionsOf(inspection, opened);
  for (const [i, question] of questions.entries()) {
    const told = (count: number): void =>
      tell("maps", i * METHOD_NAMES.length + count, questions.length * METHOD_NAMES.length);
    const { explained, unmade } = await explainedPicture(engine, opened, question, i === 0, { signal, told });
    if (explained.explanations.length > 0 || !signal.aborted) done.push(explained);
    if (!signal.aborted) continue;
    if (done.length === 0) signal.throwIfAborted();
    if (unmade.length > 0) without(`of ${question.picture.name} ${unmade.join(", ")}`);
    if (i + 1 < questions.length) without(`why it says what it says of ${plural(questions.length - i - 1, "more")}`);
    break;
  }
  const left = pictures.length - new Set(done.map(({ name }) => name)).size;
  return done.length > 0 ? explanationSection(done, { left, kind, runs: runsFor(opened) }) : withoutAnswer(kind);
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
  { signal, told }: { readonly signal: AbortSignal; readonly told: (methods: number) => void },
): Promise<{ readonly explained: ExplainedPicture; readonly unmade: readonly string[] }> {
  const explanations: Explanation[] = [];
  const refused: NoExplanation[] = [];
  const unmade: string[] = [];
  const tried = async <T>(what: string, make: () => Promise<T>): Promise<T | undefined> => {
    try {
      signal.throwIfAborted();
      return await make();
    } catch (error) {
      if (!isStop(error, signal)) throw error;
      unmade.push(what);
      return undefined;
    }
  };
  for (const [i, method] of METHOD_NAMES.entries()) {
    const own = await tried(METHODS[method].title, () =>
      explain(opened, input, said.of, { signal, methods: [method] }),
    );
    explanations.push(...(own?.explanations ?? []));
    refused.push(...(own?.refused ?? []));
    told(i + 1);
  }
  const random = isFirst
    ? await tried("maps of random weights", () => randomly(engine, opened, input, said.of, explanations, signal))
    : undefined;
  // the class activation map has a sign
  const other =
    next &&
    (await tried(`why not ${next.name}`, () =>
      whyOf(opened, input, said, next, { method: "classActivationMap", signal }),
    ));
  const explained = {
    ...{ name, image, said: said.name, explanations, refused },
    ...(other && "map" in other.said.found ? { other } : {}),
    ...(random ? { random } : {}),
  };
  return { explained, unmade };
}

/** How alike each map is to that of the network whose weights are all random. */
async function randomly(
  engine: Engine,
  { model, mapLayer }: Opened,
  input: Tensor<"float32">,
  of: Aim,
  whole: readonly Explanation[],
  signal: AbortSignal,
): Promise<ExplainedPicture["random"]> {
  const isSmall = input.shape[2] * input.shape[3] <= SMALL;
  const own = whole.filter(({ method }) => isSmall || !OFTEN.has(method));
  const methods = own.map(({ method }) => method);
  const maps = (random: Opened, image: Tensor<"float32">) =>
    mapsOf({ ...random, mapLayer }, image, of, { methods, signal });
  const known = Object.fromEntries(own.map(({ method, map }) => [method, map]));
  return fullRandomization(engine, model, input, known, maps);
}
