/** What a page and the worker that trains for it say to each other. */

import type { Jitter } from "../../data/change/jitter-description.js";
import type { PlainSamples } from "../../data/plain-samples.js";
import type { WebEngineOptions } from "../../engine/web.js";
import type { NetworkDescription } from "../../network/description.js";
import type { OwnDigests } from "../../network/model/own-digests.js";
import type { Normalization } from "../../values/normalization.js";
import type { TrainingEvent, TrainingState } from "../events.js";
import type { TrainingOptions, TrainingSettings } from "../options.js";
import type { Parameters } from "../step/initialize.js";
import type { Arrival } from "./parcel.js";

/** Where and how often states are kept. */
export interface KeptAs {
  readonly name: string;
  readonly everySeconds: number;
}

/** All that a training is made from, as plain data. */
export interface Task {
  readonly network: NetworkDescription;
  /** what its layers of one's own compute where the page is */
  readonly own: OwnDigests;
  readonly settings: TrainingSettings;
  readonly training: PlainSamples;
  readonly validation: PlainSamples | undefined;
  readonly normalization: Normalization;
  readonly jitter: Jitter | undefined;
  readonly start: Parameters | undefined;
  readonly resume: TrainingState | undefined;
  readonly engine: WebEngineOptions;
  readonly checkpoints: KeptAs | undefined;
}

/** What the page may change while training runs. */
export interface Wishes {
  readonly learningRate: TrainingOptions["learningRate"];
  readonly paused: boolean;
  readonly stopped: boolean;
}

/** From the page to the worker. */
export type ToWorker =
  | Arrival
  /** all large arrays are there */
  | { readonly type: "start"; readonly task: Task }
  | { readonly type: "wishes"; readonly wishes: Wishes }
  /** an event was taken */
  | { readonly type: "taken" };

/** From the worker to the page. */
export type FromWorker =
  /** it listens */
  | { readonly type: "ready" }
  | { readonly type: "event"; readonly event: TrainingEvent }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly name: string; readonly message: string };

/** So many events the worker may be ahead of the page. */
export const AHEAD = 4;
