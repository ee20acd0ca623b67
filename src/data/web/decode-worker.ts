/** The worker that decodes pictures beside a page. */

import { errorText } from "../../values/error-text.js";
import { type Answer, decodeInto, type Question } from "./decode-pixels.js";

const answer = (message: Answer, moved: Transferable[] = []): void => self.postMessage(message, { transfer: moved });

self.onmessage = async ({ data: { id, source, preprocessing } }: MessageEvent<Question>) => {
  try {
    const image = await decodeInto(source, preprocessing);
    answer({ id, image }, [image.data.buffer as ArrayBuffer]);
  } catch (error) {
    answer({ id, reason: errorText(error) });
  }
};
answer({});
