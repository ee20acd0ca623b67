/** Pictures that look the same, found by a hash of their gradients and confirmed on a small copy of each. */

/** The side of the small grey copy that pictures are compared on. */
export const COPY_SIDE = 16;
const COPY = COPY_SIDE * COPY_SIDE;

/** Hashes that differ in at most so many of 64 bits are compared further. */
const DISTANCE = 4;
/** Copies are of one picture when they differ on average by at most so much of 255, and so much of the picture's contrast. */
const DIFFERENCE = { base: 1, ofContrast: 0.05 };
/** A gradient of less than this is noise, not a bit. */
const NOISE = 2;
/** Distance 4 leaves at least two of 6 groups of bits as they are (the pigeonhole principle). */
const GROUPS = DISTANCE + 2;

/**
 * The difference hash of a picture (Krawetz, "Kind of Like That", 2013): of 9×8 grey means, a bit for each of the 8×8 neighbours in a
 * row that tells whether it is brighter than the one before it, here by more than 2 of 255, so that flat parts have no bits.
 *
 * @param grey 72×64 bytes, row after row: a whole picture, squashed
 * @returns two times 32 bits, the first row in the lowest of the first
 */
export function differenceHash(grey: Uint8Array): [number, number] {
  const means = new Float64Array(72);
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 9; column++) {
      let sum = 0;
      for (let y = 8 * row; y < 8 * row + 8; y++) {
        for (let x = 8 * column; x < 8 * column + 8; x++) sum += grey[72 * y + x];
      }
      means[9 * row + column] = sum / 64;
    }
  }
  return hashOfMeans(means);
}

/** {@link differenceHash} from the 9×8 means, row after row. */
export function hashOfMeans(means: Float64Array): [number, number] {
  const hash: [number, number] = [0, 0];
  for (let row = 0; row < 8; row++) {
    let before = 0;
    for (let column = 0; column < 9; column++) {
      const mean = means[9 * row + column];
      if (column > 0 && mean - before > NOISE) {
        const bit = 8 * row + column - 1;
        hash[bit >> 5] |= 1 << (bit & 31);
      }
      before = mean;
    }
  }
  return [hash[0] >>> 0, hash[1] >>> 0];
}

/** Pictures to compare. */
export interface Lookalikes {
  /** two numbers of 32 bits for each picture: its {@link differenceHash} */
  readonly hashes: Uint32Array;
  /** 16×16 grey bytes for each picture */
  readonly copies: Uint8Array;
}

/**
 * Finds pictures that look the same though their files differ, such as copies of other size or compression. Two belong together when
 * their hashes differ in at most 4 of 64 bits and their 16×16 copies on average by at most 1 of 255 and 5 % of the contrast (the mean
 * deviation from the mean), or when others link them.
 *
 * The bits are dealt to 6 groups, those that say most first, so that the groups say about equally much; two hashes that are near
 * have two groups in common, and only pictures that do are compared.
 *
 * @param among the pictures to look at
 * @returns sets of two and more, each ascending, in the order of their first
 */
export function findNearDuplicates({ hashes, copies }: Lookalikes, among: readonly number[]): number[][] {
  const count = hashes.length / 2;
  const limits = new Float64Array(count);
  for (const i of among) limits[i] = limitOf(copies, i);
  const same = (a: number, b: number): boolean => areWithin((limits[a] + limits[b]) / 2, copies, a, b);
  // each picture points to another one of its set, the first of a set to itself
  const parents = Int32Array.from({ length: count }, (_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parents[root] !== root) root = parents[root];
    parents[i] = root;
    return root;
  };
  const join = (a: number, b: number): void => {
    const [one, other] = [rootOf(a), rootOf(b)];
    parents[Math.max(one, other)] = Math.min(one, other);
  };

  // What is equal to another one in all bits, and near its copy, need not be compared with the rest.
  const leaders: number[] = [];
  const all = new Chains(hashes, among.length, ALL_BITS);
  for (const i of among) {
    const leader = all.find(i, (other) => hammingDistance(hashes, i, other) === 0 && same(i, other));
    if (leader >= 0) join(i, leader);
    else {
      leaders.push(i);
      all.add(i);
    }
  }
  for (const masks of pairsOfGroups(hashes, leaders)) {
    const chains = new Chains(hashes, leaders.length, masks);
    for (const i of leaders) {
      chains.find(i, (other) => {
        if (hammingDistance(hashes, i, other) <= DISTANCE && same(i, other)) join(i, other);
        return false;
      });
      chains.add(i);
    }
  }
  const sets = new Map<number, number[]>();
  for (const i of [...among].sort((a, b) => a - b)) {
    const set = sets.get(rootOf(i));
    if (set) set.push(i);
    else sets.set(rootOf(i), [i]);
  }
  return [...sets.values()].filter((set) => set.length > 1);
}

