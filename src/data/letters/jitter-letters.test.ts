import { describe, expect, it } from "vitest";
import { defined } from "../../values/defined.js";
import { classTarget } from "../target.js";
import { type GroupedSamples, jitterLetters } from "./jitter-letters.js";

/** Samples of H×W grey pictures, given row by row. */
function samplesOf(pictures: readonly number[][][], groups?: readonly number[]): GroupedSamples {
  const [height, width] = [pictures[0].length, pictures[0][0].length];
  return {
    count: pictures.length,
    shape: { channels: 1, height, width },
    target: classTarget(
      pictures.map((_, i) => String(i)),
      pictures.map((_, i) => i),
    ),
    ...defined({ groups }),
    read: (index, _epoch, into, offset) => into.set(pictures[index].flat(), offset),
  };
}

function rowsOf(samples: ReturnType<typeof jitterLetters>, index: number, epoch: number): number[][] {
  const { height, width } = samples.shape;
  const into = new Uint8Array(height * width);
  samples.read(index, epoch, into, 0);
  return Array.from({ length: height }, (_, y) => [...into.subarray(y * width, (y + 1) * width)]);
}

const EPOCHS = Array.from({ length: 300 }, (_, epoch) => epoch);

describe("jitter with the lecture's neighbours", () => {
  const letter = [
    [10, 20, 30, 40],
    [255, 255, 255, 255],
  ];
  const other = [
    [1, 2, 3, 200],
    [5, 6, 7, 8],
  ];
  const two = samplesOf([letter, other]);

  it("keeps the darker of the letter and two pictures side by side behind it", () => {
    // behind row 0: 1 2 [3 200 1 2] 3 200, the letter on the bracket; behind row 1: 5 6 [7 8 5 6] 7 8
    const still = jitterLetters(two, 1, { neighbours: "lecture", maxShift: [0, 0] });
    expect(rowsOf(still, 0, 0)).toEqual([
      [3, 20, 1, 2],
      [7, 8, 5, 6],
    ]);
  });

  it("shifts over the line and repeats the first and last row", () => {
    const line = [
      [1, 2, 3, 20, 1, 2, 3, 200],
      [5, 6, 7, 8, 5, 6, 7, 8],
    ];
    const expected = new Set<string>();
    for (const dx of [-2, -1, 0, 1, 2]) {
      for (const rows of [
        [0, 0],
        [0, 1],
        [1, 1],
      ]) {
        expected.add(JSON.stringify(rows.map((row) => line[row].slice(2 + dx, 6 + dx))));
      }
    }
    const moving = jitterLetters(two, 1, { neighbours: "lecture", maxShift: [1, 2] });
    const seen = new Set(EPOCHS.map((epoch) => JSON.stringify(rowsOf(moving, 0, epoch))));
    expect(seen).toEqual(expected);
  });

  it("takes both neighbours from all other samples", () => {
    const shade = (level: number): number[][] => [[level, level, level, level]];
    const three = jitterLetters(samplesOf([shade(255), shade(10), shade(20)]), 1, {
      neighbours: "lecture",
      maxShift: [0, 0],
    });
    const seen = new Set(EPOCHS.map((epoch) => rowsOf(three, 0, epoch)[0].join(" ")));
    expect([...seen].sort()).toEqual(["10 10 10 10", "10 10 20 20", "20 20 10 10", "20 20 20 20"]);
  });

  it("leaves a lone sample without neighbours", () => {
    const lone = jitterLetters(samplesOf([[[255, 0, 255]]]), 1, { neighbours: "lecture", maxShift: [0, 1] });
    const seen = new Set(EPOCHS.map((epoch) => rowsOf(lone, 0, epoch)[0].join(" ")));
    expect([...seen].sort()).toEqual(["0 255 255", "255 0 255", "255 255 0"]);
  });
});

