import { describe, expect, test } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import { classError } from "../../blocks/loss/class-losses.js";
import { softmaxCrossEntropyLoss } from "../../blocks/loss/value-losses.js";
import { nodeEngine } from "../../engine/node.js";
import { sequential } from "../../network/network.js";
import { train } from "../../training/train.js";
import type { Samples } from "../samples.js";
import { type ClassTarget, classTarget } from "../target.js";
import { type Mixing, mixPictures, SHARES } from "./mix-pictures.js";

const SIZE = 16;
/** Pictures of one grey each: 0, 60, 120, 180, 240 for the classes 0 … 4. */
const flat: Samples<ClassTarget> = {
  count: 5,
  shape: { channels: 2, height: SIZE, width: SIZE },
  target: classTarget(["a", "b", "c", "d", "e"], [0, 1, 2, 3, 4]),
  read: (index, _epoch, into, offset) => into.fill(60 * index, offset, offset + 2 * SIZE * SIZE),
};

interface Seen {
  readonly bytes: Uint8Array;
  readonly shares: number[];
}

const see = (samples: Samples, index: number, epoch: number): Seen => {
  const bytes = new Uint8Array(2 * SIZE * SIZE);
  const shares = new Float32Array(5);
  samples.read(index, epoch, bytes, 0);
  const array = samples.arrays?.[SHARES];
  if (array?.type === "float32") array.read(index, epoch, shares, 0);
  return { bytes, shares: [...shares] };
};

const many = (mixing: Mixing, count: number): Seen[] => {
  const samples = mixPictures(flat, mixing, 1);
  return Array.from({ length: count }, (_, epoch) => see(samples, 2, epoch));
};

/** The own share, and the other's class. */
function said({ shares }: Seen): { own: number; other: number } {
  const other = shares.findIndex((share, i) => i !== 2 && share > 0);
  expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  expect(shares[2]).toBeGreaterThanOrEqual(0.5);
  expect(shares.filter((share) => share > 0).length).toBeLessThanOrEqual(2);
  return { own: shares[2], other };
}

describe("mixup", () => {
  test("every byte is the mean by the shares", () => {
    for (const seen of many({ mixup: 1 }, 50)) {
      const { own, other } = said(seen);
      const expected = own * 120 + (1 - own) * 60 * other;
      expect(new Set(seen.bytes).size).toBe(1);
      expect(Math.abs(seen.bytes[0] - expected)).toBeLessThanOrEqual(0.51);
    }
  });

  test("the larger share has the distribution of max(λ, 1 − λ), and partners come equally often", () => {
    // of B(1, 1): uniform in ½ … 1, mean ¾, deviation 1/√48 = 0.144
    const all = many({ mixup: 1 }, 2000).map(said);
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
    expect(Math.abs(mean(all.map(({ own }) => own)) - 0.75)).toBeLessThan((4 * 0.144) / Math.sqrt(2000));
    for (const partner of [0, 1, 3, 4]) {
      expect(Math.abs(all.filter(({ other }) => other === partner).length - 500)).toBeLessThan(80);
    }
    // of B(α, α) the variance is 1/(4·(2α + 1)): the mean of (λ − ½)²
    for (const alpha of [0.05, 0.2, 3]) {
      const squares = many({ mixup: alpha }, 2000)
        .map(said)
        .map(({ own }) => (own - 0.5) ** 2);
      expect(Math.abs(mean(squares) * 4 * (2 * alpha + 1) - 1)).toBeLessThan(0.15);
    }
  });
});

