/** The labels in a TIFF file: the numbers that are stored, and not what they look like. */

import { PixelError } from "../pictures/numbers/pixel-error.js";
import { openTiffNumbers, type TiffNumbers } from "../pictures/numbers/tiff-numbers-file.js";
import type { LabelSource } from "./label-source.js";

/** What the numbers may stand for, by the number in tag 262: grey of which 0 is white or black, a palette's index, a part of another picture. */
const GREY: readonly number[] = [0, 1, 3, 4];
const COLOUR = 2;

/**
 * Opens the labels of a TIFF's first page: of grey and of colour the number itself, of a palette its index, whether 0 is called black or white,
 * whatever opacity, profile or palette say of how it looks.
 *
 * @throws PixelError when its numbers are no labels, or it is packed in a way that is not read
 */
export async function openTiffLabels(path: string): Promise<LabelSource & { close(): Promise<void> }> {
  const numbers = await openTiffNumbers(path);
  const { width, height, close } = numbers;
  try {
    expectLabels(numbers);
    return { width, height, rows: () => rowsOf(numbers), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function expectLabels({ photometric, samples, isTurned, others }: TiffNumbers): void {
  if (others > 0) throw new PixelError(`it has ${others + 1} pages: expected one, or smaller copies of it`);
  if (isTurned) throw new PixelError("it is to be turned, as its tag 274 says; save it upright");
  if (photometric === COLOUR && samples < 3) throw new PixelError(`it has ${samples} colours`);
  if (photometric === COLOUR || GREY.includes(photometric)) return;
  throw new PixelError(`its pixels are colours of another kind (photometric ${photometric}): expected grey values`);
}

async function* rowsOf(numbers: TiffNumbers): AsyncGenerator<Uint16Array, void, undefined> {
  const { width, samples, photometric } = numbers;
  let y = 0;
  for await (const row of numbers.rows()) {
    const labels = new Uint16Array(width);
    for (let x = 0; x < width; x++) {
      const value = row[x * samples];
      if (photometric === COLOUR && (row[x * samples + 1] !== value || row[x * samples + 2] !== value)) {
        throw PixelError.colour([...row.subarray(x * samples, x * samples + 3)], x, y);
      }
      if (!Number.isInteger(value) || value < 0 || value > 65535) {
        throw new PixelError(`it has ${value} at x ${x}, y ${y}: expected whole numbers from 0 to 65535`);
      }
      labels[x] = value;
    }
    yield labels;
    y++;
  }
}
