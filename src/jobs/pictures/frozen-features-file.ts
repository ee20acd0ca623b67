/** The first part of a training whose front layers are frozen: what these make of the pictures is computed once, and only the rest is trained. */

import type { TellPass } from "../../data/pictures/passes.js";
import { cacheFolder } from "../../data/pictures/store-file.js";
import type { SampleArray, Samples } from "../../data/samples.js";
import type { Engine } from "../../engine/engine.js";
import { constantFront, cutNetwork } from "../../network/edit/head.js";
import { type Network, parametersOf } from "../../network/network.js";
import type { ModelFrame } from "../../training/checkpoint.js";
import type { Normalization } from "../../values/normalization.js";
import { computeFeatures, tooLarge } from "../features/features-file.js";
import type { Phase } from "../run/phases.js";
import type { ModelPart } from "../run/run-file.js";
import type { Chooser } from "./choices.js";
import type { StartModel } from "./start-model-file.js";

/** What the frozen front may be computed of only once. */
export interface FrozenFront {
  /** what is trained first, with its frozen layers */
  readonly network: Network;
  readonly start: StartModel;
  readonly training: Samples;
  readonly validation: Samples;
  readonly normalization: Normalization;
  /** whether the pictures are other ones in each epoch, and by what option */
  readonly changedBy: "jitter" | "mixing" | undefined;
}

/** The rest of a network, and what it is trained on. */
export interface FrozenFeatures {
  /** the layers behind the front, with its values as further inputs */
  readonly rest: Network;
  /** these values, of the training and the validation pictures */
  readonly training: Readonly<Record<string, SampleArray>>;
  readonly validation: Readonly<Record<string, SampleArray>>;
}

/** How they are computed. */
export interface FrozenOptions {
  readonly engine: Engine;
  /** the folder that keeps them; that of the user's caches */
  readonly cache: string | undefined;
  readonly onProgress?: TellPass | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Computes what the frozen front makes of the pictures, or finds it in the cache; and says so, or why not.
 *
 * @returns undefined where it has to be computed in each step
 */
export async function frozenFeatures(
  { network, start, training, validation, normalization, changedBy }: FrozenFront,
  { cache, ...options }: FrozenOptions,
  { choose }: Chooser,
): Promise<FrozenFeatures | undefined> {
  const layers = constantFront(network);
  if (!network.layers.some(({ name, parameters }) => layers.has(name) && parameters.length > 0)) return undefined;
  const inEachStep = (why: string): undefined => {
    choose("features", undefined, { value: "computed in each step", why });
  };
  if (changedBy) {
    const without =
      changedBy === "jitter" ? "--jitter none has them computed once" : "without it they are computed once";
    return inEachStep(`${changedBy} makes other pictures in each epoch; ${without}`);
  }
  const { rest, values } = cutNetwork(network, layers);
  const front = { network, layers, values, normalization, ...{ parameters: start.parameters, digest: start.digest } };
  const large = tooLarge(front, training.count + validation.count);
  if (large !== undefined) return inEachStep(`${large}, more than fit into memory; freeze more layers for fewer`);
  const folder = cache ?? cacheFolder();
  const { arrays, path, trouble } = await computeFeatures(front, [training, validation], { ...options, folder });
  choose("features", undefined, {
    value: "computed once",
    why: `frozen layers make the same of a picture in each epoch; ${trouble === undefined ? `kept in ${path}` : `they cannot be kept in ${folder}: ${trouble}`}`,
  });
  return { rest, training: arrays[0], validation: arrays[1] };
}

/**
 * The phases of a training of which the first one is that of the rest of the network alone.
 *
 * @param phases those of the whole network
 * @param shown what the first phase is shown, of training pictures that have features
 * @param frame that of the whole model
 * @returns the phases, and the part of the model that is trained first
 */
export function withFeatures(
  [first, ...others]: readonly [Phase, ...Phase[]],
  { rest, training, validation }: FrozenFeatures,
  shown: (features: Pick<Samples, "arrays">) => Samples,
  frame: ModelFrame,
  { parameters }: StartModel,
): readonly [readonly [Phase, ...Phase[]], ModelPart] {
  const own = new Set(parametersOf(rest).map(({ name }) => name));
  const { start: _, validation: measured, ...settings } = first.settings;
  const begun = new Map([...parameters].filter(([name]) => own.has(name)));
  const phase: Phase = {
    ...first,
    network: rest,
    settings: {
      ...settings,
      training: shown({ arrays: training }),
      ...(measured ? { validation: { ...measured, arrays: validation } } : {}),
      ...(begun.size > 0 ? { start: begun } : {}),
    },
  };
  const kept = new Map([...parameters].filter(([name]) => !own.has(name)));
  return [[phase, ...others], { frame: { ...frame, network: rest }, rest: kept }];
}