/** Two times 32 bits of a hash. */
type Masks = readonly [number, number];

const ALL_BITS: Masks = [-1, -1];

/** Pictures in chains, such that those whose hashes agree in the bits of the masks are in one; others may be, too. */
class Chains {
  readonly #hashes: Uint32Array;
  readonly #masks: Masks;
  readonly #shift: number;
  /** the last picture of each chain */
  readonly #heads: Int32Array;
  /** the picture before each one in its chain */
  readonly #before: Int32Array;

  constructor(hashes: Uint32Array, count: number, masks: Masks) {
    const countBits = Math.max(1, Math.ceil(Math.log2(2 * count)));
    this.#hashes = hashes;
    this.#masks = masks;
    this.#shift = 32 - countBits;
    this.#heads = new Int32Array(2 ** countBits).fill(-1);
    this.#before = new Int32Array(hashes.length / 2);
  }

  /** The last picture of i's chain that a test holds for, or −1. */
  find(i: number, test: (other: number) => boolean): number {
    let other = this.#heads[this.#chainOf(i)];
    while (other >= 0 && !test(other)) other = this.#before[other];
    return other;
  }

  add(i: number): void {
    const chain = this.#chainOf(i);
    this.#before[i] = this.#heads[chain];
    this.#heads[chain] = i;
  }

  /** Multiplicative hashing (Knuth, The Art of Computer Programming, 6.4) of both halves. */
  #chainOf(i: number): number {
    const low = Math.imul(this.#hashes[2 * i] & this.#masks[0], 0x9e3779b1);
    const mixed = Math.imul((low ^ (low >>> 15)) + (this.#hashes[2 * i + 1] & this.#masks[1]), 0x85ebca6b);
    return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> this.#shift;
  }
}

/** Masks of two groups of the 64 bits; those that are nearest to being set in half of the pictures are dealt out first. */
function pairsOfGroups(hashes: Uint32Array, among: readonly number[]): Masks[] {
  const set = new Float64Array(64);
  for (const i of among) {
    for (let bit = 0; bit < 64; bit++) set[bit] += (hashes[2 * i + (bit >> 5)] >>> (bit & 31)) & 1;
  }
  const bias = (bit: number): number => Math.abs(set[bit] / among.length - 0.5);
  const order = Array.from({ length: 64 }, (_, bit) => bit).sort((a, b) => bias(a) - bias(b));
  const masks = Array.from({ length: GROUPS }, (): [number, number] => [0, 0]);
  order.forEach((bit, i) => {
    masks[i % GROUPS][bit >> 5] |= 1 << (bit & 31);
  });
  return masks.flatMap(([low, high], i) =>
    masks.slice(0, i).map((other): [number, number] => [low | other[0], high | other[1]]),
  );
}

/** In how many bits two pictures differ. */
const hammingDistance = (hashes: Uint32Array, a: number, b: number): number =>
  bits(hashes[2 * a] ^ hashes[2 * b]) + bits(hashes[2 * a + 1] ^ hashes[2 * b + 1]);

/** How many bits are set (Warren, Hacker's Delight, 5-1). */
function bits(value: number): number {
  let x = value - ((value >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The sum of differences that copies of a picture may have. */
function limitOf(copies: Uint8Array, i: number): number {
  const copy = copies.subarray(COPY * i, COPY * (i + 1));
  const mean = copy.reduce((a, b) => a + b, 0) / COPY;
  const contrast = copy.reduce((sum, value) => sum + Math.abs(value - mean), 0) / COPY;
  return COPY * (DIFFERENCE.base + DIFFERENCE.ofContrast * contrast);
}

/** Whether the differences of two copies sum up to no more than the limit. */
function areWithin(limit: number, copies: Uint8Array, a: number, b: number): boolean {
  let sum = 0;
  for (let i = 0; i < COPY && sum <= limit; i++) sum += Math.abs(copies[COPY * a + i] - copies[COPY * b + i]);
  return sum <= limit;
}
