/** Arguments that nobody meant, and run folders with damaged files. */

import { spawn } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writePng } from "../../data/pictures/image-file.js";
import { trainPictures } from "../../jobs/index.js";
import type { Stream } from "../../random/stream.js";
import { faultInOutput, mutated, oneOf, someOf, type Target } from "../target.js";

const COMMAND = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** Writes two classes of small pictures, dark and light. */
async function writePictures(folder: string): Promise<void> {
  for (const [name, value] of [
    ["dark", 40],
    ["light", 200],
  ] as const) {
    await mkdir(join(folder, name), { recursive: true });
    for (let i = 0; i < 8; i++) {
      const data = Uint8Array.from({ length: 64 }, (_, k) => value + ((k * 7 + i * 13) % 40));
      await writePng(join(folder, name, `${i}.png`), { width: 8, height: 8, channels: 1, data });
    }
  }
}

const WORDS = [
  ...["train", "evaluate", "read", "data", "cut", "display", "draw", "jitter", "crossvalidate", "doctor"],
  ...[
    "photos",
    "photos/dark",
    "photos/dark/0.png",
    "nothing",
    ".",
    "",
    "-",
    "--",
    "ocr",
    "lenet",
    "compact",
    "NaN",
    "-1",
    "1e99",
  ],
  ...[
    "--epochs",
    "--batch",
    "--rate",
    "--out",
    "--size",
    "--json",
    "--help",
    "--format",
    "--split",
    "--fit",
    "--width",
    "--seed",
  ],
  ...[
    "--epochs=0",
    "--seed=-1",
    "--device=abacus",
    "--network=none",
    "--validation=2",
    "--define=none.js",
    "\u0000x",
    "ä",
    "%s",
  ],
];

/** Arguments. Nothing is trained: the epochs are 0, or the command is another. */
export const commandArguments: Target = {
  about: "random arguments of the command",
  seconds: 60,
  async run(random, folder) {
    await writePictures(join(folder, "photos"));
    const first = oneOf(random, ["evaluate", "read", "data", "cut", "display", "draw", "jitter", "nothing", "train"]);
    const words = someOf(random, WORDS, 5).filter((word) => !word.includes("\u0000"));
    const last = first === "train" ? ["--epochs", oneOf(random, ["0", "-1", "x", ""])] : [];
    const child = spawn(process.execPath, [COMMAND, first, ...words, ...last], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    const fault = faultInOutput(text, code);
    if (fault !== undefined) throw `bellpepper ${[first, ...words, ...last].join(" ")}: ${fault}`;
  },
};

/** A finished run, made once. */
const finished = new Map<string, Promise<void>>();

const SETTINGS = { epochs: 1, batchSize: 4, threads: 1, size: { width: 8, height: 8 } } as const;

async function trainedRun(random: Stream, folder: string): Promise<string> {
  const kept = join(folder, "..", "trained");
  const make = async (): Promise<void> => {
    await rm(kept, { recursive: true, force: true });
    await writePictures(join(kept, "photos"));
    for await (const _ of trainPictures(join(kept, "photos"), { ...SETTINGS, folder: join(kept, "run") }));
  };
  if (!finished.has(kept)) finished.set(kept, make());
  await finished.get(kept);
  const own = join(folder, "run");
  await cp(join(kept, "run"), own, { recursive: true });
  const names = await readdir(own);
  for (const name of someOf(random, names, 2)) {
    const path = join(own, name);
    const bytes = await readFile(path).catch(() => undefined);
    if (!bytes) continue;
    if (random.uniform() < 0.2) await rm(path);
    else await writeFile(path, mutated(random, bytes));
  }
  return own;
}

/** Run folders. */
export const runFolders: Target = {
  about: "a run's folder with changed, cut and missing files: the same training goes on in it",
  seconds: 60,
  async run(random, folder) {
    const own = await trainedRun(random, folder);
    const data = join(folder, "..", "trained", "photos");
    const epochs = oneOf(random, [1, 2]);
    for await (const _ of trainPictures(data, { ...SETTINGS, epochs, folder: own }));
  },
};
