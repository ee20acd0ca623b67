/** Eight kinds of grey textures, painted by a program, each anew in scale, direction, contrast and light. */

const SIDE = 24;
const TURN = 2 * Math.PI;

/** @typedef {{ uniform(): number }} Random numbers from 0 to 1 */
/** @typedef {(x: number, y: number) => number} Field a value from −1 to 1 at each pixel */

/** Between two numbers. */
const between = (/** @type {Random} */ random, /** @type {number} */ low, /** @type {number} */ high) =>
  low + (high - low) * random.uniform();

/** Smooth noise: the mean of waves of about this length in all directions, or in those near one. */
function noise(
  /** @type {Random} */ random,
  /** @type {number} */ length,
  /** @type {{ angle?: number, spread?: number }} */ { angle = 0, spread = Math.PI } = {},
) {
  const waves = Array.from({ length: 12 }, () => {
    const direction = angle + between(random, -spread, spread);
    const number = TURN / (length * between(random, 0.7, 1.4));
    return [number * Math.cos(direction), number * Math.sin(direction), TURN * random.uniform()];
  });
  return (/** @type {number} */ x, /** @type {number} */ y) =>
    waves.reduce((sum, [u, v, phase]) => sum + Math.sin(u * x + v * y + phase), 0) / 4;
}

/** Lines of equal distance, bent a little. */
function lines(/** @type {Random} */ random, /** @type {number} */ period, /** @type {number} */ angle) {
  const bend = noise(random, 5 * period);
  const [u, v, phase] = [Math.cos(angle), Math.sin(angle), TURN * random.uniform()];
  return (/** @type {number} */ x, /** @type {number} */ y) =>
    Math.sin((TURN * (u * x + v * y)) / period + 0.8 * bend(x, y) + phase);
}

/** Points with a distance to the nearest and to the second. */
function cells(/** @type {Random} */ random, /** @type {number} */ period) {
  const far = 2 * period;
  const points = Array.from({ length: Math.ceil(((SIDE + 2 * far) / period) ** 2) }, () => [
    between(random, -far, SIDE + far),
    between(random, -far, SIDE + far),
  ]);
  return (/** @type {number} */ x, /** @type {number} */ y) => {
    let [first, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const [px, py] of points) {
      const distance = Math.hypot(x - px, y - py);
      if (distance < first) [first, second] = [distance, first];
      else if (distance < second) second = distance;
    }
    return [first / period, second / period];
  };
}

/** @type {Record<string, (random: Random, period: number, angle: number) => Field>} */
export const TEXTURES = {
  stripes: (random, period, angle) => lines(random, period, angle),
  checks(random, period, angle) {
    const [one, other] = [lines(random, 1.4 * period, angle), lines(random, 1.4 * period, angle + TURN / 4)];
    return (x, y) => Math.sign(one(x, y) * other(x, y));
  },
  weave(random, period, angle) {
    const [one, other] = [lines(random, period, angle), lines(random, period, angle + TURN / 4)];
    return (x, y) => Math.max(one(x, y), other(x, y)) - 0.3;
  },
  clouds: (random, period) => noise(random, 1.5 * period),
  grain: (random, period, angle) => noise(random, period, { angle, spread: 0.25 }),
  blots(random, period) {
    const field = noise(random, 1.5 * period);
    return (x, y) => Math.tanh(4 * field(x, y) - 0.5);
  },
  dots(random, period) {
    const near = cells(random, period);
    return (x, y) => Math.tanh(8 * (0.35 - near(x, y)[0]));
  },
  cracks(random, period) {
    const near = cells(random, 1.3 * period);
    return (x, y) => Math.tanh(8 * (near(x, y)[1] - near(x, y)[0]) - 1.5);
  },
};

/**
 * A picture of a texture.
 *
 * @param {keyof typeof TEXTURES} kind
 * @param {Random} random
 * @returns {import("bellpepper/data").Image}
 */
export function textureOf(kind, random) {
  const field = TEXTURES[kind](random, between(random, 4, 9), TURN * random.uniform());
  const [light, contrast, rough] = [between(random, 90, 165), between(random, 30, 70), between(random, 4, 15)];
  const shade = noise(random, 3 * SIDE);
  const data = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const value =
      light + contrast * field(x, y) + 15 * shade(x, y) + rough * (random.uniform() + random.uniform() - 1) * 2;
    return Math.max(0, Math.min(255, Math.round(value)));
  });
  return { width: SIDE, height: SIDE, channels: 1, data };
}
