import { diskReason } from "../../files/disk-error.js";

/** Raised when a run's folder cannot be used, or does not take what is written to it. */
export class RunError extends Error {
  override readonly name = "RunError";
}

/**
 * Writes something of a run.
 *
 * @param what what it is: "the events"
 * @param begun whether there is something in the folder that the same command goes on from
 * @throws RunError with the system's reason in words
 */
export async function saveInRun(
  folder: string,
  what: string,
  begun: boolean,
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    const rest = begun
      ? "What was saved before is whole; once that is mended, the same command (without --fresh) goes on from there."
      : "Nothing of this run was saved before: once that is mended, the same command begins anew.";
    throw new RunError(`Could not save ${what} in ${folder}: ${diskReason(error)}. ${rest}`, { cause: error });
  }
}
