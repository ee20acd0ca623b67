/**
 * How each grade is built. Sizes are pixels of the slide, of about 0.7 micrometres.
 *
 * Neighbouring grades are not divided by a line, here as in life: thin benign glands look like Gleason 3, closed or crowded glands of
 * Gleason 3 like 4, fused ones with hardly a lumen like 5, and in Gleason 5 a few cells may stand around a gap. How many of a region
 * do so is its `lean`, from 0 to 1.
 */

import { along, fill, LUMEN, nucleus, outline, scattered, stains, wandering } from "./paint.js";

const cytoplasm = (random) => stains(0.2 + 0.08 * random.uniform(), 0.44 + 0.12 * random.uniform(), 0.45);

/** Benign: a large gland with a folded wall of two layers, basal cells outside, and an open lumen; or thin and small (atrophy). */
function benign(context, random, centre, most, lean) {
  const thin = random.uniform() < lean;
  const radius = thin ? Math.min(most, 30 + 22 * random.uniform()) : most;
  const outer = wandering(random, radius, thin ? 0.08 : 0.13);
  const folds = {
    count: random.integer(6, 10),
    phase: 7 * random.uniform(),
    deep: (thin ? 0.02 : 0.1) + (thin ? 0.05 : 0.16) * random.uniform(),
  };
  const wall = (angle) => {
    const wave = 0.5 + 0.5 * Math.sin(folds.count * angle + folds.phase + 1.3 * Math.sin(2 * angle));
    return (thin ? 15 : 20) + folds.deep * radius * wave ** 2;
  };
  const path = outline(centre, outer, 160);
  fill(context, path, cytoplasm(random));
  fill(
    context,
    outline(centre, (a) => Math.max(6, outer(a) - wall(a)), 160),
    LUMEN,
  );
  // secretions
  if (random.uniform() < 0.4) {
    fill(context, outline(centre, wandering(random, 0.2 * radius, 0.2)), stains(0.04, 0.35, 0.1));
  }
  for (const { x, y, angle } of along(
    outline(centre, (a) => outer(a) - 3.5, 240),
    thin ? 13 : 8.5,
  )) {
    nucleus(context, random, { x, y, long: 4.3, short: 2.5, angle, dark: 1.15 });
  }
  for (const { x, y, angle } of along(
    outline(centre, (a) => outer(a) - Math.max(12, 0.62 * wall(a)), 240),
    8.2,
  )) {
    const [dx, dy] = [1.3 * random.normal(), 1.3 * random.normal()];
    nucleus(context, random, { x: x + dx, y: y + dy, long: 4.9, short: 3.6, angle: angle + Math.PI / 2 });
  }
}

/** Gleason 3: a small round gland that stands alone, one layer of cells around a clear lumen; or nearly closed. */
function gleason3(context, random, centre, radius, lean) {
  const outer = wandering(random, radius, 0.09, [2, 3]);
  const closed = random.uniform() < lean;
  fill(context, outline(centre, outer), cytoplasm(random));
  const wall = closed ? 16 + 5 * random.uniform() : 12.5;
  fill(
    context,
    outline(centre, (a) => Math.max(closed ? 2 : 5, outer(a) - wall)),
    LUMEN,
  );
  for (const { x, y, angle } of along(
    outline(centre, (a) => outer(a) - 5),
    9.5,
  )) {
    const size = 4.1 + 0.5 * random.normal();
    nucleus(context, random, { x, y, long: 1.1 * size, short: size, angle, nucleolus: 0.5 });
  }
}

/** Gleason 4: fused glands, a mass of cells with several small lumens punched out; or with hardly any. */
function gleason4(context, random, centre, radius, lean) {
  const outer = wandering(random, radius, 0.12);
  fill(context, outline(centre, outer), cytoplasm(random));
  const within = (x, y, margin) =>
    Math.hypot(x - centre.x, y - centre.y) < outer(Math.atan2(y - centre.y, x - centre.x)) - margin;
  const box = { x: centre.x - 1.5 * radius, y: centre.y - 1.5 * radius, width: 3 * radius, height: 3 * radius };
  const poor = random.uniform() < lean;
  const lumens = scattered(random, box, 37, (x, y) => within(x, y, 20), 8)
    .filter(() => !poor || random.uniform() < 0.35)
    .map((place) => ({ ...place, size: poor ? 3.5 + 5 * random.uniform() : 6 + 8 * random.uniform() }));
  for (const { x, y, size } of lumens) {
    fill(context, outline({ x, y }, wandering(random, size, 0.12, [2, 3])), LUMEN);
    for (const on of along(
      outline({ x, y }, () => size + 7.5),
      10.5,
    )) {
      if (!within(on.x, on.y, 4)) continue;
      const size = 4.1 + 0.5 * random.normal();
      nucleus(context, random, { ...on, long: 1.1 * size, short: size, nucleolus: 0.5 });
    }
  }
  const free = (x, y) => within(x, y, 4.5) && lumens.every((l) => Math.hypot(l.x - x, l.y - y) > l.size + 14);
  for (const place of scattered(random, box, 10.5, free, 4)) {
    const size = 4.2 + 0.5 * random.normal();
    nucleus(context, random, { ...place, long: 1.15 * size, short: size, angle: 3 * random.uniform(), nucleolus: 0.5 });
  }
}

