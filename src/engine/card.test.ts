import { expect, test } from "vitest";
import { cpu, describeCards } from "../../test/devices.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32, int64, zeros } from "../graph/tensor.js";
import type { Graph, Tensor } from "../graph/types.js";
import { brought, type Program } from "./engine.js";

/** y = x + b, and the sum of x. */
function addition(): Graph {
  const g = new GraphBuilder("addition");
  const [x, b] = [g.input("x", "float32", [3]), g.input("b", "float32", [3])];
  g.output("y", g.op("Add", [x, b]));
  g.output("sum", g.op("ReduceSum", [x], { keepdims: 0 }));
  return g.build();
}

const threeOf = (...numbers: number[]): Tensor<"float32"> => float32(numbers, [numbers.length]);
const b = threeOf(10, 20, 30);

/** The elements of a kept tensor. */
const read = async (tensor: Tensor): Promise<number[]> => Array.from((await brought({ tensor })).tensor.data, Number);

describeCards("a kept tensor", ({ engine }) => {
  let opened: Promise<Program> | undefined;
  const program = (): Promise<Program> => {
    opened ??= engine.load(addition());
    return opened;
  };

  test("goes from run to run, and is read and written in between", async () => {
    const { keep, run } = await program();
    const given = threeOf(1, 2, 3);
    let [x, y] = [keep(given), keep(zeros("float32", [3]))];
    for (let i = 0; i < 3; i++) {
      const outputs = await run({ x, b }, { y });
      expect(outputs.y).toBe(y);
      [x, y] = [y, x];
    }
    expect(await read(x)).toEqual([31, 62, 93]);
    expect(await read(y)).toEqual([21, 42, 63]);
    x.data[0] = 0;
    const { sum } = await run({ x, b }, { y });
    expect(sum.data[0]).toBe(155);
    expect(await read(y)).toEqual([10, 82, 123]);
    expect([...given.data]).toEqual([1, 2, 3]);
  });

  test("that is written holds what was written, though it was read before", async () => {
    const { keep, run } = await program();
    const y = keep(threeOf(7, 7, 7));
    expect(await read(y)).toEqual([7, 7, 7]);
    await run({ x: threeOf(1, 2, 3), b }, { y });
    expect(await read(y)).toEqual([11, 22, 33]);
    await run({ x: threeOf(1, 1, 1), b }, { y });
    expect(await read(y)).toEqual([11, 21, 31]);
  });

  test("says how it is read, while it lies on the card", async () => {
    const { keep, run } = await program();
    const x = keep(threeOf(1, 2, 3));
    await run({ x, b });
    expect(() => x.data).toThrow("The tensor lies on the graphics card: it is read after `await brought({ tensor })`.");
    expect(await read(x)).toEqual([1, 2, 3]);
  });

  test("of one program is taken by others of the engine, and once brought by those of another", async () => {
    const first = await program();
    const [second, other] = [await engine.load(addition()), await cpu.engine.load(addition())];
    const y = first.keep(zeros("float32", [3]));
    await first.run({ x: threeOf(1, 2, 3), b }, { y });
    expect((await second.run({ x: y, b })).sum.data[0]).toBe(66);
    await second.close();
    expect(await read(y)).toEqual([11, 22, 33]);
    expect((await other.run({ x: y, b })).sum.data[0]).toBe(66);
    await other.close();
  });

  test("stays here where it is no float, or empty", async () => {
    const { keep } = await program();
    expect([...keep(int64([1, 2])).data]).toEqual([1n, 2n]);
    expect(keep(zeros("float32", [0])).data.length).toBe(0);
  });
});
