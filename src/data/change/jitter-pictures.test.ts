import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ImageShape } from "../../values/image-shape.js";
import type { SampleArray, Samples } from "../samples.js";
import { boxTarget, classTarget, labelMapTarget, valueTarget } from "../target.js";
import { JITTER_PRESETS, type Jitter } from "./jitter-description.js";
import { jitterPictures } from "./jitter-pictures.js";
import { jitterTransform } from "./jitter-transform.js";

/** Samples of pictures that are given byte by byte. */
function samplesOf(shape: ImageShape, ...pictures: readonly (readonly number[])[]): Samples {
  return {
    count: pictures.length,
    shape,
    target: classTarget(
      ["one"],
      pictures.map(() => 0),
    ),
    read: (index, _, into, offset) => into.set(pictures[index], offset),
  };
}

function numbersOf(channels: number, height: number, width: number, value: (i: number) => number): SampleArray {
  const size = channels * height * width;
  return {
    type: "float32",
    shape: [channels, height, width],
    read: (_index, _epoch, into, offset) => {
      for (let i = 0; i < size; i++) into[offset + i] = value(i);
    },
  };
}

function labelsOf(channels: number, height: number, width: number, labels: readonly number[]): SampleArray {
  return {
    type: "int64",
    shape: [channels, height, width],
    read: (_index, _epoch, into, offset) => into.set(labels.map(BigInt), offset),
  };
}

function bytesOf({ shape, read }: Samples, index = 0, epoch = 0): number[] {
  const into = new Uint8Array(shape.channels * shape.height * shape.width);
  read(index, epoch, into, 0);
  return [...into];
}

/** One grey picture after jitter, row by row. */
function rowsOf(rows: readonly (readonly number[])[], jitter: Jitter): number[][] {
  const [height, width] = [rows.length, rows[0].length];
  const bytes = bytesOf(jitterPictures(samplesOf({ channels: 1, height, width }, rows.flat()), jitter, 1));
  return rows.map((_, y) => bytes.slice(y * width, (y + 1) * width));
}

const noise = (size: number, salt = 1): number[] =>
  Array.from({ length: size }, (_, i) => (Math.imul(i + salt, 2654435761) >>> 13) % 256);

const FOUR = [
  [1, 2, 3, 4],
  [5, 6, 7, 8],
  [9, 10, 11, 12],
  [13, 14, 15, 16],
];