describe("jitter as in text", () => {
  const WIDTH = 64;
  /** one row with ink of one shade on columns from … to − 1 */
  const bar = (shade: number, from: number, to: number): number[][] => [
    Array.from({ length: WIDTH }, (_, x) => (x >= from && x < to ? shade : 255)),
  ];
  // three columns of ink; two groups of different shades
  const bars = samplesOf([bar(10, 31, 34), bar(20, 31, 34), bar(30, 31, 34), bar(40, 31, 34)], [0, 0, 1, 1]);
  const runs = (row: readonly number[]): { shade: number; from: number; to: number }[] =>
    row.flatMap((shade, from) => {
      if (shade === 255 || (from > 0 && row[from - 1] === shade)) return [];
      let to = from;
      while (to < row.length && row[to] === shade) to++;
      return [{ shade, from, to }];
    });

  it("lets neighbours touch or puts them up to 5 or, one time in five, 7 to 14 columns away", () => {
    const still = jitterLetters(bars, 1, { maxShift: [0, 0] });
    const gaps = Array.from({ length: 2000 }, (_, epoch) => {
      const row = rowsOf(still, 0, epoch)[0];
      expect(row.slice(31, 34)).toEqual([10, 10, 10]);
      return row.findIndex((shade, x) => x >= 34 && shade !== 255) - 34;
    });
    expect([...new Set(gaps)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14]);
    // 2000 trials at 1/5: 400 ± 4 deviations of 17.9
    const wide = gaps.filter((gap) => gap >= 7).length;
    expect(Math.abs(wide - 400)).toBeLessThan(72);
  });

  it("leaves a share of the letters alone", () => {
    const some = jitterLetters(bars, 1, { maxShift: [0, 0], alone: 0.25 });
    const alone = Array.from({ length: 2000 }, (_, epoch) => runs(rowsOf(some, 0, epoch)[0])).filter(
      (found) => found.length === 1,
    );
    expect(alone[0]).toEqual([{ shade: 10, from: 31, to: 34 }]);
    // 2000 trials at 1/8: 250 ± 4 deviations of 14.8
    expect(Math.abs(alone.length - 500)).toBeLessThan(78);
  });

  it("shows signs, pairs, what is between letters and halves in the place of a share of the letters", () => {
    const signs = { count: 1, read: samplesOf([bar(99, 30, 35)]).read };
    const others = jitterLetters(bars, 1, { maxShift: [0, 0], others: 0.5, alone: 1, signs });
    const seen = Array.from({ length: 2000 }, (_, epoch) => runs(rowsOf(others, 0, epoch)[0]));
    const count = (is: (found: (typeof seen)[number]) => boolean): number => seen.filter(is).length;
    // a sign in half of them: 2000 · 0.5 · 0.5 = 500 ± 4 deviations of 19.4
    expect(Math.abs(count((found) => found[0]?.shade === 99) - 500)).toBeLessThan(78);
    // the letter itself in half of all and now and then as another: at least 1000 − 4 · 22.4
    expect(count(([first, ...more]) => first?.shade === 10 && first.from === 31 && more.length === 0)).toBeGreaterThan(
      910,
    );
    // letters of one group side by side
    expect(count((found) => found.length === 2 && found[0].shade < 99)).toBeGreaterThan(50);
  });

  it("shows an eighth of the pictures of a letter in its ligatures, or cut out of one", () => {
    // class 0 on columns 20 … 29 of the ligature, class 1 on 30 … 35
    const both = bar(0, 20, 36).map((row) => row.map((level, x) => (x >= 30 && level === 0 ? 5 : level)));
    const ligatures = { count: 1, read: samplesOf([both]).read, list: [{ letters: "01", cuts: [20, 30, 36] }] };
    const whole = jitterLetters(bars, 1, { maxShift: [0, 0], ligatures });
    const seen = Array.from({ length: 2000 }, (_, epoch) => runs(rowsOf(whole, 0, epoch)[0]));
    // the middle of 20 … 30 comes to the middle, 32; 2000 trials at 1/8: 250 ± 4 deviations of 14.8
    const inside = seen.filter((found) => found.some(({ shade, from, to }) => shade === 0 && from === 27 && to === 37));
    expect(Math.abs(inside.length - 250)).toBeLessThan(60);
    expect(inside[0].find(({ shade }) => shade === 5)).toEqual({ shade: 5, from: 37, to: 43 });
    const alone = jitterLetters(bars, 1, { maxShift: [0, 0], ligatures, alone: 1 });
    const cut = Array.from({ length: 50 }, (_, epoch) => runs(rowsOf(alone, 1, epoch)[0])).find(
      ([first]) => first.shade === 5,
    );
    expect(cut).toEqual([{ shade: 5, from: 29, to: 35 }]);
    const other = Array.from({ length: 50 }, (_, epoch) => runs(rowsOf(alone, 2, epoch)[0]));
    expect(other.every(([first]) => first.shade === 30)).toBe(true);
  });

  it("refuses shares that are none", () => {
    expect(() => jitterLetters(bars, 1, { alone: 2 })).toThrow("Invalid value for jitter's alone");
    expect(() => jitterLetters(bars, 1, { others: -1 })).toThrow("Invalid value for jitter's others");
  });

  it("fills the line to both ends with letters of the same group", () => {
    const moving = jitterLetters(bars, 1, { maxShift: [0, 5] });
    for (const epoch of EPOCHS) {
      const found = runs(rowsOf(moving, 2, epoch)[0]);
      expect(found.map((run) => run.shade).filter((shade) => shade !== 30 && shade !== 40)).toEqual([]);
      // no gap is wider than that between words
      const ends = [-1, ...found.flatMap(({ from, to }) => [from, to]), WIDTH];
      for (let i = 0; i < ends.length; i += 2) expect(ends[i + 1] - ends[i]).toBeLessThanOrEqual(15);
    }
  });

  it("never brings a neighbour nearer to the middle than the letter", () => {
    // neighbours are shade 20 where the sample itself is the only picture of shade 10 and of 9 columns
    const pair = samplesOf([bar(10, 31, 33), bar(20, 28, 37)]);
    let most = 0;
    const moving = jitterLetters(pair, 1, { maxShift: [0, 20] });
    for (const epoch of EPOCHS) {
      const row = rowsOf(moving, 0, epoch)[0];
      const distance = (shade: number): number =>
        Math.min(...row.flatMap((v, x) => (v === shade ? [Math.abs(x + 0.5 - WIDTH / 2)] : [])));
      expect(distance(10)).toBeLessThanOrEqual(distance(20));
      most = Math.max(most, distance(10));
    }
    // half of the widest gap, 14, and half a pixel to the column's middle
    expect(most).toBeGreaterThan(5);
    expect(most).toBeLessThanOrEqual(7.5);
  });

  it("keeps the pale columns beside the ink of a neighbour", () => {
    const blank = [Array.from({ length: 10 }, () => 255)];
    const soft = [[255, 255, 255, 255, 200, 0, 200, 255, 255, 255]];
    const moving = jitterLetters(samplesOf([blank, soft]), 1, { maxShift: [0, 0] });
    const beside = EPOCHS.flatMap((epoch) => {
      const row = rowsOf(moving, 0, epoch)[0];
      return row.flatMap((shade, x) => (shade === 0 && x > 0 ? [row[x - 1]] : []));
    });
    // another letter may stand close to the left
    expect([...new Set(beside)].sort()).toEqual([0, 200]);
  });
});

