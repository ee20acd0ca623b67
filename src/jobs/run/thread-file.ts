/** Work in threads of its own: what is asked of a thread, and what it tells. */

import { parentPort, Worker, workerData } from "node:worker_threads";
import { diskText } from "../../files/disk-error.js";

/** What a thread sends. */
type Message<E> =
  | { readonly type: "event"; readonly event: E }
  | { readonly type: "ended" }
  | { readonly type: "failed"; readonly message: string };

/**
 * Has work done in a thread, until it is done or was stopped.
 *
 * @param module the thread's, which calls {@link serveThread}
 * @param data what it is told, plain data
 * @param tell is told what it tells
 * @throws Error with the message of what failed there
 */
export function inThread<E>(module: URL, data: unknown, signal: AbortSignal, tell: (event: E) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(module, { workerData: data });
    const stop = (): void => thread.postMessage("stop");
    signal.addEventListener("abort", stop, { once: true });
    thread.on("message", (message: Message<E>) => {
      if (message.type === "event") tell(message.event);
      else if (message.type === "failed") reject(new Error(message.message));
      else resolve();
    });
    thread.on("error", reject);
    thread.on("exit", (code) => {
      signal.removeEventListener("abort", stop);
      if (code !== 0) reject(new Error(`its thread ended with code ${code}.`));
    });
  });
}

/** Does a thread's work: what it was told, until its signal is aborted. */
export async function serveThread<D, E>(
  work: (data: D, signal: AbortSignal, tell: (event: E) => void) => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController();
  parentPort?.on("message", () => controller.abort());
  const send = (message: Message<E>): void => parentPort?.postMessage(message);
  try {
    await work(workerData, controller.signal, (event) => send({ type: "event", event }));
    send({ type: "ended" });
  } catch (error) {
    send({ type: "failed", message: diskText(error) });
  }
  parentPort?.close();
}
