import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defined } from "../../values/defined.js";
import type { Dataset, DatasetItem, Part } from "./dataset.js";
import { folds, type Split, splitDataset } from "./split.js";

const dataset = (classes: number, items: readonly Omit<DatasetItem, "path">[]): Dataset => ({
  root: ".",
  format: "list",
  problems: [],
  classes: Array.from({ length: classes }, (_, i) => `${i}`),
  items: items.map((item, i) => ({ path: `${i}.png`, ...item })),
});

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** How many items of each class a part has. */
const counts = (set: Dataset, part: readonly number[]): number[] =>
  set.classes.map((_, label) => part.filter((i) => set.items[i].label === label).length);

const everything = ({ training, validation, test }: Split): number[] =>
  [...training, ...validation, ...test].sort((a, b) => a - b);

describe("a split by picture", () => {
  // 50, 10 and 2 pictures
  const set = dataset(3, [...times(50, { label: 0 }), ...times(10, { label: 1 }), ...times(2, { label: 2 })]);

  test("gives each class its shares, and one to each part of what is too few", () => {
    const split = splitDataset(set, { validation: 0.2, test: 0.1 });
    // 35 + 10 + 5 of 50; 7 + 2 + 1 of 10; 1.4, 0.4 and 0.2 of 2
    expect(counts(set, split.training)).toEqual([35, 7, 1]);
    expect(counts(set, split.validation)).toEqual([10, 2, 1]);
    expect(counts(set, split.test)).toEqual([5, 1, 0]);
    expect(everything(split)).toEqual(set.items.map((_, i) => i));
    const two = splitDataset(set, { validation: 0.01 });
    expect(counts(set, two.validation)).toEqual([1, 1, 1]);
  });

  test("is decided by the seed", () => {
    expect(splitDataset(set, { seed: 7 })).toEqual(splitDataset(set, { seed: 7 }));
    expect(splitDataset(set, { seed: 7 }).validation).not.toEqual(splitDataset(set, { seed: 8 }).validation);
  });

  test("leaves pictures where the data set says that they are", () => {
    const parts: (Part | undefined)[] = [
      ...times(8, "training" as const),
      ...times(2, undefined),
      ...times(4, "test" as const),
    ];
    const mnist = dataset(
      1,
      parts.map((split) => ({ label: 0, ...defined({ split }) })),
    );
    const split = splitDataset(mnist, { validation: 0.2, test: 0.5 });
    expect(split.test).toEqual([10, 11, 12, 13]);
    expect([split.training.length, split.validation.length]).toEqual([8, 2]);
    const own = dataset(1, [{ label: 0, split: "validation" }, ...times(9, { label: 0 })]);
    expect(splitDataset(own, { validation: 0.5 }).validation).toEqual([0]);
  });

  test("refuses shares that leave nothing", () => {
    expect(() => splitDataset(set, { validation: 1 })).toThrow(/expected 0 or more, below 1, got 1/);
    expect(() => splitDataset(set, { validation: 0.5, test: 0.5 })).toThrow(/Expected something left for training/);
    expect(() => splitDataset(dataset(1, [{ label: 0 }]))).toThrow(
      "Nothing is left for validation: the data set has 1 pictures.",
    );
  });
});

