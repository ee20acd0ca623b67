import { errorText } from "../../values/error-text.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import { BrokenPicture } from "../pictures/broken-picture.js";
import type { Image } from "../pictures/image.js";
import { isPixels, type Pixels, prepareImage } from "../pictures/prepare-image.js";
import { type Answer, type Decodable, decodeInto, pixelsIn, type Question } from "./decode-pixels.js";

/** What a page has pictures in: files, what is seen (`<img>`, `<canvas>`, a `<video>` with the camera's picture of this moment), or pixels. */
export type PictureSource = Blob | ImageBitmapSource | Pixels;

/** Where pictures are decoded. */
type Decode = (source: Decodable, preprocessing: Preprocessing) => Promise<Image>;

/**
 * Decodes a picture in a page, in a worker where the page can start it, and prepares it for a model as its preprocessing says: what the browser decodes goes
 * through {@link prepareImage}. A camera's rotation is applied.
 *
 * @param preprocessing that of the model: `model.preprocessing`
 * @param name what it is called in a message
 * @returns C×H×W bytes
 * @throws BrokenPicture when the browser cannot decode it
 * @example
 * const [file] = document.querySelector("input").files;
 * const { data } = await decodePicture(file, model.preprocessing);
 */
export async function decodePicture(
  source: PictureSource,
  preprocessing: Preprocessing,
  name = "given",
): Promise<Image> {
  if (!(source instanceof Blob) && isPixels(source)) return prepareImage(source, preprocessing);
  decoder ??= startDecoder();
  const decode = await decoder;
  try {
    const decodable = source instanceof Blob ? source : await createImageBitmap(source);
    return await decode(decodable, preprocessing);
  } catch (error) {
    throw broken(name, error);
  }
}

/**
 * The pixels of a picture of a page, in its own size: what a {@link Classifier} takes. A camera's rotation is applied.
 *
 * @throws BrokenPicture when the browser cannot decode it
 * @example
 * const [likeliest] = await classifier.classify(await pixelsOf(document.querySelector("video")));
 */
export async function pixelsOf(source: PictureSource): Promise<Pixels> {
  if (!(source instanceof Blob) && isPixels(source)) return source;
  try {
    return await pixelsIn(source instanceof Blob ? source : await createImageBitmap(source));
  } catch (error) {
    throw broken("given", error);
  }
}

function broken(name: string, error: unknown): BrokenPicture {
  const reason = errorText(error);
  return new BrokenPicture(name, reason, { message: `Cannot decode the picture ${name}: ${reason}`, cause: error });
}

let decoder: Promise<Decode> | undefined;

/** Starts the worker; where it does not start, such as in a page whose bundler has not made a file of it, pictures are decoded where they are asked for. */
async function startDecoder(): Promise<Decode> {
  if (typeof Worker === "undefined") return decodeInto;
  try {
    const worker = new Worker(new URL("./decode-worker.js", import.meta.url), { type: "module" });
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = reject;
    });
    return decodeIn(worker);
  } catch {
    return decodeInto;
  }
}

/** Asks a worker, which answers in any order. */
function decodeIn(worker: Worker): Decode {
  const waiting = new Map<
    number,
    { readonly resolve: (image: Image) => void; readonly reject: (error: Error) => void }
  >();
  let last = 0;
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    if (data.id === undefined) return;
    const { resolve, reject } = waiting.get(data.id) ?? {};
    waiting.delete(data.id);
    if ("image" in data) resolve?.(data.image);
    else reject?.(new Error(data.reason));
  };
  worker.onerror = ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
    decoder = undefined;
  };
  return (source, preprocessing) =>
    new Promise((resolve, reject) => {
      const question: Question = { id: ++last, source, preprocessing };
      waiting.set(question.id, { resolve, reject });
      worker.postMessage(question, source instanceof Blob ? [] : [source]);
    });
}
