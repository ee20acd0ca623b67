/**
 * What ONNX Runtime makes of an ONNX file, without any of Bell Pepper: `node file-answers.js FILE BATCH THREADS` reads lines with a number of runs, and answers each with their
 * milliseconds and the most memory that the process ever had, as JSON. The file has one input, of fixed size but for the batch; all optimisations are on.
 */

import { InferenceSession, Tensor } from "onnxruntime-node";
import { answerRuns } from "./answer-runs.js";
import { randomBytes } from "./random-bytes.js";

const [file, batch, threads, ...sizes] = process.argv.slice(2);
await answerRuns(async () => {
  const session = await InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: Number(threads),
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
  });
  const shape = [batch, ...sizes].map(Number);
  const bytes = randomBytes(shape.reduce((a, b) => a * b, 1));
  const image = new Tensor("float32", Float32Array.from(bytes), shape);
  return () => session.run({ [session.inputNames[0]]: image });
});
