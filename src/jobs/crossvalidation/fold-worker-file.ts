/** The thread of a fold: see fold-threads-file.ts. */

import { parentPort, workerData } from "node:worker_threads";
import { diskText } from "../../files/disk-error.js";
import { type FoldEvent, type FoldJob, trainFold } from "./fold-file.js";

/** What a fold's thread sends. */
export type FoldMessage =
  | { readonly type: "event"; readonly event: FoldEvent }
  | { readonly type: "done" }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly message: string };

const controller = new AbortController();
parentPort?.on("message", () => controller.abort());
const send = (message: FoldMessage): void => parentPort?.postMessage(message);
const job: FoldJob = workerData;
try {
  const table = await trainFold(job, controller.signal, (event) => send({ type: "event", event }));
  send({ type: table ? "done" : "stopped" });
} catch (error) {
  send({ type: "failed", message: diskText(error) });
}
parentPort?.close();
