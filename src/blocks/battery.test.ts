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
import { type Kind, Matrix, makerOf } from "../../test/battery/matrix.js";
import { feedsOf, graphOf, inParts, type Outcome, outcomes } from "../../test/battery/run.js";
import { groupsOf, sizeFor, type Training, train } from "../../test/battery/train.js";
import { cpu, describeDevices, devices, difference, expectClose, type TestDevice } from "../../test/devices.js";
import { once } from "../../test/support/once.js";
import { DifferentiationError } from "../autodiff/differentiate.js";
import { EngineError } from "../engine/engine.js";
import * as blocks from "./index.js";

/** A processor keeps a batch of so many images as C×H×W×N. */
const WHOLE_BATCH = 16;

/** Numbers that are all smaller are judged as if one were as large: the runtime's Sigmoid is right to 7 decimals, not 7 digits. */
const FLOOR = 0.01;

/** What has run; the table of docs/blocks.md. */
const matrix = new Matrix();

const named = (cases: readonly Case[]): [string, number, Case][] => cases.map((it, i) => [it.name, i, it]);

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

/** Notes what a device cannot run; the table says so. On a processor everything runs. */
function expectExplained(block: string, device: TestDevice, kind: Kind, error: Error): void {
  if (device === cpu || !(error instanceof EngineError || error instanceof DifferentiationError)) throw error;
  expect(error.message).toMatch(/^[^\n]+$/);
  matrix.failed(block, device.name, kind, error.message);
}

const hasSlope = ({ layer }: Case): boolean => layer.type !== "loss" || layer.weight !== 0;

describe.each(FAMILIES)("%s", (family, cases) => {
  describeDevices("as in PyTorch", (device) => {
    const found = once(() => outcomes(device, family, cases, "backward"));
    test.each(named(cases))("%s", async (_, i, it) => {
      const block = makerOf(layerOf(it));
      if (device === cpu) matrix.count(block);
      const outcome = (await found())[i];
      if (outcome instanceof Error) {
        expectExplained(block, device, "backward", outcome);
        const [value] = await outcomes(device, family, [it], "forward");
        if (value instanceof Error) return expectExplained(block, device, "forward", value);
        expectClose(value.y, it.y, device.tolerance, "y");
      } else {
        expectEqual(outcome, it, device.tolerance);
        if (hasSlope(it)) matrix.ran(block, device.name, "backward");
      }
      matrix.ran(block, device.name, "forward");
    });
  });

  describe.each(devices.filter(({ name }) => name !== "webgpu").map((device) => [device.name, device] as const))(
    "in a batch of 16 or more, %s",
    (_, device) => {
      const many = cases.map((it) => repeated(it, copiesFor(it, WHOLE_BATCH)));
      const found = once(() => outcomes(device, family, many, "pooled"));
      test.each(named(many))("%s", async (_, i, it) => expectEqual((await found())[i], it, device.tolerance));
    },
  );

  describe("by differences", () => {
    const smooth = cases.filter((it) => it.smooth !== false);
    const found = once(() => inParts(smooth, (part) => differences(family, part)));
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

  describe("in training", () => {
    const groups = once(async () => groupsOf(cases));
    /** A case for each block; the others differ from it in what the rest of the battery has tried already. */
    const few = once(async () =>
      groupsOf([...new Map([...cases].reverse().map((it) => [makerOf(layerOf(it)), it])).values()].reverse()),
    );
    const onCpu = new Map<string, Training>();
    const trainings = devices.flatMap((device) =>
      (device.name === "webgpu" ? [2] : [2, WHOLE_BATCH]).map((size) => [device.name, size, device] as const),
    );
    test.each(trainings)("%s, a batch of %i", async (_, size, device) => {
      for (const group of await (device === cpu && size === WHOLE_BATCH ? groups() : few())) {
        const losses = await train(device, family, group, sizeFor(cases), size);
        for (const [i, it] of group.entries()) {
          const key = `${it.name}, ${size}`;
          if (device === cpu) onCpu.set(key, losses[i]);
          const own = makerOf(layerOf(it));
          const mine = losses[i];
          if (mine instanceof Error) expectExplained(own, device, "training", mine);
          else {
            expectTrained(it, mine, onCpu.get(key), device);
            if (hasSlope(it)) matrix.ran(own, device.name, "training");
          }
        }
      }
    });
  });
});

/** Expects losses that fall, as on the processor; five steps add up what their numbers are off. */
function expectTrained(it: Case, losses: readonly number[], onCpu: Training | undefined, device: TestDevice): void {
  if (onCpu && !(onCpu instanceof Error)) {
    expect(difference(losses, onCpu, FLOOR), `${it.name}: as on cpu`).toBeLessThanOrEqual(10 * device.tolerance);
  }
  const [first] = losses;
  const last = losses[losses.length - 1];
  // Where there is no slope, or no loss, there is nowhere to fall to.
  if (hasSlope(it) && first > 0) expect(last, `${it.name}: falls`).toBeLessThan(first);
  else expect(last, `${it.name}: stays`).toBe(first);
}

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
      if (name === undefined || k === undefined || !(data instanceof Float32Array)) return [];
      return [{ i, name, k, data, x: data[k] }];
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

/** What the room gives beside the functions that make layers. */
const BESIDE_BLOCKS = new Set([
  ...["FOR_USE", "ShapeError", "defineBlock", "defineLoss", "dropNumbers", "normalNumbers", "metricNamed"],
  // other names for a clip and a scale
  ...["relu6", "gate"],
  // whatever ONNX's operators compute, each of which has tests of its own; its own are those of the import
  "graphLayer",
]);

test("docs/blocks.md says what has run", async ({ skip }) => {
  const names = devices.map(({ name }) => name);
  skip(names.length < 3, "a device is absent");
  skip(!matrix.isComplete(names), "not every case has run");
  const made = Object.keys(blocks).filter((name) => !BESIDE_BLOCKS.has(name));
  expect(matrix.blocks().sort(), "every block has cases").toEqual(made.sort());
  await expect(matrix.page(names)).toMatchFileSnapshot("../../docs/blocks.md");
});