/** A single cell of Gleason 5: cytoplasm and an irregular nucleus. */
function strayCell(context, random, { x, y }, angle) {
  const around = wandering(random, 8.5 + random.uniform(), 0.1, [2, 3]);
  fill(context, outline({ x, y }, around, 20), cytoplasm(random));
  const size = Math.max(3.2, 4.4 + 0.8 * random.normal());
  nucleus(context, random, { x, y, long: size * (1.05 + 0.3 * random.uniform()), short: size, angle, nucleolus: 0.5 });
}

/** Glands of one size beside each other: the places, the largest first taken. */
function glands(draw, least, most, gap) {
  return (context, random, box, allowed, { lean }) => {
    const centres = [];
    const count = (26 * box.width * box.height) / most ** 2;
    for (let t = 0; t < count; t++) {
      const radius = most - (most - least) * Math.max(random.uniform(), Math.min(1, t / count));
      const centre = { x: box.x + box.width * random.uniform(), y: box.y + box.height * random.uniform() };
      if (centres.some((c) => Math.hypot(c.x - centre.x, c.y - centre.y) < c.radius + radius + gap)) continue;
      const rim = Array.from({ length: 8 }, (_, i) => (Math.PI * i) / 4);
      if (!rim.every((a) => allowed(centre.x + radius * Math.cos(a), centre.y + radius * Math.sin(a)))) continue;
      centres.push({ ...centre, radius });
      draw(context, random, centre, radius, lean);
    }
    return centres;
  };
}

/** A few cells of Gleason 5 around a gap, as if they were to be a gland. */
function rosette(context, random, centre) {
  const size = 3.5 + 4.5 * random.uniform();
  fill(context, outline(centre, wandering(random, size + 13, 0.12, [2, 3])), cytoplasm(random));
  fill(context, outline(centre, wandering(random, size, 0.15, [2, 3])), LUMEN);
  for (const { x, y, angle } of along(
    outline(centre, () => size + 7.5),
    11,
  )) {
    const side = Math.max(3.2, 4.3 + 0.7 * random.normal());
    nucleus(context, random, { x, y, long: 1.2 * side, short: side, angle, nucleolus: 0.5 });
  }
}

/** Gleason 5: sheets, cords and single cells, and hardly a lumen. */
function sheets(context, random, box, allowed, { dense, direction, lean }) {
  const cells = scattered(random, box, 13, (x, y) => allowed(x, y) && dense(x, y) > 0.3 * random.normal(), 4);
  for (const place of cells) strayCell(context, random, place, 3 * random.uniform());
  const starts = scattered(random, box, 62, allowed);
  for (const start of starts) {
    let { x, y } = start;
    for (let i = random.integer(4, 11); i > 0 && allowed(x, y); i--) {
      const angle = direction(x, y) + 0.25 * random.normal();
      strayCell(context, random, { x, y }, angle);
      x += 11.5 * Math.cos(angle);
      y += 11.5 * Math.sin(angle);
    }
  }
  for (const place of scattered(random, box, 50, allowed, 1.2 * lean)) rosette(context, random, place);
  return cells;
}

/**
 * The classes, each with its grey value in masks, and what paints a region with it. A painter gives the places where an expert would
 * point at: the middles of glands, or cells.
 */
export const GRADES = [
  { name: "benign", grey: 60, paint: glands(benign, 46, 92, 13) },
  { name: "gleason-3", grey: 120, paint: glands(gleason3, 18, 38, 5) },
  { name: "gleason-4", grey: 180, paint: glands(gleason4, 34, 105, 7) },
  { name: "gleason-5", grey: 240, paint: sheets },
];
