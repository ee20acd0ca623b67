import { errorText } from "../../values/error-text.js";

/** Raised when a run's folder cannot be used, or does not take what is written to it. */
export class RunError extends Error {
  override readonly name = "RunError";
}

/** Why the system refused to write, as the end of a sentence. */
function refusalText(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return "no space is left on the disk";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "the folder may not be written to";
  return errorText(error);
}

/**
 * Writes something of a run.
 *
 * @param what what it is: "the events"
 * @throws RunError with the system's reason in words
 */
export async function saveInRun(folder: string, what: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new RunError(
      `Could not save ${what} in ${folder}: ${refusalText(error)}. What was saved before is whole; the same command goes on from there.`,
      { cause: error },
    );
  }
}
