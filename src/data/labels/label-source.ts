/** Labels that are read row by row, so that a map of any size needs little memory. */

/** The labels in a file. */
export interface LabelSource {
  readonly width: number;
  readonly height: number;
  /** The labels of each row, from top to bottom: whole numbers from 0 to 65535. @throws LabelError when it is damaged, or a pixel is no label */
  rows(): AsyncGenerator<Uint16Array, void, undefined>;
}

/** Why a file has no labels, as the end of a sentence. */
export class LabelError extends Error {
  override readonly name = "LabelError";

  /** A pixel whose colours differ. */
  static colour(values: readonly number[], x: number, y: number): LabelError {
    return new LabelError(`it has a colour (${values.join(" ")} at x ${x}, y ${y}): expected one value for each class`);
  }
}