describe("a split by group", () => {
  test("keeps groups together and the shares of the classes near those asked for", () => {
    // 100 groups of 1 to 10 pictures; each group is of class 0 or 1, two to one
    const groups = Array.from({ length: 100 }, (_, g) =>
      times(1 + ((g * 7) % 10), { label: g % 3 === 0 ? 1 : 0, group: `${g}` }),
    );
    const set = dataset(2, groups.flat());
    const split = splitDataset(set, { validation: 0.2, test: 0.1 });
    const groupsOf = (part: readonly number[]): Set<string | undefined> => new Set(part.map((i) => set.items[i].group));
    const [a, b, c] = [groupsOf(split.training), groupsOf(split.validation), groupsOf(split.test)];
    expect(a.size + b.size + c.size).toBe(100);
    const totals = counts(set, everything(split));
    for (const [part, share] of [
      [split.training, 0.7],
      [split.validation, 0.2],
      [split.test, 0.1],
    ] as const) {
      counts(set, part).forEach((count, label) => {
        expect(Math.abs(count / totals[label] - share)).toBeLessThan(0.01);
      });
    }
  });

  test("counts by picture where told to, and by group where there are groups", () => {
    const set = dataset(1, times(10, { label: 0, group: "one patient" }));
    expect(splitDataset(set, { by: "picture" }).validation).toHaveLength(2);
    expect(() => splitDataset(set)).toThrow(
      "Nothing is left for validation: the data set has 10 pictures in 1 groups, which stay together.",
    );
  });

  test("never divides a group, whatever there is", () => {
    const item = fc.record({ label: fc.nat(3), group: fc.constantFrom("a", "b", "c", "d", "e", "f") });
    fc.assert(
      fc.property(
        fc.array(item, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2, max: 4 }),
        fc.nat(),
        (items, k, seed) => {
          const set = dataset(4, items);
          fc.pre(new Set(items.map(({ group }) => group)).size >= k);
          const splits = folds(set, k, { seed });
          for (const { training, validation } of splits) {
            const inside = new Set(validation.map((i) => items[i].group));
            expect(training.some((i) => inside.has(items[i].group))).toBe(false);
          }
          expect(splits.flatMap(({ validation }) => validation).sort((a, b) => a - b)).toEqual(items.map((_, i) => i));
        },
      ),
    );
  });
});

describe("folds", () => {
  test("have each picture once for validation, and each class in equal shares", () => {
    const set = dataset(3, [...times(11, { label: 0 }), ...times(10, { label: 1 }), ...times(4, { label: 2 })]);
    const splits = folds(set, 5);
    expect(splits.flatMap(({ validation }) => validation).sort((a, b) => a - b)).toEqual(set.items.map((_, i) => i));
    for (const { training, validation } of splits) {
      const [zeros, ones, twos] = counts(set, validation);
      expect([2, 3]).toContain(zeros);
      expect(ones).toBe(2);
      expect([0, 1]).toContain(twos);
      expect(training.length + validation.length).toBe(25);
    }
    // 25 pictures in 5 folds: what cannot be shared out does not all go to the first
    expect(splits.map(({ validation }) => validation.length).sort()).toEqual([4, 5, 5, 5, 6]);
  });

  test("leave the test part alone, and must be two at least", () => {
    const set = dataset(1, [{ label: 0, split: "test" }, ...times(4, { label: 0 })]);
    expect(folds(set, 2).map(({ test }) => test)).toEqual([[0], [0]]);
    expect(() => folds(set, 1)).toThrow(/the number of folds.* at least 2/);
    expect(() => folds(set, 5)).toThrow(
      "Nothing is left for fold 5 of 5: the data set has 5 pictures, 1 of them in its test part. Expected at most 4 folds.",
    );
  });

  test("say how many there may be", () => {
    const set = dataset(3, [...times(10, { label: 0 }), ...times(9, { label: 1 }), ...times(9, { label: 2 })]);
    expect(() => folds(set, 100)).toThrow(
      /fold 29 of 100: .* Expected at most 28 folds\. Each needs a picture of its own\.$/,
    );
    expect(folds(set, 11)).toHaveLength(11);
    // each picture is left out once
    const single = folds(set, 28).map(({ validation }) => validation);
    expect(single.every(({ length }) => length === 1)).toBe(true);
    expect(single.flat().sort((a, b) => a - b)).toEqual(set.items.map((_, i) => i));
    const grouped = dataset(2, [
      ...["a", "a", "b", "c", "c"].map((group) => ({ label: 0, group })),
      ...["d", "e"].map((group) => ({ label: 1, group })),
    ]);
    expect(
      folds(grouped, 5)
        .map(({ validation }) => validation.length)
        .sort(),
    ).toEqual([1, 1, 1, 2, 2]);
    expect(() => folds(grouped, 6)).toThrow(/Expected at most 5 folds\. Each needs a group of its own\.$/);
  });
});
