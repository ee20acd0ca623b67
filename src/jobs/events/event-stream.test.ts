import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { eventsWhile, finishJob, JobStopped } from "./event-stream.js";
import { runJob } from "./job.js";

/** All events, and what the generator gives at its end. */
async function allOf<E, R>(events: AsyncGenerator<E, R>): Promise<{ events: E[]; result: R }> {
  const all: E[] = [];
  while (true) {
    const next = await events.next();
    if (next.done) return { events: all, result: next.value };
    all.push(next.value);
  }
}

describe("events of work under way", () => {
  test("come in their order, those told at once and those told later, then the result", async () => {
    const stream = eventsWhile<number, string>(async (tell) => {
      tell(1);
      tell(2);
      await pause(5);
      tell(3);
      return "end";
    });
    expect(await allOf(stream)).toEqual({ events: [1, 2, 3], result: "end" });
  });

  test("come before the error with which the work fails, also while the reader is busy", async () => {
    const stream = eventsWhile<number, void>(async (tell) => {
      tell(1);
      throw new Error("the disk is full");
    });
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    await pause(5);
    await expect(stream.next()).rejects.toThrow("the disk is full");
  });

  test("that nobody reads any more end the work, and wait until it has ended", async () => {
    const log: string[] = [];
    const stream = eventsWhile<number, void>(async (tell, signal) => {
      for (let i = 0; !signal.aborted; i++) {
        tell(i);
        await pause(1);
      }
      await pause(10);
      log.push("work has ended");
    });
    for await (const event of stream) if (event === 2) break;
    log.push("the loop was left");
    expect(log).toEqual(["work has ended", "the loop was left"]);
  });

  test("end by the reader's signal with its reason", async () => {
    const controller = new AbortController();
    const stream = eventsWhile<number, void>(async (tell, signal) => {
      tell(1);
      while (true) {
        signal.throwIfAborted();
        await pause(1);
      }
    }, controller.signal);
    await stream.next();
    controller.abort(new Error("enough"));
    await expect(stream.next()).rejects.toThrow("enough");
  });
});

describe("a job", () => {
  const closed: string[] = [];
  const folder = "runs/x";

  test("that is stopped says where it can go on, and closes what it opened", async () => {
    const controller = new AbortController();
    const events = runJob(folder, controller.signal, async function* (job) {
      job.closing({ close: async () => void closed.push("pictures") });
      yield { type: "begun" } as const;
      job.save({ epoch: 2, batch: 3 });
      job.signal?.throwIfAborted();
    });
    expect((await events.next()).value).toEqual({ type: "begun" });
    controller.abort();
    const last = { type: "stopped", folder, saved: true, position: { epoch: 2, batch: 3 } };
    expect((await events.next()).value).toEqual(last);
    expect((await events.next()).done).toBe(true);
    expect(closed).toEqual(["pictures"]);
  });

  test("that fails passes the error on, be there a signal or not", async () => {
    const failing = (signal?: AbortSignal): Promise<unknown> =>
      allOf(
        // biome-ignore lint/correctness/useYield: it fails before
        runJob(folder, signal, async function* (): AsyncGenerator<never, void, undefined> {
          throw new Error("no such file");
        }),
      );
    await expect(failing()).rejects.toThrow("no such file");
    await expect(failing(AbortSignal.abort())).rejects.toThrow("no such file");
  });

  test("is finished with its results, or stopped", async () => {
    async function* ending(type: "done" | "stopped") {
      yield { type: "begun" } as const;
      if (type === "done") yield { type, result: 42 } as const;
      else yield { type } as const;
    }
    expect(await finishJob(ending("done"))).toBe(42);
    await expect(finishJob(ending("stopped"))).rejects.toThrow(JobStopped);
  });
});
