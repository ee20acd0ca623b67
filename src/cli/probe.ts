/** Tries one device: a matrix product and a convolution, checked and timed. Run by the doctor in a process of its own. */

import { isDevice } from "../engine/devices.js";
import type { Device } from "../engine/engine.js";
import { nodeEngine } from "../engine/node.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import { errorText } from "../values/error-text.js";

const SIZE = 1024;

/** @returns "196 GFLOP/s in matrix products" */
async function tried(device: Device, threads: number): Promise<string> {
  const engine = nodeEngine({ device, threads });
  const g = new GraphBuilder("probe");
  const a = g.input("a", "float32", [SIZE, SIZE]);
  const b = g.input("b", "float32", [SIZE, SIZE]);
  const image = g.input("image", "float32", [1, 1, 8, 8]);
  g.output("product", g.op("ReduceMax", [g.op("MatMul", [a, b])], { keepdims: 0 }));
  g.output("convolution", g.op("Conv", [image, g.constant(float32(Array<number>(9).fill(1), [1, 1, 3, 3]))]));
  const program = await engine.load(g.build());
  const ones = float32(new Float32Array(SIZE * SIZE).fill(1), [SIZE, SIZE]);
  const inputs = { a: ones, b: ones, image: float32(new Float32Array(64).fill(1), [1, 1, 8, 8]) };
  const milliseconds: number[] = [];
  for (let i = 0; i < 6; i++) {
    const started = performance.now();
    const { product, convolution } = await program.run(inputs);
    milliseconds.push(performance.now() - started);
    if (product.data[0] !== SIZE || convolution.data[0] !== 9) throw new Error("it computes wrong numbers");
  }
  await program.close();
  return `${((2 * SIZE ** 3) / Math.min(...milliseconds) / 1e6).toFixed(0)} GFLOP/s in matrix products`;
}

const [device, threads] = process.argv.slice(2);
try {
  if (!isDevice(device)) throw new Error(`there is no device '${device}'`);
  process.stdout.write(`${await tried(device, Number(threads))}\n`);
  process.exit(0);
} catch (error) {
  process.stderr.write(`\n${errorText(error).split("\n")[0]}\n`);
  process.exit(1);
}
