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
/** Distance 4 leaves at least one of 5 groups of bits as it is (the pigeonhole principle). */
const GROUPS = DISTANCE + 1;

/**
 * The difference hash of a picture (Krawetz, "Kind of Like That", 2013): of 9×8 grey means, a bit for each of the 8×8 neighbours in a
 * row that tells whether it is brighter than the one before it, here by more than 2 of 255, so that flat parts have no bits.
 *
 * @param grey 72×64 bytes, row after row: a whole picture, squashed
 * @returns two times 32 bits, the first row in the lowest of the first
 */
export function differenceHash(grey: Uint8Array): [number, number] {
  const hash: [number, number] = [0, 0];
  for (let row = 0; row < 8; row++) {
    let before = 0;
    for (let column = 0; column < 9; column++) {
      let sum = 0;
      for (let y = 8 * row; y < 8 * row + 8; y++) {
        for (let x = 8 * column; x < 8 * column + 8; x++) sum += grey[72 * y + x];
      }
      const mean = sum / 64;
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
 * The bits are dealt to 5 groups, those that say most first, so that the groups say about equally much; two hashes that are near
 * have one group in common, and only pictures that do are compared.
 *
 * @param among the pictures to look at
 * @returns sets of two and more, each ascending, in the order of their first
 */
export function nearDuplicates({ hashes, copies }: Lookalikes, among: readonly number[]): number[][] {
  const parents = new Map(among.map((i) => [i, i]));
  const rootOf = (i: number): number => {
    let root = i;
    for (let up = parents.get(root) ?? root; up !== root; up = parents.get(root) ?? root) root = up;
    parents.set(i, root);
    return root;
  };
  const join = (a: number, b: number): void => {
    const [one, other] = [rootOf(a), rootOf(b)];
    if (one !== other) parents.set(Math.max(one, other), Math.min(one, other));
  };
  const limits = new Map(among.map((i) => [i, limitOf(copies, i)]));
  const same = (a: number, b: number): boolean => areWithin(limits.get(a) ?? 0, copies, a, b);

  // What is equal to another one in all bits, and near its copy, need not be compared with the rest.
  const leaders: number[] = [];
  for (const bucket of buckets(hashes, among, [-1, -1])) {
    const own: number[] = [];
    for (const i of bucket) {
      const leader = own.find((other) => same(i, other));
      if (leader === undefined) own.push(i);
      else join(i, leader);
    }
    leaders.push(...own);
  }
  for (const masks of groupsOfBits(hashes, leaders)) {
    for (const bucket of buckets(hashes, leaders, masks)) {
      const low = Uint32Array.from(bucket, (i) => hashes[2 * i]);
      const high = Uint32Array.from(bucket, (i) => hashes[2 * i + 1]);
      for (let a = 1; a < bucket.length; a++) {
        for (let b = 0; b < a; b++) {
          const distance = bits(low[a] ^ low[b]) + bits(high[a] ^ high[b]);
          if (distance <= DISTANCE && same(bucket[a], bucket[b])) join(bucket[a], bucket[b]);
        }
      }
    }
  }
  const sets = new Map<number, number[]>();
  for (const i of among) {
    const root = rootOf(i);
    const set = sets.get(root);
    if (set) set.push(i);
    else sets.set(root, [i]);
  }
  return [...sets.values()]
    .filter((set) => set.length > 1)
    .map((set) => set.sort((a, b) => a - b))
    .sort((a, b) => a[0] - b[0]);
}

/** Those that agree in the bits of the masks. */
function buckets(
  hashes: Uint32Array,
  among: readonly number[],
  [low, high]: readonly [number, number],
): Iterable<number[]> {
  const found = new Map<string, number[]>();
  for (const i of among) {
    const key = `${hashes[2 * i] & low} ${hashes[2 * i + 1] & high}`;
    const bucket = found.get(key);
    if (bucket) bucket.push(i);
    else found.set(key, [i]);
  }
  return found.values();
}

/** Masks of the 64 bits: those that are nearest to being set in half of the pictures are dealt out first. */
function groupsOfBits(hashes: Uint32Array, among: readonly number[]): [number, number][] {
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
  return masks;
}

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
