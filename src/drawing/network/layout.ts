/** Where the units of a network stand: in columns along the way of the data, in lanes where it branches. */

/** What is read by what: for each unit those that it reads, all before it. */
export type Reads = readonly (readonly number[])[];

/** A part of a network between two units that everything passes through: the branches between them. */
export interface Segment {
  /** the unit with which it begins; undefined at the network's inputs */
  readonly from: number | undefined;
  /** the unit in which its branches meet */
  readonly to: number;
  /** where the units between them stand, and the last one: columns from 0, lanes from 0 */
  readonly places: ReadonlyMap<number, Place>;
  /** in which lane a unit's data goes to another's */
  readonly ways: readonly Way[];
  readonly columns: number;
  readonly lanes: number;
}

/** Where a unit stands. */
export interface Place {
  readonly column: number;
  readonly lane: number;
}

/** From one unit to another, in a lane that is free between their columns. */
export interface Way {
  readonly from: number;
  readonly to: number;
  readonly lane: number;
}

/**
 * Divides a network where everything passes through one unit, and lays out what branches between: the longest branch straight on, in lane 0, and the others in lanes beside it, so that
 * no unit stands in another's way.
 *
 * @param reads in an order in which each unit comes after those that it reads
 * @example
 * // 0 → 1 → 2 → 3, and 0 → 3 past them
 * segmentsOf([[], [0], [1], [2, 0]]).map(({ to, lanes }) => [to, lanes]); // [[0, 1], [3, 2]]
 */
export function segmentsOf(reads: Reads): Segment[] {
  const last = reads.length - 1;
  const reach = reads.map((_, i) => i);
  for (const [to, froms] of reads.entries()) for (const from of froms) reach[from] = Math.max(reach[from], to);
  const segments: Segment[] = [];
  let [farthest, from]: [number, number | undefined] = [-1, undefined];
  let inside: number[] = [];
  for (let i = 0; i <= last; i++) {
    // outputs beside the last are read by nobody and end where they are
    if (farthest <= i && (i === last || reach[i] > i)) {
      segments.push(segment(reads, from, inside, i));
      [from, inside] = [i, []];
    } else inside.push(i);
    farthest = Math.max(farthest, reach[i]);
  }
  return segments;
}

function segment(reads: Reads, from: number | undefined, inside: readonly number[], to: number): Segment {
  const own = [...inside, to];
  const within = new Set(own);
  const columns = new Map<number, number>();
  for (const unit of own) {
    const before = reads[unit].map((each) => columns.get(each) ?? -1);
    columns.set(unit, Math.max(-1, ...before) + 1);
  }
  // behind all others, as some of them may be outputs of their own
  const end = Math.max(-1, ...inside.map((unit) => columns.get(unit) ?? 0)) + 1;
  columns.set(to, end);
  const columnOf = (unit: number): number => columns.get(unit) ?? -1;
  const edges = own.flatMap((unit) =>
    reads[unit].filter((each) => within.has(each) || each === from).map((each) => ({ from: each, to: unit })),
  );
  const chains = chainsOf(inside, edges, columnOf);
  const taken: [number, number][][] = [[]];
  const free = ([low, high]: [number, number], least: number): number => {
    for (let lane = least; ; lane++) {
      taken[lane] ??= [];
      if (taken[lane].every(([a, b]) => high < a || low > b)) {
        taken[lane].push([low, high]);
        return lane;
      }
    }
  };
  const places = new Map<number, Place>();
  for (const chain of chains) {
    const [first, final] = [chain[0], chain[chain.length - 1]];
    const low = Math.min(
      columnOf(first),
      ...edges.filter((edge) => edge.to === first).map((edge) => columnOf(edge.from) + 1),
    );
    const high = Math.max(
      columnOf(final),
      ...edges.filter((edge) => edge.from === final).map((edge) => columnOf(edge.to) - 1),
    );
    const lane = free([low, high], 0);
    for (const unit of chain) places.set(unit, { column: columnOf(unit), lane });
  }
  places.set(to, { column: end, lane: 0 });
  const laneOf = (unit: number): number => places.get(unit)?.lane ?? 0;
  const ends = new Set(chains.flatMap((chain) => [chain[0], chain[chain.length - 1]]));
  const ways = edges.map((edge): Way => {
    const between: [number, number] = [columnOf(edge.from) + 1, columnOf(edge.to) - 1];
    const inChain = edge.from !== from && ends.has(edge.from) && isLast(chains, edge.from);
    if (between[0] > between[1]) return { ...edge, lane: edge.to === to ? laneOf(edge.from) : laneOf(edge.to) };
    if (inChain) return { ...edge, lane: laneOf(edge.from) };
    if (edge.to !== to && isFirst(chains, edge.to)) return { ...edge, lane: laneOf(edge.to) };
    return { ...edge, lane: free(between, 0) };
  });
  return { from, to, places, ways, columns: end + 1, lanes: taken.length };
}

interface Edge {
  readonly from: number;
  readonly to: number;
}

const isFirst = (chains: readonly (readonly number[])[], unit: number): boolean =>
  chains.some(([first]) => first === unit);
const isLast = (chains: readonly (readonly number[])[], unit: number): boolean =>
  chains.some((chain) => chain[chain.length - 1] === unit);

/** The units as rows of such that read one another, the longest first. */
function chainsOf(units: readonly number[], edges: readonly Edge[], columnOf: (unit: number) => number): number[][] {
  const own = new Set(units);
  const chains: number[][] = [];
  const chainOf = new Map<number, number[]>();
  for (const unit of units) {
    const before = edges
      .filter((edge) => edge.to === unit && own.has(edge.from))
      .map((edge) => chainOf.get(edge.from))
      .filter((chain) => chain !== undefined)
      .filter((chain) => edges.some((edge) => edge.to === unit && edge.from === chain[chain.length - 1]))
      .sort((a, b) => b.length - a.length);
    const chain = before[0] ?? [];
    if (chain.length === 0) chains.push(chain);
    chain.push(unit);
    chainOf.set(unit, chain);
  }
  return chains.sort((a, b) => b.length - a.length || columnOf(a[0]) - columnOf(b[0]));
}
