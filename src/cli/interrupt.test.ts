import { url } from "node:inspector";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { type Interrupt, onInterrupt } from "./interrupt.js";

let interrupt: Interrupt;
const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
const left = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
afterEach(() => {
  interrupt.release();
  told.mockClear();
  left.mockClear();
});

/** This process gets a signal, as from outside. */
async function get(signal: NodeJS.Signals): Promise<void> {
  process.kill(process.pid, signal);
  await pause(50);
}

test.skipIf(process.platform === "win32").each(["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const)(
  "%s asks to stop, however often it comes",
  async (signal) => {
    interrupt = onInterrupt(() => "saving");
    await get(signal);
    expect(interrupt.signal.aborted).toBe(true);
    await pause(600);
    await get(signal);
    expect(told.mock.calls).toEqual([[`\n${signal}: saving\n`]]);
    expect(left).not.toHaveBeenCalled();
    // Node opens its debugger at SIGUSR1, unless somebody listens
    expect(url()).toBeUndefined();
  },
);

test.skipIf(process.platform === "win32")(
  "Ctrl-C for the second time leaves at once, unless it is the same that came by two ways",
  async () => {
    interrupt = onInterrupt(() => "saving");
    await get("SIGINT");
    await get("SIGINT");
    expect(left).not.toHaveBeenCalled();
    await pause(600);
    await get("SIGINT");
    expect(left).toHaveBeenCalledExactlyOnceWith(130);
    expect(told.mock.calls).toEqual([["\nsaving; press again to leave at once\n"]]);
  },
);
