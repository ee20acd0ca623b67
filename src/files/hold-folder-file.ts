/**
 * One process at a time writes into a folder. Who writes there has a file of its own in it, `.lock-…`, and is alone when it sees no other
 * after it has made its own. A file that a crash leaves behind is told by its process, which is no longer there, or, where another machine
 * made it that shares the disk, by its age: who is there touches its file every few seconds.
 */

import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync, unlinkSync } from "node:fs";
import { access, constants, type FileHandle, open, readdir, readFile, rm, rmdir, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { number, text, whole } from "../values/kind.js";
import { type RecordOf, record, required } from "../values/record.js";
import { diskCode, diskReason } from "./disk-error.js";
import { exists } from "./exists-file.js";
import { makeFolders } from "./make-folder-file.js";

/** How often who is there touches its file, and after how long without a touch nobody is. */
const BEAT_MS = 10_000;
const SILENT_MS = 60_000;
/** How often two that come at the same time try again. */
const TRIES = 6;

/** Begins the names of the files that say who writes into a folder. */
const LOCK = ".lock-";

/** Whether a file of this name says who writes into a folder. */
export const isLock = (name: string): boolean => name.startsWith(LOCK);

/** How a folder is held. */
interface HoldOptions {
  /** how long another process that holds it is waited for, in milliseconds; about a second */
  readonly patience?: number;
}

/** A folder that no other process writes into. */
export interface HeldFolder {
  /** Leaves it to others; where it was made to be held and is still empty, it is removed. */
  close(this: void): Promise<void>;
}

/** What a lock says of who made it. */
const HOLDER = record({
  process: required(whole(1)),
  host: required(text()),
  /** the machine since it was started, and the space of its process numbers: two of the same see each other's processes */
  space: required(text()),
  /** when the process was started, as the system counts; 0 where it does not say */
  started: required(number()),
  /** when it began here */
  since: required(text()),
});

/**
 * Holds a folder as long as this process writes into it; it is made where it is not there.
 *
 * @throws Error when another process holds it: which one, where, and since when; or when the folder cannot be used
 * @example
 * const held = await holdFolder("held");
 * await holdFolder("held").catch((error: Error) => error.message); // /^held is in use by process \d+ on .+, since .+/
 * await held.close();
 */
export async function holdFolder(folder: string, { patience = 0 }: HoldOptions = {}): Promise<HeldFolder> {
  const made = await makeFolders(folder).catch((error: unknown) => {
    throw new Error(`${folder} cannot be used for a run: ${diskReason(error)}. Choose another folder.`, {
      cause: error,
    });
  });
  try {
    return await hold(folder, LOCK, folder, made, patience);
  } catch (error) {
    await removeEmpty(folder, made);
    throw error;
  }
}

/** Holds the name of a folder that is about to appear: the lock lies beside it. @throws as {@link holdFolder} */
export async function holdNew(folder: string): Promise<HeldFolder> {
  const parent = dirname(folder);
  const made = await makeFolders(parent);
  return hold(parent, `.${basename(folder)}${LOCK}`, folder, made);
}

/** A folder that will be written into. */
export interface FolderToHold extends HeldFolder {
  /** Makes it, and holds it from now on; nothing where it is held already. @throws as {@link holdFolder} */
  begin(this: void): Promise<void>;
}

/**
 * Holds a folder that is there from the beginning, so that nobody waits to hear that another process uses it, and one that is not only when
 * something is to be written: what is refused before leaves none.
 *
 * @throws as {@link holdFolder}
 */
export async function folderToHold(folder: string): Promise<FolderToHold> {
  let held = (await exists(folder)) ? await holdFolder(folder) : undefined;
  if (!held) await expectRoomFor(folder);
  return {
    async begin() {
      held ??= await holdFolder(folder);
    },
    async close() {
      await held?.close();
    },
  };
}

/** @throws Error unless the nearest folder above that is there is a folder that may be written into */
async function expectRoomFor(folder: string): Promise<void> {
  let above = dirname(resolve(folder));
  while (!(await exists(above)) && above !== dirname(above)) above = dirname(above);
  const found = await stat(above);
  const refusal = found.isDirectory()
    ? await access(above, constants.W_OK).then(() => undefined, diskReason)
    : "it lies in a file, not in a folder";
  if (refusal) throw new Error(`${folder} cannot be used for a run: ${refusal}. Choose another folder.`);
}

async function hold(
  place: string,
  prefix: string,
  folder: string,
  made: string | undefined,
  patience = 0,
): Promise<HeldFolder> {
  const end = performance.now() + patience;
  const path = join(place, `${prefix}${randomUUID()}`);
  const content = `${JSON.stringify(holderNow())}\n`;
  for (let tries = 1; ; tries++) {
    const file = await open(path, "wx").catch(async (error: unknown) => {
      // another process has just removed the folder, which it had made for nothing
      if (diskCode(error) === "ENOENT" && tries < TRIES) return makeFolders(place).then(() => open(path, "wx"));
      throw new Error(`${folder} cannot be written to: ${diskReason(error)}. Choose another folder.`, { cause: error });
    });
    try {
      await touch(file, content);
      const other = await otherThan(path, place, prefix);
      if (other === undefined) return heldBy(file, path, content, () => removeEmpty(place, made));
      await leave(file, path);
      if (tries >= TRIES && performance.now() > end) throw new Error(inUseText(folder, other));
    } catch (error) {
      await leave(file, path);
      throw error;
    }
    await pause(50 + 250 * Math.random());
  }
}

/** Keeps touching the lock until it is closed, or the process ends. */
function heldBy(file: FileHandle, path: string, content: string, tidy: () => Promise<void>): HeldFolder {
  const beat = setInterval(() => void touch(file, content).catch(() => undefined), BEAT_MS);
  beat.unref();
  const atExit = (): void => {
    try {
      unlinkSync(path);
    } catch {
      // whoever comes next sees that the process is gone
    }
  };
  process.on("exit", atExit);
  return {
    async close() {
      clearInterval(beat);
      process.off("exit", atExit);
      await leave(file, path);
      await tidy();
    },
  };
}

/** Writes who is there, anew: the time of the file is then that of the disk's own clock. */
async function touch(file: FileHandle, content: string): Promise<void> {
  await file.write(content, 0);
  await file.sync();
}

const holderNow = (): RecordOf<typeof HOLDER.fields> => ({
  process: process.pid,
  host: hostname(),
  space: space(),
  started: startOf("self"),
  since: new Date().toISOString(),
});

async function leave(file: FileHandle, path: string): Promise<void> {
  await file.close().catch(() => undefined);
  await rm(path, { force: true }).catch(() => undefined);
}

/** Removes folders that were made for nothing, from the inner to the first that was made. */
async function removeEmpty(folder: string, made: string | undefined): Promise<void> {
  if (made === undefined) return;
  const first = resolve(made);
  for (let each = resolve(folder); each.startsWith(first); each = dirname(each)) {
    const removed = await rmdir(each).then(
      () => true,
      (error: unknown) => diskCode(error) === "ENOENT",
    );
    if (!removed) return;
  }
}

/** Who else is there; locks of those who are no longer are removed. */
async function otherThan(own: string, place: string, prefix: string): Promise<Other | undefined> {
  const { mtimeMs: now } = await stat(own);
  for (const name of await readdir(place)) {
    const path = join(place, name);
    if (!name.startsWith(prefix) || path === own) continue;
    const other = await otherIn(path, now);
    if (other?.alive) return other;
    if (other) await rm(path, { force: true });
  }
  return undefined;
}

/** Someone whose lock was found. */
interface Other {
  readonly alive: boolean;
  readonly who: string;
}

/** Who a lock is of; undefined where it has gone meanwhile. */
async function otherIn(path: string, now: number): Promise<Other | undefined> {
  const [content, found] = await Promise.all([readFile(path, "utf8"), stat(path)]).catch(() => []);
  if (content === undefined || found === undefined) return undefined;
  const silent = (now - found.mtimeMs) / 1000;
  const fresh = now - found.mtimeMs < SILENT_MS;
  const holder = holderIn(content);
  // a lock that is only being written has nothing in it yet
  if (!holder) return { alive: fresh, who: "a process that has just begun" };
  const { process: id, host, started, since } = holder;
  const who = `process ${id} on ${host}, since ${since.replace("T", " ").replace(/\.\d+Z$/, " UTC")}`;
  if (holder.space === space()) return { alive: isRunning(id, started), who };
  return { alive: fresh, who: `${who}, last sign of life ${Math.max(0, Math.round(silent))} s ago` };
}

function holderIn(content: string): RecordOf<typeof HOLDER.fields> | undefined {
  try {
    return HOLDER.read(JSON.parse(content), "lock");
  } catch {
    return undefined;
  }
}

const inUseText = (folder: string, { who }: Other): string =>
  `${folder} is in use by ${who}. Wait until it has ended, stop it, or choose another folder.`;

/** Whether a process is there, and is the one that was started then. */
function isRunning(id: number, started: number): boolean {
  try {
    process.kill(id, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  const now = startOf(id);
  return now === 0 || started === 0 || now === started;
}

/** When a process was started, in ticks since the machine was: Linux tells; 0 elsewhere. */
function startOf(id: number | "self"): number {
  const stat = readIfThere(`/proc/${id}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0) || 0;
}

/** The machine since it was started, and the space of its process numbers; containers have their own. */
function space(): string {
  const boot = readIfThere("/proc/sys/kernel/random/boot_id").trim();
  let numbers = "";
  try {
    numbers = readlinkSync("/proc/self/ns/pid");
  } catch {
    // not Linux
  }
  return [hostname(), boot, numbers].join(" ");
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
