/** The thread of a fold: see crossvalidate-file.ts. */

import { parentPort, workerData } from "node:worker_threads";
import type { TrainingEvent } from "../../training/events.js";
import { errorText } from "../../values/error-text.js";
import { type FoldJob, type FoldStart, trainFold } from "./fold-file.js";

/** What a fold's thread tells. */
export type FoldMessage =
  | { readonly type: "started"; readonly start: FoldStart }
  | { readonly type: "event"; readonly event: ToldEvent }
  | { readonly type: "done" }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly message: string };

/** An event without the state, which is large and in the checkpoint. */
export type ToldEvent = TrainingEvent extends infer E ? (E extends { state: unknown } ? Omit<E, "state"> : E) : never;

const controller = new AbortController();
parentPort?.on("message", () => controller.abort());
const send = (message: FoldMessage): void => parentPort?.postMessage(message);
const job: FoldJob = workerData;
try {
  const started = (start: FoldStart): void => send({ type: "started", start });
  const table = await trainFold(job, controller.signal, started, (event) => {
    if ("state" in event) {
      const { state: _, ...rest } = event;
      send({ type: "event", event: rest });
    } else send({ type: "event", event });
  });
  send({ type: table ? "done" : "stopped" });
} catch (error) {
  send({ type: "failed", message: errorText(error) });
}
parentPort?.close();
