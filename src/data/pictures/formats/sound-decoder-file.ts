import { readFile, stat } from "node:fs/promises";
import { readStart } from "../../../files/start-file.js";
import { resampleSound } from "../../sound/resample-sound.js";
import { bytesOfSamples, ofLength } from "../../sound/sound-bytes.js";
import { SOUND_PICTURE, spectrogramPicture } from "../../sound/spectrogram-picture.js";
import { readWav, type Sound, WavError, type WavHead, wavHead } from "../../sound/wav.js";
import type { Image } from "../image.js";
import type { Decoder, PictureFile } from "./decoder.js";

/** The samples of a file begin within so many bytes. */
const HEAD = 65536;
/** Seconds of a sound that is read whole: longer ones are recordings to be cut. */
const LONGEST = 600;

/** The decoder of sounds: to the two rows of bytes that networks take, or, for pages, to the picture of its spectrogram. */
export const soundDecoder: Decoder = {
  async metadata(file) {
    const { rate, length, bits } = await headOf(file);
    return { format: "wav", width: length, height: 1, grey: true, depth: bits, alpha: false, pages: 1, rate };
  },
  async decode(file, { rate, size, channels, box }) {
    if (box) throw new RangeError("it has a box, and is a sound, of which no part can be cut out");
    const sound = await readSound(file);
    if (rate !== undefined && size !== undefined) return rowsOf(sound, rate, size.width);
    const grey = spectrogramPicture(sound.samples, sound.rate, size ?? SOUND_PICTURE);
    return channels === 1
      ? grey
      : { ...grey, channels, data: new Uint8Array([...grey.data, ...grey.data, ...grey.data]) };
  },
};

/** The middle of a sound as the two rows that networks take. */
async function rowsOf({ samples, rate: own }: Sound, rate: number, width: number): Promise<Image> {
  // a little more than is kept, so that the ends are as they would be
  const needed = Math.ceil((width * own) / rate) + 256;
  const part = samples.length > needed ? ofLength(samples, needed) : samples;
  const fitted = ofLength(await resampleSound(part, own, rate), width);
  return { width, height: 2, channels: 1, data: bytesOfSamples(fitted) };
}

/**
 * The sound in a file.
 *
 * @throws WavError that says what is wrong with it: it is no WAV file, cut off, or longer than ten minutes
 */
export async function readSound(file: PictureFile): Promise<Sound> {
  await headOf(file);
  return readWav(typeof file === "string" ? await readFile(file) : file);
}

async function headOf(file: PictureFile): Promise<WavHead> {
  const isPath = typeof file === "string";
  const size = isPath ? (await stat(file)).size : file.length;
  const head = wavHead(isPath ? await readStart(file, HEAD) : file.subarray(0, HEAD), size);
  if (head.length > LONGEST * head.rate) {
    const minutes = Math.round(head.length / head.rate / 60);
    throw new WavError(
      `it lasts ${minutes} minutes: expected at most ${LONGEST / 60}; cut it into pieces, a word each`,
    );
  }
  return head;
}
