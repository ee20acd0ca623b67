/** Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by the user. */
export const EXIT = { done: 0, failed: 1, usage: 2, stopped: 130 } as const;

export { UsageError } from "../values/usage-error.js";

/** An error in one line, for a person. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  const path = "path" in error && typeof error.path === "string" ? error.path : undefined;
  if (path !== undefined && code === "ENOENT") return `${path}: there is no such file.`;
  if (path !== undefined && code === "EISDIR") return `${path} is a folder; expected a file.`;
  if (path !== undefined && code === "EACCES") return `${path} may not be read.`;
  return error.message;
}
