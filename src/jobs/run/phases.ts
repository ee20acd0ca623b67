/** A training in parts: first the layers behind some that are frozen, then all of them. */

import type { Engine } from "../../engine/engine.js";
import { type Network, parametersOf } from "../../network/network.js";
import type { TrainingEvent, TrainingState } from "../../training/events.js";
import { ruleOf, settingsOf, type TrainingOptions } from "../../training/options.js";
import type { Parameters } from "../../training/step/initialize.js";
import { initialState } from "../../training/step/update.js";
import { train } from "../../training/train.js";
import { defined } from "../../values/defined.js";

/** A part of a training. */
export interface Phase {
  /** what is trained in it */
  readonly network: Network;
  /** the options of {@link train}; the epochs are those of all phases, as rates may depend on them */
  readonly settings: TrainingOptions;
  /** the epoch after which it ends; the last one */
  readonly until?: number;
}

/**
 * Trains phase after phase. Each goes on with the parameters of the one before, and with what the solver has kept of them; of parameters that it did not
 * have, with those of `rest`.
 *
 * @param resume where an earlier session stopped
 * @param rest parameters that earlier phases leave as they are
 * @param signal ends training after the step under way
 */
export async function* trainPhases(
  engine: Engine,
  phases: readonly Phase[],
  resume: TrainingState | undefined,
  rest: Parameters,
  signal?: { readonly aborted: boolean },
): AsyncGenerator<TrainingEvent> {
  let state = resume;
  for (const { network, settings, until = settings.epochs } of phases) {
    if (state && until < settings.epochs && state.epoch >= until) continue;
    const from = state && stateFor(network, settings, state, rest);
    for await (const event of train(engine, network, { ...settings, ...defined({ resume: from, signal }) })) {
      if ("state" in event) ({ state } = event);
      yield event;
      if (event.type === "stopped" || event.type === "exhausted") return;
      if (event.type === "epoch" && until < settings.epochs && event.epoch >= until) break;
    }
  }
}

/** A state as a network needs it that has more parameters than the one before: what the solver keeps of them begins at zero. */
function stateFor(network: Network, settings: TrainingOptions, state: TrainingState, rest: Parameters): TrainingState {
  const parameters = withRest(network, state.parameters, rest);
  const begun = initialState(network, ruleOf(settingsOf(network, settings)), parameters);
  const { best } = state;
  return {
    ...state,
    parameters,
    state: new Map([...begun].map(([name, value]) => [name, state.state.get(name) ?? value])),
    ...(best ? { best: { ...best, parameters: withRest(network, best.parameters, rest) } } : {}),
  };
}

/** The parameters of a network, in its order: those of a training, and of the others those that it left as they are. */
export function withRest(network: Network, trained: Parameters, rest: Parameters): Parameters {
  return new Map(
    parametersOf(network).flatMap(({ name }) => {
      const value = trained.get(name) ?? rest.get(name);
      return value ? [[name, value] as const] : [];
    }),
  );
}
