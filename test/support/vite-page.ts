/** A page that starts threads and the worker that decodes, and tells its server which files they run. */

import { decodePicture } from "../../src/data/web/index.js";
import { webEngine } from "../../src/engine/web.js";
import { errorText } from "../../src/values/error-text.js";
import { PREPROCESSING } from "../../src/values/preprocessing.js";

const workers: string[] = [];
const Own = Worker;
globalThis.Worker = class extends Own {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options);
    workers.push(String(url));
  }
};

async function told() {
  const { threads } = await webEngine({ threads: 2, loadingTime: 30 });
  const canvas = new OffscreenCanvas(2, 1);
  canvas.getContext("2d")?.fillRect(0, 0, 1, 1);
  const preprocessing = PREPROCESSING.make({ width: 2, height: 1, channels: 1, fit: "squash" });
  const { data } = await decodePicture(await canvas.convertToBlob(), preprocessing);
  return { threads, data: Array.from(data), workers };
}

const answer = await told().catch((error) => ({ error: errorText(error) }));
await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