describe("jitter", () => {
  const noise = Array.from({ length: 6 }, (_, n) =>
    Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (_, x) => (n * 64 + y * 8 + x) % 256)),
  );
  const samples = samplesOf(noise);

  it.each(["lecture", "text"] as const)("depends on seed, epoch and index alone (%s)", (neighbours) => {
    const first = jitterLetters(samples, 5, { neighbours, maxShift: [2, 4] });
    const forwards = [0, 1, 2, 3, 4, 5].map((i) => rowsOf(first, i, 2));
    const second = jitterLetters(samples, 5, { neighbours, maxShift: [2, 4] });
    expect([5, 4, 3, 2, 1, 0].map((i) => rowsOf(second, i, 2)).reverse()).toEqual(forwards);
    expect([0, 1, 2, 3, 4, 5].map((i) => rowsOf(first, i, 3))).not.toEqual(forwards);
    const other = jitterLetters(samples, 6, { neighbours, maxShift: [2, 4] });
    expect([0, 1, 2, 3, 4, 5].map((i) => rowsOf(other, i, 2))).not.toEqual(forwards);
  });

  it("writes at the offset and nowhere else", () => {
    const into = new Uint8Array(8 * 8 + 2).fill(77);
    jitterLetters(samples, 1, { maxShift: [1, 1] }).read(0, 0, into, 1);
    expect([into[0], into[65]]).toEqual([77, 77]);
    expect([...into.subarray(1, 65)]).not.toContain(77);
  });

  it("treats every channel alike", () => {
    const colour: GroupedSamples = {
      ...samples,
      count: 1,
      shape: { channels: 3, height: 1, width: 2 },
      read: (_index, _epoch, into, offset) => into.set([255, 1, 255, 2, 255, 3], offset),
    };
    const into = new Uint8Array(6);
    const seen = new Set<string>();
    const moving = jitterLetters(colour, 1, { neighbours: "lecture", maxShift: [0, 1] });
    for (const epoch of EPOCHS) {
      moving.read(0, epoch, into, 0);
      seen.add(into.join(" "));
    }
    expect(seen).toEqual(new Set(["255 1 255 2 255 3", "1 255 2 255 3 255", "255 255 255 255 255 255"]));
  });

  it("hands on classes and labels", () => {
    const { count, target, shape } = jitterLetters(samples, 1, { maxShift: [1, 1] });
    expect({ count, target, shape }).toEqual({
      count: 6,
      target: samples.target,
      shape: { channels: 1, height: 8, width: 8 },
    });
  });

  it("rejects shifts beyond half the picture", () => {
    expect(() => jitterLetters(samples, 1)).toThrow("expected at most half the picture, 4, 4, got 2, 5.");
    expect(() => jitterLetters(samples, 1, { maxShift: [-1, 0] })).toThrow(/at least 0, got -1/);
    expect(() => jitterLetters(samples, 1, { maxShift: [0.5, 0] })).toThrow(/whole number/);
  });
});
