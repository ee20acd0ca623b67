import { errorText } from "../values/error-text.js";

/** What the system's codes mean, as the end of a sentence. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the disk",
  EDQUOT: "no space is left for this user on the disk",
  EFBIG: "the disk does not take a file of this size",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "the disk is read-only",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "it is, or lies in, a file and not a folder",
  EEXIST: "it is a file, not a folder",
  EISDIR: "it is a folder, not a file",
  EBUSY: "another program uses it",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its links lead round and round",
  EIO: "the disk reports an error",
};

/** The system's code of an error, such as "ENOSPC". */
export const diskCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/**
 * Why the system refused to read or write, as the end of a sentence; another error's own text.
 *
 * @example
 * diskReason(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" })); // "no space is left on the disk"
 */
export function diskReason(error: unknown): string {
  const code = diskCode(error);
  return (code !== undefined && REASONS[code]) || errorText(error);
}

/**
 * What an error says, in words and with its path, where the system has raised it; another error's own text.
 *
 * @example
 * const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", path: "runs/a/model.onnx" });
 * diskText(full); // "runs/a/model.onnx: no space is left on the disk."
 */
export function diskText(error: unknown): string {
  const path = error instanceof Error && "path" in error && typeof error.path === "string" ? error.path : undefined;
  const code = diskCode(error);
  if (code === undefined || REASONS[code] === undefined) return errorText(error);
  return path === undefined ? `${errorText(error)}: ${REASONS[code]}.` : `${path}: ${REASONS[code]}.`;
}
