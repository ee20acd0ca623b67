/** Networks in use: the files that Bell Pepper writes, and its classifier, against PyTorch's own files of the same networks in the same runtime. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { networkTable } from "../network/display/table.js";
import { writeOnnx } from "../network/model/write-onnx.js";
import { inputOf, type Network, outputOf } from "../network/network.js";
import { initialize } from "../training/step/initialize.js";
import { interleaved, ratio, timeText, turnsOf } from "./interleaved.js";
import { NETWORKS } from "./networks.js";
import { classifierAnswers, exportedFile, fileAnswers, type Peer, type PyTorch } from "./peers.js";

/** One picture at a time, and many. */
const BATCHES = [1, 32];

/** Lines about each network, for both batches and with one thread and two. PyTorch's file comes first, where there is one, and is what the others are compared with. */
export async function* measureInference(
  named: readonly string[],
  torch: PyTorch | undefined,
): AsyncGenerator<string, void, undefined> {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-inference-"));
  const [own, theirs] = ["own.onnx", "pytorch.onnx"].map((name) => join(folder, name));
  try {
    for (const name of named) {
      const network = NETWORKS[name].network();
      await writeFile(own, fileOf(network));
      for (const batch of BATCHES) {
        const exported = torch ? await exportedFile(torch, name, batch, theirs) : "there is no PyTorch 2";
        if (typeof exported === "string") yield `${name}: nothing of PyTorch's to compare with, ${exported}`;
        else {
          const { multiplyAdds } = networkTable(network).totals;
          if (multiplyAdds !== exported.multiplyAdds)
            yield `${name}: ${multiplyAdds} multiply-adds for a picture, PyTorch's has ${exported.multiplyAdds}`;
        }
        for (const threads of [1, 2].slice(0, availableParallelism())) {
          yield `${name}, batch ${batch}, ${threads} thread${threads > 1 ? "s" : ""} (load average ${loadavg()[0].toFixed(1)})`;
          yield* compared(network, { batch, threads, own, ...(typeof exported === "string" ? {} : { theirs }) });
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The network for use, with the parameters that it begins its training with. */
function fileOf(network: Network): Uint8Array {
  const { channels } = inputOf(network);
  return writeOnnx({
    network,
    parameters: new Map(initialize(network, 1)),
    classes: Array.from({ length: outputOf(network).channels }, (_, k) => `class ${k + 1}`),
    normalization: { mean: Array<number>(channels).fill(127.5), scale: (network.name === "ocr" ? 256 : 1) / 255 },
    history: null,
  });
}

interface Comparison {
  readonly batch: number;
  readonly threads: number;
  /** the files */
  readonly own: string;
  readonly theirs?: string;
}

async function* compared(network: Network, { batch, threads, own, theirs }: Comparison) {
  const { channels, height, width } = inputOf(network);
  const shape = [batch, channels, height, width];
  const map = outputOf(network);
  const starting = [
    ...(theirs === undefined ? [] : [() => fileAnswers("PyTorch's file, ONNX Runtime", theirs, threads, shape)]),
    () => fileAnswers("Bell Pepper's file, ONNX Runtime", own, threads, shape),
    // a map is no class
    ...(map.height * map.width === 1 ? [() => classifierAnswers(own, threads, batch)] : []),
  ];
  const started: Peer[] = [];
  for (const start of starting) {
    const made = await start();
    if (typeof made === "string") yield `  skipped: ${made}`;
    else started.push(made);
  }
  try {
    const [, warm] = await started[0].run(2);
    const results = await interleaved(started, ...turnsOf(warm));
    for (const [i, measured] of results.entries()) {
      const { loaded, megabytes } = started[i];
      const share = theirs === undefined || i === 0 ? "" : `, ${ratio(measured, results[0]).toFixed(2)} × as long`;
      yield `  ${measured.name.padEnd(36)} ${timeText(measured)}${share}, ${megabytes().toFixed(0)} MB at most, ready in ${(loaded / 1000).toFixed(1)} s`;
    }
  } finally {
    for (const contender of started) contender.close();
  }
}
