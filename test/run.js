// The test command: types, lint and format, build, every test. Ends with "N passed, N failed".
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "bellpepper-test-"));
const results = join(folder, "results.json");
const bin = (name) => join("node_modules", ".bin", name);

/** Runs a command in the foreground and tells whether it succeeded. */
function succeeds(title, command, ...args) {
  process.stdout.write(`\n── ${title}\n`);
  const { status, error } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  if (error) process.stdout.write(`${error.message}\n`);
  return status === 0;
}

const checks = [
  succeeds("types", bin("tsc"), "--project", "tsconfig.json"),
  succeeds("types without Node and browser", bin("tsc"), "--project", "tsconfig.core.json"),
  succeeds("lint and format", bin("biome"), "check", "--error-on-warnings", "."),
  succeeds("build", bin("tsc"), "--project", "tsconfig.build.json"),
  succeeds("build for pages without a bundler", process.execPath, "scripts/page.js"),
];
const only = process.argv.slice(2);
const testsRan = succeeds(
  "tests",
  bin("vitest"),
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile=${results}`,
  ...only,
);

const count = { passed: checks.filter(Boolean).length, failed: checks.filter((ok) => !ok).length, skipped: 0 };
try {
  const report = JSON.parse(readFileSync(results, "utf8"));
  const failedFiles = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  count.passed += report.numPassedTests;
  count.failed += report.numFailedTests + failedFiles.length;
  count.skipped += report.numPendingTests + (report.numTodoTests ?? 0);
  if (!testsRan && count.failed === 0) count.failed = 1;
} catch {
  process.stdout.write("The tests left no results.\n");
  count.failed += 1;
}
rmSync(folder, { recursive: true, force: true });

const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`);
process.exitCode = count.failed > 0 ? 1 : 0;