describe("cutmix", () => {
  test("a rectangle of the other, and its part of the area is its share", () => {
    let clipped = 0;
    for (const seen of many({ cutmix: 1 }, 200)) {
      const { own, other } = said(seen);
      const plane = [...seen.bytes.subarray(0, SIZE * SIZE)];
      expect([...seen.bytes.subarray(SIZE * SIZE)]).toEqual(plane);
      const at = plane.flatMap((byte, i) => (byte === 120 ? [] : [i]));
      expect(at.length / SIZE ** 2).toBeCloseTo(1 - own, 5);
      if (at.length === 0) continue;
      expect(at.every((i) => plane[i] === 60 * other)).toBe(true);
      const [xs, ys] = [at.map((i) => i % SIZE), at.map((i) => Math.floor(i / SIZE))];
      const [w, h] = [Math.max(...xs) - Math.min(...xs) + 1, Math.max(...ys) - Math.min(...ys) + 1];
      expect(w * h).toBe(at.length);
      if (Math.abs(w - h) > 1) clipped++;
    }
    expect(clipped).toBeGreaterThan(20);
  });

  test("both: each in half of the cases", () => {
    const cuts = many({ mixup: 1, cutmix: 1 }, 400).filter(({ bytes }) => new Set(bytes).size === 2).length;
    // 200 ± 4·10, and some cuts of less than a pixel
    expect(cuts).toBeGreaterThan(150);
    expect(cuts).toBeLessThan(240);
  });
});

test("depends on seed, epoch and index alone; without mixing nothing changes", () => {
  const [one, two] = [mixPictures(flat, { mixup: 1, cutmix: 1 }, 5), mixPictures(flat, { mixup: 1, cutmix: 1 }, 5)];
  const first = [0, 1, 2, 3, 4].map((i) => see(one, i, 3));
  expect([4, 3, 2, 1, 0].map((i) => see(two, i, 3)).reverse()).toEqual(first);
  expect([0, 1, 2, 3, 4].map((i) => see(one, i, 4))).not.toEqual(first);
  const plain = see(mixPictures(flat, {}, 1), 3, 1);
  expect(plain.shares).toEqual([0, 0, 0, 1, 0]);
  expect(new Set(plain.bytes)).toEqual(new Set([180]));
});

test("partners are prepared too", async () => {
  const prepared: number[][] = [];
  const lazy: Samples<ClassTarget> = { ...flat, prepare: async (indices) => void prepared.push(Array.from(indices)) };
  const samples = mixPictures(lazy, { mixup: 1 }, 1);
  await samples.prepare?.([2], 0);
  expect(prepared[0][0]).toBe(2);
  expect(prepared[0][1]).toBe(said(see(samples, 2, 0)).other);
  expect(mixPictures(flat, { mixup: 1 }, 1).prepare).toBeUndefined();
});

test("what cannot be mixed is refused", () => {
  expect(() => mixPictures(flat, { mixup: -1 }, 1)).toThrow(
    "Invalid value for mixup: expected a number of at least 0 and at most 4, got -1.",
  );
  expect(() => mixPictures(flat, { cutmix: 5 }, 1)).toThrow(
    "Invalid value for cutmix: expected a number of at least 0 and at most 4, got 5.",
  );
  expect(() => mixPictures(mixPictures(flat, {}, 1), { mixup: 1 }, 1)).toThrow("cannot be mixed; these have shares.");
});

test("a network learns from mixed pictures, and its errors are measured", async () => {
  const network = sequential("mixed", flat.shape, [
    conv(SIZE, 5, { name: "scores" }),
    softmaxCrossEntropyLoss({ name: "loss", inputs: ["scores"], target: SHARES }),
    classError({ name: "error", inputs: ["scores"] }),
  ]);
  const normalization = { mean: [120, 120], scale: 1 / 1000 };
  const options = { normalization, epochs: 30, batchSize: 5, learningRate: 0.02 };
  const [training, validation] = [mixPictures(flat, { mixup: 0.2 }, 1), mixPictures(flat, {}, 1)];
  const objectives: number[] = [];
  let error: number | undefined;
  for await (const event of train(nodeEngine({ threads: 1 }), network, { training, validation, ...options })) {
    if (event.type !== "epoch") continue;
    objectives.push(event.validation?.objective ?? Number.NaN);
    error = event.validation?.metrics.top1Error;
  }
  expect(objectives[29]).toBeLessThan(objectives[0]);
  expect(error).toBeLessThan(0.8);
});