describe("geometry, against what is drawn by hand", () => {
  test("a shift by a quarter of four pixels is one pixel, to the right and down; with each border", () => {
    const translate = [0.25, 0.25] as const;
    expect(rowsOf(FOUR, { translate, border: "edge" })).toEqual([
      [1, 1, 2, 3],
      [1, 1, 2, 3],
      [5, 5, 6, 7],
      [9, 9, 10, 11],
    ]);
    // the mirror image without the outermost pixel: 2 | 1 2 3 4
    expect(rowsOf(FOUR, { translate })).toEqual([
      [6, 5, 6, 7],
      [2, 1, 2, 3],
      [6, 5, 6, 7],
      [10, 9, 10, 11],
    ]);
    expect(rowsOf(FOUR, { translate: [-0.5, -0.5], border: "constant", fill: 77 })).toEqual([
      [11, 12, 77, 77],
      [15, 16, 77, 77],
      [77, 77, 77, 77],
      [77, 77, 77, 77],
    ]);
  });

  test("half a pixel is the mean of two, and of one and the fill at a constant border", () => {
    const row = [[10, 20, 40, 80]];
    expect(rowsOf(row, { translate: [0.125, 0.125], border: "edge" })).toEqual([[10, 15, 30, 60]]);
    // half a row down is half of the fill above, 0 here: (10 + 0)/2/2, 15/2, 30/2, 60/2, and halves are rounded up
    expect(rowsOf(row, { translate: [0.125, 0.125], border: "constant", fill: 0 })).toEqual([[4, 13, 26, 53]]);
  });

  test("quarter turns are exact and counter-clockwise", () => {
    expect(rowsOf(FOUR, { rotate: [90, 90] })).toEqual([
      [4, 8, 12, 16],
      [3, 7, 11, 15],
      [2, 6, 10, 14],
      [1, 5, 9, 13],
    ]);
    expect(rowsOf(FOUR, { rotate: [180, 180] })).toEqual(FOUR.map((row) => [...row].reverse()).reverse());
    const square = samplesOf({ channels: 1, height: 4, width: 4 }, FOUR.flat());
    const seen = new Set(
      Array.from({ length: 60 }, (_, epoch) =>
        bytesOf(jitterPictures(square, { quarterTurns: true }, 1), 0, epoch).join(),
      ),
    );
    const turned = [0, 90, 180, -90].map((angle) => rowsOf(FOUR, { rotate: [angle, angle] }).join());
    expect([...seen].sort()).toEqual(turned.sort());
  });

  test("twice as large about the middle: source pixels lie at −¼, ¼, ¾ … from it", () => {
    // 4 columns, middle 1.5: x → 1.5 + (x − 1.5)/2 = 0.75, 1.25, 1.75, 2.25
    expect(rowsOf([[0, 40, 80, 120]], { scale: [2, 2], border: "edge" })).toEqual([[30, 50, 70, 90]]);
    // aspect 4 is twice as wide and half as high
    expect(rowsOf([[0, 40, 80, 120]], { aspect: [4, 4], border: "edge" })).toEqual([[30, 50, 70, 90]]);
    expect(rowsOf([[0], [40], [80], [120]], { aspect: [0.25, 0.25], border: "edge" })).toEqual([
      [30],
      [50],
      [70],
      [90],
    ]);
  });

  test("a shear of 45° moves the top half a pixel to the right for each half row above the middle", () => {
    expect(
      rowsOf(
        [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
        { shear: [45, 45], border: "edge" },
      ),
    ).toEqual([
      [1, 1, 2],
      [4, 5, 6],
      [8, 9, 9],
    ]);
  });

  test.each([
    [
      "horizontal",
      [
        [1, 2, 3, 4],
        [4, 3, 2, 1],
      ],
    ],
    [
      "vertical",
      [
        [1, 2, 3, 4],
        [3, 4, 1, 2],
      ],
    ],
    [
      "both",
      [
        [1, 2, 3, 4],
        [2, 1, 4, 3],
        [3, 4, 1, 2],
        [4, 3, 2, 1],
      ],
    ],
  ] as const)("mirror %s", (mirror, expected) => {
    const [height, width] = mirror === "horizontal" ? [1, 4] : [2, 2];
    const pictures = samplesOf({ channels: 1, height, width }, [1, 2, 3, 4]);
    const mirrored = jitterPictures(pictures, { mirror }, 1);
    const times = new Map<string, number>();
    for (let epoch = 0; epoch < 1000; epoch++) {
      const key = bytesOf(mirrored, 0, epoch).join();
      times.set(key, (times.get(key) ?? 0) + 1);
    }
    expect([...times.keys()].sort()).toEqual(expected.map((row) => row.join()).sort());
    // 1000 trials at ½ or ¼: within four deviations, √(1000·p·(1 − p))
    const share = 1 / expected.length;
    for (const count of times.values()) {
      expect(Math.abs(count - 1000 * share)).toBeLessThan(4 * Math.sqrt(1000 * share * (1 - share)));
    }
  });

  test("all channels move alike", () => {
    const colour = samplesOf({ channels: 3, height: 4, width: 4 }, [...FOUR.flat(), ...FOUR.flat(), ...FOUR.flat()]);
    const bytes = bytesOf(jitterPictures(colour, { rotate: 40, translate: 0.1, elastic: 0.05 }, 3));
    expect(bytes.slice(16, 32)).toEqual(bytes.slice(0, 16));
    expect(bytes.slice(32)).toEqual(bytes.slice(0, 16));
  });
});

describe("jitter of samples", () => {
  const shape = { channels: 3, height: 9, width: 12 };
  const pictures = samplesOf(shape, noise(324, 1), noise(324, 2), noise(324, 3));
  const everything: Jitter = { ...JITTER_PRESETS.photograph, ...JITTER_PRESETS.tissue, erase: 0.2, shear: 5 };

  test("with all ranges at what changes nothing returns the samples themselves, and intervals of nothing the same bytes", () => {
    expect(jitterPictures(pictures, {}, 1)).toBe(pictures);
    expect(jitterPictures(pictures, JITTER_PRESETS.none, 1)).toBe(pictures);
    const still: Jitter = {
      translate: 0,
      rotate: 0,
      scale: 1,
      aspect: 1,
      shear: 0,
      elastic: 0,
      mirror: "none",
      stain: 1,
      brightness: 0,
      contrast: 1,
      saturation: 1,
      hue: 0,
      blur: 0,
      noise: 0,
      erase: 0,
    };
    expect(jitterPictures(pictures, still, 1)).toBe(pictures);
    // what makes one part run leaves the others alone: nothing is lost on the way through each
    const almost = 1e-9;
    const through: Jitter = { rotate: almost, stain: 1 + almost, hue: almost, noise: almost, erase: almost };
    expect(bytesOf(jitterPictures(pictures, through, 1))).toEqual(bytesOf(pictures));
  });

  test("depends on the seed, the epoch and the index alone", () => {
    const read = (order: readonly number[], seed: number, epoch: number): number[][] => {
      const samples = jitterPictures(pictures, everything, seed);
      const found = order.map((i) => [i, bytesOf(samples, i, epoch)] as const);
      return [0, 1, 2].map((i) => found.find(([at]) => at === i)?.[1] ?? []);
    };
    const first = read([0, 1, 2], 5, 2);
    expect(read([2, 0, 1], 5, 2)).toEqual(first);
    for (const [seed, epoch] of [
      [5, 3],
      [6, 2],
    ]) {
      for (const [i, bytes] of read([0, 1, 2], seed, epoch).entries()) expect(bytes).not.toEqual(first[i]);
    }
    const twins = jitterPictures(samplesOf(shape, noise(324), noise(324)), everything, 1);
    expect(bytesOf(twins, 0)).not.toEqual(bytesOf(twins, 1));
  });

  test("its geometry does not depend on what happens to the colours", () => {
    const grey = samplesOf({ channels: 1, height: 8, width: 8 }, noise(64));
    const moved = jitterPictures(grey, { rotate: 30, scale: 1.2 }, 1);
    const brighter = jitterPictures(grey, { rotate: 30, scale: 1.2, brightness: [0.02, 0.02], contrast: [1, 1] }, 1);
    const expected = bytesOf(moved).map((x) => Math.min(255, Math.round(x + 5.1)));
    expect(bytesOf(brighter)).toEqual(expected);
  });

  test("writes at the offset and nowhere else, and hands on all that samples have", () => {
    const into = new Uint8Array(326).fill(77);
    const prepare = async (): Promise<void> => undefined;
    const some = jitterPictures({ ...pictures, groups: [1, 2, 3], prepare }, everything, 1);
    some.read(1, 0, into, 1);
    expect([into[0], into[325]]).toEqual([77, 77]);
    expect([...into.subarray(1, 325)]).toEqual(bytesOf(some, 1));
    expect([some.groups, some.target]).toEqual([[1, 2, 3], pictures.target]);
    expect(some.prepare).toBe(prepare);
  });

  test("never leaves what the picture has, where it is only moved", () => {
    const part = fc.record({
      translate: fc.double({ min: 0, max: 1, noNaN: true }),
      rotate: fc.double({ min: 0, max: 180, noNaN: true }),
      scale: fc.double({ min: 1, max: 10, noNaN: true }),
      aspect: fc.double({ min: 1, max: 10, noNaN: true }),
      shear: fc.double({ min: 0, max: 80, noNaN: true }),
      elastic: fc.double({ min: 0, max: 1, noNaN: true }),
      border: fc.constantFrom("reflect" as const, "edge" as const),
    });
    fc.assert(
      fc.property(
        part,
        fc.nat(),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (jitter, seed, h, w) => {
          const bytes = Array.from({ length: h * w }, (_, i) => 100 + (i % 50));
          const [low, high] = [Math.min(...bytes), Math.max(...bytes)];
          const got = bytesOf(jitterPictures(samplesOf({ channels: 1, height: h, width: w }, bytes), jitter, seed));
          expect(got.every((x) => x >= low && x <= high)).toBe(true);
        },
      ),
    );
  });
});

describe("what belongs to a picture moves with it", () => {
  const [height, width] = [24, 32];
  const jitter: Jitter = {
    translate: 0.1,
    rotate: 40,
    scale: 1.3,
    aspect: 1.2,
    shear: 10,
    mirror: "both",
    elastic: 0.02,
  };
  /** a bright rectangle, and the same as labels */
  const inside = (x: number, y: number): boolean => x >= 9 && x < 20 && y >= 7 && y < 15;
  const labels = Array.from({ length: height * width }, (_, i) => (inside(i % width, Math.floor(i / width)) ? 1 : 0));
  const shape = { channels: 1, height, width };
  const samples: Samples = {
    ...samplesOf(
      shape,
      labels.map((label) => 255 * label),
    ),
    arrays: {
      labels: labelsOf(1, height, width, labels),
      coarse: numbersOf(1, height / 2, width / 2, (i) => i % (width / 2)),
      single: numbersOf(2, 1, 1, (i) => 3 + i),
    },
  };

  test.each(["reflect", "edge", "constant"] as const)("maps of labels and masks, border %s", (border) => {
    const moved = jitterPictures(samples, { ...jitter, border, fill: 0 }, 7);
    for (let epoch = 0; epoch < 20; epoch++) {
      const picture = bytesOf(moved, 0, epoch);
      const map = new BigInt64Array(height * width);
      const labelled = moved.arrays?.labels;
      if (labelled?.type === "int64") labelled.read(0, epoch, map, 0);
      const mask = jitterTransform(shape, { ...jitter, border }, 7, 0, epoch).mask(labels);
      expect([...map].map(Number)).toEqual([...mask]);
      // the nearest label weighs at least ½·½; beyond the border the mask says so and the picture has the fill
      mask.forEach((label, i) => {
        if (label === 1) expect(picture[i]).toBeGreaterThanOrEqual(63);
        else expect(picture[i]).toBeLessThanOrEqual(192);
      });
      expect(mask.includes(-1)).toBe(border === "constant");
    }
  });

  test("targets: what is right of the middle of a picture of 4×2, and a map of half its size, after a quarter turn", () => {
    const side: ImageShape = { channels: 1, height: 4, width: 4 };
    const turned: Jitter = { rotate: [90, 90], border: "edge" };
    const picture = samplesOf(side, Array(16).fill(0));
    const boxes = boxTarget(["a", "b"], [[{ label: 1, x: 2, y: 1, width: 2, height: 1 }]]);
    // Counter-clockwise (x, y) comes to (y, 4 − x): the corners (2, 1) and (4, 2) to (1, 2) and (2, 0).
    expect(jitterPictures({ ...picture, target: boxes }, turned, 1).target.boxesOf(0, 3)).toEqual([
      { label: 1, x: 1, y: 0, width: 1, height: 2 },
    ]);
    const map = labelMapTarget(["a", "b", "c"], { height: 2, width: 2 }, [[0, 1, 2, -1]]);
    expect([...Array.from(jitterPictures({ ...picture, target: map }, turned, 1).target.labelsOf(0, 3))]).toEqual([
      ...[1, -1],
      ...[0, 2],
    ]);
  });

  test("targets: half a picture to the right, beyond a border of one colour", () => {
    const side: ImageShape = { channels: 1, height: 4, width: 4 };
    const aside: Jitter = { translate: [0.5, 0.5], border: "constant", fill: 0 };
    const picture = samplesOf(side, Array(16).fill(0));
    const boxes = boxTarget(
      ["a"],
      [
        [
          { label: 0, x: 1, y: 0, width: 2, height: 1 },
          { label: 0, x: 2, y: 2, width: 1, height: 1 },
        ],
      ],
    );
    // Both move by 2 to the right and 2 down; of the first a column is left, the second is outside.
    expect(jitterPictures({ ...picture, target: boxes }, aside, 1).target.boxesOf(0, 0)).toEqual([
      { label: 0, x: 3, y: 2, width: 1, height: 1 },
    ]);
    const map = labelMapTarget(["a", "b"], { height: 2, width: 2 }, [[1, 0, 0, 0]]);
    expect([...Array.from(jitterPictures({ ...picture, target: map }, aside, 1).target.labelsOf(0, 0))]).toEqual([
      ...[-1, -1],
      ...[-1, 1],
    ]);
    // What says nothing of places stays as it is.
    const { target } = jitterPictures({ ...picture, target: valueTarget(["height"], [3]) }, aside, 1);
    expect(target).toEqual({ kind: "values", names: ["height"], values: [3] });
  });

  test("maps of another size, and what is no map", () => {
    const moved = jitterPictures(samples, { translate: [0.125, 0.125], border: "edge" }, 1);
    const coarse = new Float32Array(192);
    const { coarse: coarser, single: one } = moved.arrays ?? {};
    if (coarser?.type === "float32") coarser.read(0, 0, coarse, 0);
    // an eighth of 16 columns are 2
    expect([...coarse.subarray(0, 16)]).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    const single = new Float32Array(2);
    if (one?.type === "float32") one.read(0, 0, single, 0);
    expect([...single]).toEqual([3, 4]);
  });

  test("boxes hold what they held", () => {
    for (let epoch = 0; epoch < 30; epoch++) {
      // without elastic warping the corners say all
      const affine = jitterTransform(shape, { ...jitter, elastic: 0, border: "constant" }, 7, 0, epoch);
      const box = affine.box({ x: 9, y: 7, width: 11, height: 8 });
      const mask = affine.mask(labels);
      const at = [...mask].flatMap((label, i) => (label === 1 ? [[i % width, Math.floor(i / width)]] : []));
      const [xs, ys] = [at.map(([x]) => x), at.map(([, y]) => y)];
      if (!box) throw new Error("The box is outside.");
      // pixels of which the middle is inside
      expect(Math.abs(Math.min(...xs) - box.x)).toBeLessThan(1.5);
      expect(Math.abs(Math.max(...xs) + 1 - box.x - box.width)).toBeLessThan(1.5);
      expect(Math.abs(Math.min(...ys) - box.y)).toBeLessThan(1.5);
      expect(Math.abs(Math.max(...ys) + 1 - box.y - box.height)).toBeLessThan(1.5);
    }
    const away = jitterTransform({ height: 10, width: 10 }, { translate: [0.5, 0.5] }, 1, 0, 0);
    expect(away.box({ x: 0, y: 0, width: 8, height: 4 })).toEqual({ x: 5, y: 5, width: 5, height: 4 });
    expect(away.box({ x: 6, y: 6, width: 2, height: 2 })).toBeUndefined();
    expect(() => away.mask([1])).toThrow("A mask of 10×10 pixels has 100 labels, got 1.");
  });

  test("points find their place through elastic warping: it shows what was there", () => {
    const size = 64;
    // x as the byte, so that a pixel tells which column it comes from
    const ramp = Array.from({ length: size * size }, (_, i) => 3 * (i % size));
    const warped: Jitter = { elastic: [0.02, 0.02], rotate: [20, 20] };
    const bytes = bytesOf(jitterPictures(samplesOf({ channels: 1, height: size, width: size }, ramp), warped, 4));
    const transform = jitterTransform({ height: size, width: size }, warped, 4, 0, 0);
    for (const [x, y] of [
      [20.5, 30.5],
      [32, 32],
      [44.5, 25.5],
    ]) {
      const [u, v] = transform.point(x, y);
      const [i, j] = [Math.floor(u - 0.5), Math.floor(v - 0.5)];
      const [right, down] = [u - 0.5 - i, v - 0.5 - j];
      const at = (dx: number, dy: number): number => bytes[(j + dy) * size + i + dx];
      const shown =
        (1 - down) * ((1 - right) * at(0, 0) + right * at(1, 0)) + down * ((1 - right) * at(0, 1) + right * at(1, 1));
      expect(Math.abs(shown - 3 * (x - 0.5))).toBeLessThan(1);
    }
  });
});
