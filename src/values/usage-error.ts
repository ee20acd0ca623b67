/** Raised when something is asked for in a way that cannot be right, whatever the data; the command then ends with exit code 2. */
export class UsageError extends RangeError {
  override readonly name: string = "UsageError";
}
