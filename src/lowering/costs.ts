/** What a processor takes for moves beside products, and which products it may save: what is faster, decide the rules of each operator by that. */
export interface Costs {
  /** of a number that a transform writes, beside those of its sum: so many multiply-adds of a matrix product */
  readonly moved: number;
  /** the same for a number of the filters, which come from memory, and of which each product is written, packed and read once */
  readonly movedFilter: number;
  /** of a number in the matrix of windows: so many multiply-adds */
  readonly gathered: number;
  /**
   * the sizes of tiles, by taps, that are worth a thought: along one axis, and where there is a second, along both (Winograd's way, batch-last/winograd.ts)
   */
  readonly tiles: readonly ((taps: number) => readonly number[])[];
}

/** Tiles of two and more pixels for which, with so many taps, there are at most so many products: with more of them the results are less exact. */
const upTo =
  (products: number) =>
  (taps: number): readonly number[] =>
    Array.from({ length: Math.max(0, products - taps) }, (_, k) => k + 2);

/** Native code. Windows are gathered while they are in the cache. */
export const NATIVE: Costs = { moved: 10, movedFilter: 70, gathered: 0, tiles: [(taps) => (taps === 3 ? [4] : [])] };

/** WebAssembly: registers of 128 bits and no fused multiply-add. A product takes eight times as long, and so does a move out of the cache. */
export const WEBASSEMBLY: Costs = { moved: 7, movedFilter: 7, gathered: 3, tiles: [upTo(8), upTo(6)] };
