/** What pages do with pictures, and training steps in WebAssembly, told to the page's server. Its own address says with how many threads. */

import { zipSync } from "fflate";
import { decodePicture, decodePictures, drawPageLetters, pixelsOf, zippedPictures } from "../../src/data/web/index.js";
import { webEngine } from "../../src/engine/web.js";
import { errorText } from "../../src/values/error-text.js";
import { PREPARED, ramp } from "./ramp.js";
import { type StepNetwork, webSteps } from "./web-steps.js";

/** What a page tells of pictures. */
async function pictures() {
  const canvas = new OffscreenCanvas(40, 30);
  canvas.getContext("2d")?.putImageData(new ImageData(ramp(40, 30), 40, 30), 0, 0);
  const png = await canvas.convertToBlob({ type: "image/png" });
  const bytes = new Uint8Array(await png.arrayBuffer());
  const files = {
    "set/dog/2.png": bytes,
    "set/cat/1.png": bytes,
    "set/dog/3.png": bytes.subarray(0, 60),
    "set/.hidden.png": bytes,
    "set/dog/notes.txt": bytes,
  };
  const zip = new Blob([zipSync(files) as Uint8Array<ArrayBuffer>]);
  const { paths, target, broken, count, read } = await decodePictures(await zippedPictures(zip), PREPARED);
  const second = new Uint8Array(20 * 16 * 3);
  read(1, 0, second, 0);
  const letters = await drawPageLetters(["DejaVu Sans", "No Such Font 7", "DejaVu Sans"]).catch(errorText);
  return {
    file: Array.from((await decodePicture(png, PREPARED)).data),
    pixels: Array.from((await pixelsOf(png)).data),
    canvas: Array.from((await decodePicture(canvas, PREPARED)).data),
    samples: { paths, target, count, second: Array.from(second), broken: broken.map(({ message }) => message) },
    noZip: await zippedPictures(png, "a.zip").then(() => "", errorText),
    letters: typeof letters === "string" ? letters : { ...letters, pixels: Array.from(letters.pixels) },
  };
}

async function told() {
  const task = new URL(import.meta.url).searchParams;
  const engine = await webEngine({ threads: Number(task.get("threads")) });
  const objectives: Record<string, readonly number[]> = {};
  for (const name of task.getAll("network")) objectives[name] = await webSteps(engine, name as StepNetwork);
  return { threads: engine.threads, objectives, pictures: await pictures() };
}

/** What a page tells. */
export type WebPage = Awaited<ReturnType<typeof told>> | { readonly error: string };

const answer = await told().catch((error) => ({ error: errorText(error) }));
await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
