/** Why a file's pixels cannot be read, as the end of a sentence: "it breaks off". */
export class PixelError extends RangeError {
  override readonly name = "PixelError";

  /** A pixel whose colours differ where they should not. */
  static colour(values: readonly number[], x: number, y: number): PixelError {
    return new PixelError(`it has a colour (${values.join(" ")} at x ${x}, y ${y}): expected one value for each class`);
  }
}
