import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";

/**
 * Tests on a file system that is soon full. Only root may mount one: elsewhere they are skipped, with a word.
 *
 * @param size "300k"
 * @param tests declares them, on the folder where it is mounted
 */
export function describeFullDisk(size: string, tests: (place: string) => void): void {
  const place = mounted(size);
  const title = place === undefined ? "a full disk: needs the right to mount one" : "a full disk";
  describe.skipIf(place === undefined)(title, () => {
    afterAll(() => {
      if (place !== undefined) execFileSync("umount", [place]);
    });
    tests(place ?? "");
  });
}

function mounted(size: string): string | undefined {
  const place = mkdtempSync(join(tmpdir(), "bellpepper-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", place], { stdio: "ignore" });
    return place;
  } catch {
    rmSync(place, { recursive: true });
    return undefined;
  }
}
