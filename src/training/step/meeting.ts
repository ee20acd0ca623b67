import type { AddParts } from "../../engine/engine.js";
import type { Ranks } from "./ranks.js";

/** One that waits. */
interface Waiting {
  readonly numbers: Float64Array;
  resolve(): void;
  reject(reason: unknown): void;
}

/** Where the parts of a batch add up numbers on the way: each waits until all have come. */
export class Meeting {
  #waiting = new Map<number, Waiting>();

  /**
   * @param count how many parts this process computes
   * @param ranks the processes, each with as many
   */
  constructor(
    readonly count: number,
    readonly ranks: Ranks,
  ) {}

  /** What a part adds its numbers by: those of the parts are added in their order, then those of the ranks. */
  place(part: number): AddParts {
    return (numbers) =>
      new Promise((resolve, reject) => {
        this.#waiting.set(part, { numbers, resolve, reject });
        if (this.#waiting.size === this.count) void this.#add();
      });
  }

  /** Sends those that wait away: a part will not come. */
  leave(reason: unknown): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(reason);
  }

  async #add(): Promise<void> {
    const all = [...this.#waiting].sort(([a], [b]) => a - b).map(([, waiting]) => waiting);
    this.#waiting.clear();
    const totals = new Float64Array(all[0].numbers.length);
    for (const { numbers } of all) for (let i = 0; i < totals.length; i++) totals[i] += numbers[i];
    try {
      await this.ranks.sum(totals);
    } catch (error) {
      for (const { reject } of all) reject(error);
      return;
    }
    for (const { numbers, resolve } of all) {
      numbers.set(totals);
      resolve();
    }
  }
}
