/**
 * Tissue is painted as amounts of stain, not as colours: the red of the canvas is haematoxylin, its green eosin, 255 of either a
 * concentration of 2; its blue is how coarse the texture is. stain.js makes colours of it.
 */

/** A concentration of 2 is 255. */
export const UNIT = 127.5;

/**
 * @param {number} haematoxylin concentration
 * @param {number} eosin concentration
 * @param {number} texture 0: none (lumen), 1: fibres
 */
export const stains = (haematoxylin, eosin, texture = 0.5, alpha = 1) =>
  `rgba(${Math.round(UNIT * haematoxylin)},${Math.round(UNIT * eosin)},${Math.round(255 * texture)},${alpha})`;

/** What is in a lumen: nearly nothing. */
export const LUMEN = stains(0.02, 0.05, 0.04);

/**
 * A closed outline: x, y and the direction of the wall at so many steps around.
 *
 * @typedef {{ x: number, y: number, angle: number }[]} Outline
 */

/**
 * An outline around a centre from its radius in each direction.
 *
 * @param {{ x: number, y: number }} centre
 * @param {(angle: number) => number} radius
 * @returns {Outline}
 */
export function outline(centre, radius, steps = 96) {
  const points = Array.from({ length: steps }, (_, i) => {
    const angle = (2 * Math.PI * i) / steps;
    const r = radius(angle);
    return { x: centre.x + r * Math.cos(angle), y: centre.y + r * Math.sin(angle) };
  });
  return points.map((point, i) => {
    const [before, after] = [points[(i + steps - 1) % steps], points[(i + 1) % steps]];
    return { ...point, angle: Math.atan2(after.y - before.y, after.x - before.x) };
  });
}

/** Points on an outline, `distance` pixels apart. */
export function along(/** @type {Outline} */ path, /** @type {number} */ distance) {
  const found = [];
  let walked = 0;
  for (let i = 0; i < path.length; i++) {
    const next = path[(i + 1) % path.length];
    walked += Math.hypot(next.x - path[i].x, next.y - path[i].y);
    if (walked < distance) continue;
    walked -= distance;
    found.push(path[i]);
  }
  return found;
}

/** Fills an outline. */
export function fill(context, /** @type {Outline} */ path, /** @type {string} */ style) {
  context.fillStyle = style;
  context.beginPath();
  for (const { x, y } of path) context.lineTo(x, y);
  context.closePath();
  context.fill();
}

/**
 * A radius that wanders around a mean by a few waves of random phase.
 *
 * @param {import("bellpepper/random").Stream} random
 * @param {number} mean pixels
 * @param {number} share of the mean by which it wanders
 */
export function wandering(random, mean, share, waves = [2, 3, 4, 5]) {
  const parts = waves.map((k) => ({ k, size: (share * random.normal()) / Math.sqrt(k), phase: 7 * random.uniform() }));
  return (/** @type {number} */ angle) =>
    mean * Math.max(0.5, 1 + parts.reduce((sum, { k, size, phase }) => sum + size * Math.cos(k * angle + phase), 0));
}

/**
 * A nucleus: an ellipse of haematoxylin with a darker rim, clumps of chromatin and sometimes a nucleolus.
 *
 * @param {import("bellpepper/random").Stream} random
 * @param {{ x: number, y: number, long: number, short: number, angle: number, dark?: number, nucleolus?: number }} shape half axes in
 * pixels; concentration of haematoxylin; the chance of a nucleolus
 */
export function nucleus(context, random, { x, y, long, short, angle, dark = 0.95, nucleolus = 0.1 }) {
  const amount = dark * (1 + 0.16 * random.normal());
  const ellipse = (/** @type {string} */ style, size = 1, dx = 0, dy = 0) => {
    context.fillStyle = style;
    context.beginPath();
    context.ellipse(x + dx, y + dy, size * long, size * short, angle, 0, 2 * Math.PI);
    context.fill();
  };
  ellipse(stains(1.25 * amount, 0.32, 0.3));
  ellipse(stains(0.92 * amount, 0.28, 0.3), 0.78);
  for (let i = 0; i < 4; i++) {
    const [turn, far] = [7 * random.uniform(), 0.55 * short * random.uniform()];
    const clump = stains(amount * (random.uniform() < 0.6 ? 1.3 : 0.6), 0.26, 0.3, 0.8);
    ellipse(clump, 0.18 + 0.14 * random.uniform(), far * Math.cos(turn), far * Math.sin(turn));
  }
  if (random.uniform() < nucleolus) ellipse(stains(1.5, 0.75, 0.3), 0.24);
}

/**
 * Places at least `distance` apart inside a box, in random order, where `allowed` says so (dart throwing).
 *
 * @param {import("bellpepper/random").Stream} random
 * @param {{ x: number, y: number, width: number, height: number }} box
 * @param {number} distance pixels
 * @param {(x: number, y: number) => boolean} allowed
 */
export function scattered(random, box, distance, allowed, tries = 3) {
  const cells = new Map();
  const found = [];
  const count = (tries * box.width * box.height) / distance ** 2;
  for (let t = 0; t < count; t++) {
    const x = box.x + box.width * random.uniform();
    const y = box.y + box.height * random.uniform();
    const [i, j] = [Math.floor(x / distance), Math.floor(y / distance)];
    let free = true;
    for (let di = -1; di <= 1 && free; di++) {
      for (let dj = -1; dj <= 1 && free; dj++) {
        for (const other of cells.get(10000 * (i + di) + j + dj) ?? []) {
          if (Math.hypot(other.x - x, other.y - y) < distance) free = false;
        }
      }
    }
    if (!free || !allowed(x, y)) continue;
    const place = { x, y };
    found.push(place);
    const key = 10000 * i + j;
    if (cells.has(key)) cells.get(key).push(place);
    else cells.set(key, [place]);
  }
  return found;
}
