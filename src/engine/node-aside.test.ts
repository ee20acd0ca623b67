import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { GraphBuilder } from "../graph/builder.js";
import { float32, tensor, zeros } from "../graph/tensor.js";
import type { Graph, Tensor } from "../graph/types.js";
import { nodeEngine } from "./node.js";

/** y = x + b, and the sum of x. */
function addition(): Graph {
  const g = new GraphBuilder("addition");
  const [x, b] = [g.input("x", "float32", [3]), g.input("b", "float32", [3])];
  g.output("y", g.op("Add", [x, b]));
  g.output("sum", g.op("ReduceSum", [x], { keepdims: 0 }));
  return g.build();
}

const threeOf = (...numbers: number[]): Tensor<"float32"> => float32(numbers, [numbers.length]);

const engine = nodeEngine({ threads: 1 });
const aside = await engine.load(addition(), { aside: true });
const b = threeOf(10, 20, 30);

test("a program says whether it runs beside its caller", async () => {
  expect(aside.isAside).toBe(true);
  const own = await engine.load(addition());
  expect(own.isAside).toBe(false);
  await own.close();
});

test("what its caller does meanwhile is done before the run ends", async () => {
  const log: string[] = [];
  const running = aside.run({ x: threeOf(1, 2, 3), b }).then(() => log.push("run"));
  log.push("meanwhile");
  await running;
  expect(log).toEqual(["meanwhile", "run"]);
});

test("tensors that are not kept are copied both ways", async () => {
  const [x, y] = [threeOf(1, 2, 3), zeros("float32", [3])];
  const outputs = await aside.run({ x, b }, { y });
  expect(outputs.y).toBe(y);
  expect([...y.data]).toEqual([11, 22, 33]);
  expect(outputs.sum.data[0]).toBe(6);
  expect([...x.data]).toEqual([1, 2, 3]);
});

test("a part of an array is taken, and nothing beside it", async () => {
  const x = tensor("float32", [3], Float32Array.of(9, 1, 2, 3, 9).subarray(1, 4));
  const { y } = await aside.run({ x, b });
  expect([...y.data]).toEqual([11, 22, 33]);
});

test("kept tensors go from run to run, and are read and written in between", async () => {
  const given = threeOf(1, 2, 3);
  let [x, y] = [aside.keep(given), aside.keep(zeros("float32", [3]))];
  for (let i = 0; i < 3; i++) {
    await aside.run({ x, b }, { y });
    [x, y] = [y, x];
  }
  expect([...x.data]).toEqual([31, 62, 93]);
  expect([...y.data]).toEqual([21, 42, 63]);
  x.data[0] = 0;
  await aside.run({ x, b }, { y });
  expect([...y.data]).toEqual([10, 82, 123]);
  expect([...given.data]).toEqual([1, 2, 3]);
});

test("a kept tensor that is read during a run waits for its end", async () => {
  const [x, y] = [aside.keep(threeOf(1, 2, 3)), aside.keep(zeros("float32", [3]))];
  const running = aside.run({ x, b }, { y });
  expect([...y.data]).toEqual([11, 22, 33]);
  await running;
});

test("a kept tensor is waited for, also by a thread that is woken too early", async () => {
  const g = new GraphBuilder("slow");
  const x = g.input("x", "float32", [1000, 1000]);
  g.output("y", g.op("ReduceMax", [g.op("MatMul", [x, x])], { keepdims: 0 }));
  const slow = await engine.load(g.build(), { aside: true });
  const y = slow.keep(zeros("float32", []));
  const ones = tensor("float32", [1000, 1000], new Float32Array(1e6).fill(1));
  const running = slow.run({ x: ones }, { y });
  const wait = vi.spyOn(Atomics, "wait").mockReturnValueOnce("ok");
  expect(y.data[0]).toBe(1000);
  expect(wait).toHaveBeenCalledTimes(2);
  wait.mockRestore();
  await running;
  await slow.close();
});

test("two programs share what is kept, also one of the caller's own thread", async () => {
  const [other, own] = [await engine.load(addition(), { aside: true }), await engine.load(addition())];
  const [x, y] = [aside.keep(threeOf(1, 2, 3)), aside.keep(zeros("float32", [3]))];
  await aside.run({ x, b }, { y });
  const [there, here] = [await other.run({ x: y, b }), await own.run({ x: y, b })];
  expect([...there.y.data]).toEqual([21, 42, 63]);
  expect([...here.y.data]).toEqual([21, 42, 63]);
  await Promise.all([other.close(), own.close()]);
});

test("a run that fails says why, and loses nothing", async () => {
  const x = aside.keep(threeOf(1, 2, 3, 4));
  await expect(aside.run({ x, b })).rejects.toThrow(/The graph 'addition' does not run on cpu: .*(dimension|shape)/);
  expect([...x.data]).toEqual([1, 2, 3, 4]);
  await expect(aside.run({ x: zeros("float32", [3]) })).rejects.toThrow(/'addition'.*b/);
});

test("a run that cannot be sent loses nothing, and what comes after it runs", async () => {
  const [x, gone] = [aside.keep(threeOf(1, 2, 3)), threeOf(1, 2, 3)];
  structuredClone(gone.data.buffer, { transfer: [gone.data.buffer as ArrayBuffer] });
  await expect(aside.run({ x, b: gone })).rejects.toThrow("detached");
  expect((await aside.run({ x, b })).sum.data[0]).toBe(6);
  expect([...x.data]).toEqual([1, 2, 3]);
});

test("a closed program runs no more, and the thread goes on", async () => {
  const program = await engine.load(addition(), { aside: true });
  await program.close();
  await program.close();
  await expect(program.run({ x: b, b })).rejects.toThrow("was closed");
  expect((await aside.run({ x: b, b })).sum.data[0]).toBe(60);
});

const root = join(import.meta.dirname, "../..");

/** What becomes of a process of its own, which has a program for x of a size, and goes on with it. */
function processed(size: number, graph: string, goesOn: string): readonly [status: number | null, stdout: string] {
  if (!existsSync(join(root, "dist/engine/node-aside.js"))) throw new Error("Run npm run build first.");
  const script = `
    import { nodeEngine } from "./dist/engine/node.js";
    import { GraphBuilder } from "./dist/graph/builder.js";
    import { zeros } from "./dist/graph/tensor.js";
    const g = new GraphBuilder("own");
    const x = g.input("x", "float32", [${size}, ${size}]);
    g.output("y", ${graph});
    const program = await nodeEngine({ threads: 1 }).load(g.build(), { aside: true });
    const input = zeros("float32", [${size}, ${size}]);
    ${goesOn}
  `;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    ...{ cwd: root, encoding: "utf8", timeout: 60_000 },
  });
  return [status, stdout];
}

test("an idle thread does not keep a process, and one at work does", () => {
  const goesOn = "input.data[0] = 21; console.log((await program.run({ x: input })).y.data[0]);";
  expect(processed(1, 'g.op("Add", [x, x])', goesOn)).toEqual([0, "42\n"]);
});

test("a process ends as it wants to, also while the thread is at work", () => {
  const goesOn = "program.run({ x: input }); setTimeout(() => process.exit(3), 300);";
  const products = "Array.from({ length: 30 }).reduce((y) => g.op('MatMul', [y, x]), x)";
  expect(processed(1000, products, goesOn)).toEqual([3, ""]);
});
