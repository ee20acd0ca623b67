import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";

/** What is at a path, a link followed; undefined where there is nothing, or nothing that can be looked at. */
export const statIfExists = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);

/** Whether a file or folder is at a path. */
export const exists = async (path: string): Promise<boolean> => (await statIfExists(path)) !== undefined;

/** Whether a regular file is at a path. */
export const isFile = async (path: string): Promise<boolean> => (await statIfExists(path))?.isFile() ?? false;
