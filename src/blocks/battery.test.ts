/** One battery for every block: its numbers against PyTorch's, its gradients against differences, its JSON, its training. */

import { describe, expect, test } from "vitest";
import {
  type Case,
  coordinates,
  copiesFor,
  FAMILIES,
  type Listed,
  layerOf,
  repeated,
} from "../../test/battery/cases.js";
import { feedsOf, graphOf, type Outcome, outcomes } from "../../test/battery/run.js";
import { cpu, describeDevices, difference, expectClose } from "../../test/devices.js";

/** A processor keeps a batch of so many images as C×H×W×N. */
const WHOLE_BATCH = 16;

/** Gradients that are all smaller are judged as if one were as large: the runtime's Sigmoid is right to 7 decimals, not 7 digits. */
const FLOOR = 0.01;

/** Expects every number of a case. */
function expectEqual(outcome: Outcome, it: Case, tolerance: number): void {
  if (outcome instanceof Error) throw outcome;
  const equal = (name: string, expected: Listed, floor = 0): void =>
    expectClose(outcome[name], expected, tolerance, name, floor);
  equal("y", it.y);
  for (const [i, gradient] of it.inputGradients.entries()) equal(`dx${i}`, gradient, FLOOR);
  for (const [name, gradient] of Object.entries(it.parameterGradients)) equal(`d/${name}`, gradient, FLOOR);
  for (const [name, average] of Object.entries(it.averages ?? {})) equal(`average/${name}`, average);
}

/** What is made when it is first asked for, and kept. */
function once<V>(make: () => Promise<V>): () => Promise<V> {
  let made: Promise<V> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const named = (cases: readonly Case[]): [string, number, Case][] => cases.map((it, i) => [it.name, i, it]);

describe.each(FAMILIES)("%s", (family, cases) => {
  describeDevices("as in PyTorch", (device) => {
    const found = once(() => outcomes(device, family, cases, "backward"));
    test.each(named(cases))("%s", async (_, i, it) => expectEqual((await found())[i], it, device.tolerance));
  });

  describeDevices("in a batch of 16 or more", (device) => {
    const many = cases.map((it) => repeated(it, copiesFor(it, WHOLE_BATCH)));
    const found = once(() => outcomes(device, family, many, "backward"));
    test.each(named(many))("%s", async (_, i, it) => expectEqual((await found())[i], it, device.tolerance));
  });

  describe("by differences", () => {
    const smooth = cases.filter((it) => it.smooth !== false);
    const found = once(() => differences(family, smooth));
    test.each(named(smooth))("%s", async (_, i, it) => {
      const slopes = (await found())[i];
      const gradients = [
        ...it.inputGradients.map((gradient, k) => [`x${k}`, gradient] as const),
        ...Object.entries(it.parameterGradients),
      ];
      for (const [name, { data }] of gradients) {
        const expected = data.map((_, k) => slopes.get(`${name} ${k}`) ?? Number.NaN);
        expect(difference(data, expected, FLOOR), name).toBeLessThanOrEqual(2e-3);
      }
    });
  });

  test.each(named(cases))("%s: survives JSON", (_, __, it) => {
    expect(JSON.parse(JSON.stringify(layerOf(it)))).toEqual(it.layer);
  });
});

/**
 * Half the distance of two values: a power of two, so that x ± STEP is hardly rounded. The formula's own error is of the order
 * STEP²·y‴/6 ≈ 4·10⁻⁵ y‴; rounding y to float32 adds about 4·10⁻⁶ y.
 */
const STEP = 2 ** -6;

/** The derivative of Σ y·dy by each number of each case, from two values; all cases take a step in the same run. */
async function differences(family: string, cases: readonly Case[]): Promise<Map<string, number>[]> {
  const program = await cpu.engine.load(graphOf(`${family}: values`, cases, "forward"));
  const feeds = feedsOf(cases, program);
  const steps = cases.map(coordinates);
  const found = cases.map(() => new Map<string, number>());
  const projections = async (): Promise<number[]> => {
    const results = await program.run(feeds);
    return cases.map(({ dy }, i) => dy.data.reduce((sum, d, k) => sum + d * Number(results[`${i}/y`].data[k]), 0));
  };
  for (let step = 0; step < Math.max(...steps.map(({ length }) => length)); step++) {
    const moved = steps.flatMap((all, i) => {
      const [name, k] = all[step] ?? [];
      const data = feeds[`${i}/${name}`]?.data;
      return name !== undefined && k !== undefined && data instanceof Float32Array
        ? [{ i, name, k, data, x: data[k] }]
        : [];
    });
    for (const { data, k, x } of moved) data[k] = x + STEP;
    const above = await projections();
    for (const { data, k, x } of moved) data[k] = x - STEP;
    const below = await projections();
    for (const { i, name, k, data, x } of moved) {
      data[k] = x;
      found[i].set(`${name} ${k}`, (above[i] - below[i]) / (2 * STEP));
    }
  }
  await program.close();
  return found;
}
