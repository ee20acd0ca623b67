/** Small data sets, each with a list for every seed that says which of its pictures, or of its groups of pictures, are for the test. */

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { writePng } from "bellpepper/data";
import { stream } from "bellpepper/random";
import sharp from "sharp";
import { ofDebian, ofNpm, STAMPS } from "../datasets/recipes.js";
import { TEXTURES, textureOf } from "./textures.js";

/** @typedef {{ path: string, label: string, group: string }} Line */

/**
 * @typedef {object} SmallSet
 * @property {number} test the share of its groups that is for the test
 * @property {() => string | undefined} source finds or fetches the files, and tells where they are
 * @property {(from: string, to: string, side?: number) => Promise<Line[]>} prepare draws the pictures, where it may, of another side
 */

/** @type {Record<string, SmallSet>} */
export const SETS = {
  digits: {
    test: 0.8,
    source: () => ofDebian("opencv-doc", "/usr/share/doc/opencv-doc/examples/data/digits.png"),
    prepare: digits,
  },
  icons: { test: 0.2, source: () => join(ofNpm("remixicon@4.9.1"), "icons"), prepare: icons },
  textures: { test: 0.3, source: () => undefined, prepare: (_, to) => textures(to) },
  stamps: {
    test: 0.2,
    source: () => ofDebian("tuxpaint-stamps-default", "/usr/share/tuxpaint/stamps"),
    prepare: stamps,
  },
};

/** A sheet of handwritten digits of 20×20, white on black: a tenth of its rows for each. OpenCV's has 50 rows of 100. */
async function digits(/** @type {string} */ from, /** @type {string} */ to) {
  const { data, info } = await sharp(from).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  const side = 20;
  const [columns, rows] = [info.width / side, info.height / side];
  return drawn(to, columns * rows, async (i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const pixel = (/** @type {number} */ n) =>
      data[(row * side + Math.floor(n / side)) * info.width + column * side + (n % side)];
    const image = Uint8Array.from({ length: side * side }, (_, n) => pixel(n));
    return {
      label: `${Math.floor((10 * row) / rows)}`,
      image: { width: side, height: side, channels: 1, data: image },
    };
  });
}

/** Ten folders of Remix Icon, black on white; an icon's outline and its filled form are one group. */
const ICONS = [
  "Arrows",
  "Buildings",
  "Communication",
  "Device",
  "Document",
  "Editor",
  "Finance",
  "Media",
  "User & Faces",
  "Weather",
];

async function icons(/** @type {string} */ from, /** @type {string} */ to, side = 24) {
  /** @type {Line[]} */
  const lines = [];
  for (const folder of ICONS) {
    const label = folder.replaceAll(" & ", "-").toLowerCase();
    mkdirSync(join(to, label), { recursive: true });
    for (const name of readdirSync(join(from, folder))) {
      const path = join(label, name.replace(/svg$/, "png"));
      await sharp(join(from, folder, name), { density: 4 * side })
        .resize(side, side)
        .flatten({ background: "white" })
        .toColourspace("b-w")
        .png()
        .toFile(join(to, path));
      lines.push({ path, label, group: name.replace(/(-(line|fill))?\.svg$/, "") });
    }
  }
  return lines;
}

function textures(/** @type {string} */ to) {
  const kinds = Object.keys(TEXTURES);
  return drawn(to, 120 * kinds.length, async (i) => {
    const label = kinds[i % kinds.length];
    return { label, image: textureOf(label, stream(1, "texture", i)) };
  });
}

/** Stamps of six folders on white, 32×32; those of one thing, such as cow and cow_white, are one group. */
async function stamps(/** @type {string} */ from, /** @type {string} */ to, side = 32) {
  /** @type {Line[]} */
  const lines = [];
  for (const label of STAMPS) {
    mkdirSync(join(to, label), { recursive: true });
    const files = readdirSync(join(from, label), { recursive: true }).map(String);
    for (const name of files.filter((name) => name.endsWith(".png") && !/_mirror\./.test(name))) {
      const path = join(label, basename(name));
      await sharp(join(from, label, name))
        .resize(side, side, { fit: "contain", background: "white" })
        .flatten({ background: "white" })
        .png()
        .toFile(join(to, path));
      lines.push({ path, label, group: /^[A-Za-z]+/.exec(basename(name))?.[0] ?? name });
    }
  }
  return lines;
}

/** Writes so many pictures, each a group of its own. */
async function drawn(
  /** @type {string} */ to,
  /** @type {number} */ count,
  /** @type {(i: number) => Promise<{ label: string, image: import("bellpepper/data").Image }>} */ draw,
) {
  /** @type {Line[]} */
  const lines = [];
  for (let i = 0; i < count; i++) {
    const { label, image } = await draw(i);
    mkdirSync(join(to, label), { recursive: true });
    const path = join(label, `${i + 1}.png`);
    await writePng(join(to, path), image);
    lines.push({ path, label, group: `${i + 1}` });
  }
  return lines;
}

/**
 * Draws a set and writes its lists, `list-SEED.csv`.
 *
 * @param {string} name
 * @param {string} to
 * @param {readonly number[]} seeds
 * @param {string} [from] where its files are
 * @param {number} [side] of its pictures, where it can draw others than the usual ones
 */
export async function prepareSet(name, to, seeds, from, side) {
  const set = SETS[name];
  const lines = await set.prepare(from ?? set.source() ?? "", to, side);
  for (const seed of seeds) {
    const random = stream(seed, "small set", 1);
    const groups = [...new Set(lines.map(({ label, group }) => `${label}/${group}`))];
    const tested = new Set(groups.filter(() => random.uniform() < set.test));
    const rows = lines.map(({ path, label, group }) => {
      const part = tested.has(`${label}/${group}`) ? "test" : "train";
      return `${path.replaceAll("\\", "/")},${label},${part}\n`;
    });
    writeFileSync(join(to, `list-${seed}.csv`), `path,label,split\n${rows.join("")}`);
  }
}
