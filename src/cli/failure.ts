import { diskCode, diskText } from "../files/disk-error.js";
import { escaped } from "../values/place.js";
import { UsageError } from "../values/usage-error.js";

/** Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by the user. */
export const EXIT = { done: 0, failed: 1, usage: 2, stopped: 130 } as const;

export { UsageError };

/** Whether an error is of a call that cannot be right: an option's value was refused by the command, or by the job that it was for. */
export const isUsage = (error: unknown): boolean =>
  error instanceof UsageError ||
  ((error instanceof RangeError || error instanceof TypeError) &&
    /^(Invalid value for|Unknown option) /.test(error.message));

/** An error in one line, for a person; a name in it that has signs which a terminal obeys is shown with these escaped. */
export const messageOf = (error: unknown): string => escaped(textOf(error));

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const path = "path" in error && typeof error.path === "string" ? error.path : undefined;
  if (diskCode(error) === undefined || path === undefined) return error.message;
  if (diskCode(error) === "ENOENT") return `${path}: there is no such file.`;
  if (diskCode(error) === "EISDIR") return `${path} is a folder; expected a file.`;
  return diskText(error);
}
