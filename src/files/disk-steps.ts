/** What a step does to the disk. */
export type DiskStep = "make folder" | "create" | "write" | "sync" | "rename" | "append" | "remove";

type Watch = (step: DiskStep, path: string) => void | Promise<void>;

let watch: Watch | undefined;

/**
 * Has every step told that is about to change the disk, before it is taken: a test ends the program there, or lets the step fail.
 *
 * @param told is told the step and the path; what it throws is what the step throws. Nobody is told where it is left out.
 */
export function watchDisk(told?: Watch): void {
  watch = told;
}

/** Takes a step that changes the disk. */
export async function takeStep<T>(step: DiskStep, path: string, take: () => Promise<T>): Promise<T> {
  await watch?.(step, path);
  return take();
}
