/**
 * What Bell Pepper's classifier says of pictures, from bytes to classes, on request: `node own-answers.js FILE BATCH THREADS` reads lines with a number of batches, and answers
 * each with their milliseconds and the most memory that the process ever had, as JSON. FILE is one that `writeOnnx` wrote.
 */

import { readFile } from "node:fs/promises";
import type { Image } from "../data/pictures/image.js";
import { nodeEngine } from "../engine/node.js";
import { preparedClassifier } from "../evaluation/classifier.js";
import { fromOnnx } from "../network/model/model.js";
import { inputOf } from "../network/network.js";
import { answerRuns } from "./answer-runs.js";
import { randomBytes } from "./random-bytes.js";

const [file, batch, threads] = process.argv.slice(2);
await answerRuns(async () => {
  const model = fromOnnx(await readFile(file));
  const { channels, height, width } = inputOf(model.network);
  const classifier = await preparedClassifier(nodeEngine({ threads: Number(threads) }), model);
  const images = Array.from(
    { length: Number(batch) },
    (): Image => ({
      ...{ channels: channels === 1 ? 1 : 3, height, width },
      data: randomBytes(channels * height * width),
    }),
  );
  return () => classifier.classify(images);
});
