/** Which layers of a model that training begins with learn, when, and how fast. */

import { freezeLayers } from "../../network/edit/edit.js";
import { scaleRates } from "../../network/edit/head.js";
import type { Network, PlacedLayer } from "../../network/network.js";
import { defined } from "../../values/defined.js";
import { nearestName } from "../../values/nearest.js";
import type { RecordOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { FREEZES, type START } from "../settings/start-settings.js";
import type { Chooser } from "./choices.js";

/** What is trained from some epoch on. */
export interface FrozenPart {
  readonly network: Network;
  /** the epoch after which the next part begins; the last one */
  readonly until?: number;
}

/** What is trained, one after the other, and what was asked for or chosen of it. */
export interface Freezing {
  readonly parts: readonly [FrozenPart, ...FrozenPart[]];
  readonly chosen: Pick<RecordOf<typeof START>, "freeze" | "rates">;
}

/** The factor of the learning rate of layers that have learned something already. */
const BODY_RATE = 0.1;

/**
 * The networks that are trained one after the other: with frozen layers, and then, where that is asked for, without. What is chosen is told, and what
 * becomes of the moments of batch normalisations.
 *
 * @param network with its new head
 * @param head the name of the layer that is learned anew
 * @throws UsageError when there is no such layer to freeze, or nothing would ever be frozen
 */
export function planFreezing(
  network: Network,
  head: string,
  { freeze, unfreezeAfter, rates }: RecordOf<typeof START>,
  { choose }: Chooser,
): Freezing {
  const body = bodyOf(network, head);
  const asked = choose("freeze", freeze, {
    value: "all-but-head",
    why: `the ${body.length} layers before '${head}' stay as the model has them: few pictures are enough for a new last layer`,
  });
  const frozen = frozenAmong(network, body, head, asked);
  const learnsLater = unfreezeAfter !== undefined;
  if (learnsLater && frozen.size === 0) {
    throw new UsageError("--unfreeze-after: nothing is frozen with --freeze none. Leave one of them out.");
  }
  const own = new Set(body.map(({ name }) => name));
  const mayLearn = body.filter(({ name, parameters }) => parameters.length > 0 && (learnsLater || !frozen.has(name)));
  const shut = mayLearn.filter(({ layer }) => layer.frozen === true);
  if (shut.length > 0) {
    choose("frozen", undefined, {
      value: shut.map(({ name }) => name).join(", "),
      text: shut.length === 1 ? `'${shut[0].name}', always` : `${shut.length} layers, always: '${shut[0].name}' …`,
      why: "frozen in the model itself, which cannot train them",
    });
  }
  const learnsBody = mayLearn.length > shut.length;
  if (!learnsBody && rates !== undefined) {
    throw new UsageError(
      "--rates: only the new last layer learns. Give --unfreeze-after or another --freeze, or leave it out.",
    );
  }
  const factor = learnsBody
    ? choose("rates", rates, {
        value: BODY_RATE,
        text: `× ${BODY_RATE} for all but '${head}'`,
        why: "they have learned already what pictures are made of",
      })
    : 1;
  const whole = factor === 1 ? network : scaleRates(network, ({ name }) => own.has(name), factor);
  tellMoments(whole, frozen, unfreezeAfter, choose);
  const chosen = { freeze: asked, ...(learnsBody ? { rates: factor } : {}) };
  if (frozen.size === 0) return { parts: [{ network: whole }], chosen };
  const first = { network: freezeLayers(whole, [...frozen]), ...defined({ until: unfreezeAfter }) };
  return { parts: learnsLater ? [first, { network: whole }] : [first], chosen };
}

/** The layers that the head depends on. */
function bodyOf({ layers }: Network, head: string): PlacedLayer[] {
  const needed = new Set<string>();
  return [...layers]
    .reverse()
    .filter(({ name, inputs, output }) => {
      if (name !== head && !needed.has(output.name)) return false;
      for (const read of inputs) needed.add(read.name);
      return name !== head;
    })
    .reverse();
}

/** The names of the layers that are frozen. Dropout right before the head is part of how that learns. */
function frozenAmong(
  network: Network,
  body: readonly PlacedLayer[],
  head: string,
  asked: string | number,
): ReadonlySet<string> {
  if (asked === "none") return new Set();
  const last = body.findLastIndex(({ layer }) => layer.type !== "dropout");
  if (asked === "all-but-head") return new Set(body.slice(0, last + 1).map(({ name }) => name));
  if (typeof asked === "number") {
    if (asked <= body.length) return new Set(body.slice(0, asked).map(({ name }) => name));
    throw new UsageError(
      `--freeze ${asked}: network '${network.name}' has ${body.length} layers before '${head}', which is learned anew.`,
    );
  }
  const place = body.findIndex(({ name }) => name === asked);
  if (place >= 0) return new Set(body.slice(0, place + 1).map(({ name }) => name));
  if (asked === head) {
    throw new UsageError(
      `--freeze ${head}: that is the layer that is learned anew; --freeze all-but-head freezes all before it.`,
    );
  }
  const names = body.map(({ name }) => name);
  const near =
    nearestName(asked, [...FREEZES, ...names]) ??
    names.findLast((name) => name.toLowerCase().includes(asked.toLowerCase()));
  throw new UsageError(
    `--freeze: expected ${FREEZES.join(", ")}, a number of layers, or the name of a layer (bellpepper display lists them), got '${asked}'${near === undefined ? "." : `; did you mean '${near}'?`}`,
  );
}

/** Says what becomes of the moments of batch normalisations: no choice, but often asked. */
function tellMoments(
  network: Network,
  frozen: ReadonlySet<string>,
  unfreezeAfter: number | undefined,
  choose: Chooser["choose"],
): void {
  const norms = network.layers.filter(({ parameters }) => parameters.some(({ update }) => update === "average"));
  if (norms.length === 0) return;
  const kept = norms.filter(({ name, layer }) => frozen.has(name) || layer.frozen === true).length;
  const adapted = norms.length - kept;
  const text =
    kept === 0
      ? "adapted"
      : unfreezeAfter !== undefined
        ? `kept, adapted after epoch ${unfreezeAfter}`
        : adapted === 0
          ? "kept"
          : `kept in ${kept}, adapted in ${adapted}`;
  choose("moments", undefined, {
    value: text,
    why: `of ${norms.length} batch normalisations; frozen ones use those of the model, the others those of the batch`,
  });
}
