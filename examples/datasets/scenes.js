/** Tux Paint's stamps that are things of ImageNet, pasted into photographs at random places: where each is, is known. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stream } from "bellpepper/random";
import sharp from "sharp";

/** Stamps that are photographs or painted like one, and what ImageNet calls them, where that is not their own name. */
const STAMPS = [
  ...within(
    "animals",
    "birds/drake birds/hen birds/magpie birds/ostrich birds/peacock birds/pelican birds/vulture fish/lionfish insects/bee insects/fly insects/grasshopper insects/mantis lizards/iguana:common_iguana",
  ),
  ...within(
    "animals/mammals",
    "apes/chimp:chimpanzee apes/gorilla aquatic/orca:killer_whale aquatic/otter aquatic/sea_lion badger bovines/bison bovines/ram camel/dromedary:Arabian_camel cats/lion cats/lion-2:lion cats/tiger dogs/dingo echidna equines/zebra ferret:black-footed_ferret hedgehog:porcupine hippopotamus pig:hog rodents/beaver rodents/marmot wildboar:wild_boar",
  ),
  ...within("animals/marsupials", "koala wombat"),
  ...within("food", "fruit/banana fruit/lemon fruit/orange fruit/pineapple fruit/pomegranate fruit/strawberry"),
  ...within("food", "pizza vegetables/broccoli vegetables/corn vegetables/mushroom"),
  ...within(
    "hobbies",
    "binoculars music/brass/trumpet:cornet music/string/cello music/string/violin music/wind/bassoon",
  ),
  ...within("household", "dishes/teapot garbagecan:ashcan tools/hammer tools/paintbrush_large:paintbrush"),
  ...within("medical", "stethoscope syringe"),
  ...within("sports", "basketball tennis_ball"),
  ...within("vehicles", "auto/sportscar2:sports_car emergency/firetruck:fire_engine flight/balloon360:balloon"),
];

/** Photographs of scikit-image: an astronaut, a cat, a cup of coffee, a motorcycle, a rocket; and walls and grounds. */
const PHOTOGRAPHS = ["astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg"].concat([
  "brick.png",
  "grass.png",
  "gravel.png",
]);

const [WIDTH, HEIGHT] = [400, 300];

/** How high, or wide, a stamp is at most and at least, in heights of the picture. */
const SIZES = { small: [0.3, 0.6], large: [0.6, 0.95] };

/**
 * Makes a picture of each stamp in each photograph, small and large, and lists of them: `small.csv` and `large.csv`, with the box of each stamp, and
 * `small-whole.csv` and `large-whole.csv`, without.
 *
 * @param {string} stamps folder of Tux Paint's stamps
 * @param {string} photographs folder of scikit-image's data
 * @param {string} to
 */
export async function prepareScenes(stamps, photographs, to) {
  for (const path of [...STAMPS.map(({ name }) => join(stamps, `${name}.png`)), join(photographs, PHOTOGRAPHS[0])])
    if (!existsSync(path)) throw new Error(`${path} is not there.`);
  for (const [size, [least, most]] of Object.entries(SIZES)) {
    mkdirSync(join(to, size), { recursive: true });
    const scenes = STAMPS.flatMap((stamp) => PHOTOGRAPHS.map((photograph) => ({ ...stamp, photograph })));
    const lines = await Promise.all(
      scenes.map(async ({ name, label, photograph }) => {
        const path = `${size}/${name.replaceAll("/", "-")}-in-${photograph.replace(/\..*/, "")}.png`;
        const random = stream(1, path);
        const side = Math.round(HEIGHT * (least + (most - least) * random.uniform()));
        const files = { stamp: join(stamps, `${name}.png`), photograph: join(photographs, photograph) };
        return { path, label, group: name, box: await scene(files, join(to, path), side, random) };
      }),
    );
    const list = (/** @type {string[]} */ rows) => `${rows.join("\n")}\n`;
    // pictures of one stamp are alike
    const boxed = lines.map(({ path, label, group, box }) => [path, label, group, box].join(","));
    writeFileSync(join(to, `${size}.csv`), list(["path,label,group,box", ...boxed]));
    const whole = lines.map(({ path, label, group }) => [path, label, group].join(","));
    writeFileSync(join(to, `${size}-whole.csv`), list(["path,label,group", ...whole]));
  }
}

/**
 * Pastes a stamp into a part of a photograph, anywhere.
 *
 * @param {{ stamp: string, photograph: string }} files
 * @param {string} to
 * @param {number} side the longer side of the stamp, in pixels
 * @param {import("bellpepper/random").Stream} random
 * @returns {Promise<string>} "x y width height" of what is seen of the stamp
 */
export async function scene({ stamp, photograph }, to, side, random) {
  const cut = await sharp(stamp)
    .ensureAlpha()
    .extract(await seen(stamp))
    .png()
    .toBuffer();
  const small = await sharp(cut).resize(side, side, { fit: "inside" }).png().toBuffer({ resolveWithObject: true });
  const { width, height } = small.info;
  const [left, top] = [WIDTH - width, HEIGHT - height].map((room) => Math.floor(random.uniform() * (room + 1)));
  const scale = 1 + random.uniform() / 2;
  const [wide, high] = [Math.round(WIDTH * scale), Math.round(HEIGHT * scale)];
  const [x, y] = [wide - WIDTH, high - HEIGHT].map((room) => Math.floor(random.uniform() * (room + 1)));
  const ground = await sharp(photograph)
    .removeAlpha()
    .toColourspace("srgb")
    .resize(wide, high, { fit: "cover" })
    .png()
    .toBuffer();
  const part = await sharp(ground).extract({ left: x, top: y, width: WIDTH, height: HEIGHT }).png().toBuffer();
  await sharp(part)
    .composite([{ input: small.data, left, top }])
    .png()
    .toFile(to);
  return `${left} ${top} ${width} ${height}`;
}

/** The rectangle in which a stamp is more than half opaque. @param {string} stamp */
async function seen(stamp) {
  const { data, info } = await sharp(stamp).ensureAlpha().extractChannel(3).raw().toBuffer({ resolveWithObject: true });
  let [left, top, right, bottom] = [info.width, info.height, 0, 0];
  for (const [i, opacity] of data.entries()) {
    if (opacity < 128) continue;
    const [x, y] = [i % info.width, Math.floor(i / info.width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * @param {string} folder
 * @param {string} names with a blank between them, and a colon before what ImageNet calls them
 */
function within(folder, names) {
  return names.split(" ").map((entry) => {
    const [name, label = name.replace(/.*\//, "")] = entry.split(":");
    return { name: `${folder}/${name}`, label: label.replaceAll("_", " ") };
  });
}
