/** One synthetic slide: where the grades lie, stroma between them, and the points that an expert would mark. */

import { createCanvas } from "@napi-rs/canvas";
import { permutation, stream } from "bellpepper/random";
import { GRADES } from "./grades.js";
import { nucleus, scattered, stains } from "./paint.js";
import { randomField } from "./random-field.js";
import { coloursOf } from "./stain.js";

export const WIDTH = 1600;
export const HEIGHT = 1200;
/** Regions along and down a slide. */
const COLUMNS = 4;
const ROWS = 3;

/** No tissue of a class within so many pixels of the boundary of its region is marked. */
const MARGIN = 66;
/** The share of points that the expert takes for a neighbouring grade; two experts agree far less. */
const MISTAKES = 0.04;
/** Marked points are at least so far apart. */
const APART = 58;

/**
 * @param {{ seed: number, patient: number, slide: number, points: number, staining: ReturnType<import("./stain.js").stainingOf> }} of
 * `points`: how many of each class are marked
 */
export function makeSlide({ seed, patient, slide, points, staining }) {
  const random = (/** @type {string} */ what) => stream(seed, what, patient, slide);
  const regions = layout(random("regions"));
  const canvas = createCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d");
  const direction = fibres(random("fibres"));
  stroma(context, random("stroma"), direction);

  const density = randomField(random("density"), 90, WIDTH, HEIGHT);
  const places = GRADES.map(() => []);
  regions.list.forEach(({ grade, box }, number) => {
    const own = (x, y) => regions.at(x, y) === number;
    const tissue = stream(seed, "tissue", patient, slide, number);
    const fields = { direction, dense: (x, y) => density(x, y) + 0.15, lean: tissue.uniform() };
    const marks = GRADES[grade].paint(context, tissue, box, own, fields);
    places[grade].push(...marks);
  });
  const marked = GRADES.flatMap(({ name }, grade) => {
    const random = stream(seed, "points", patient, slide, grade);
    const own = pointsOf(places[grade], random, points, (x, y) => regions.list[regions.at(x, y)].grade === grade);
    return own.map((point) => ({ ...point, grade: name, label: GRADES[opinion(grade, random)].name }));
  });

  const painted = context.getImageData(0, 0, WIDTH, HEIGHT).data;
  // sections are not equally thick: no grade is known by how dark it is
  const thickness = random("thickness");
  const thick = regions.list.map(() => Math.exp(0.12 * thickness.normal()));
  const pixels = coloursOf(painted, WIDTH, HEIGHT, staining, random("light"), (x, y) => thick[regions.at(x, y)]);
  const mask = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) mask[y * WIDTH + x] = GRADES[regions.list[regions.at(x, y)].grade].grey;
  }
  return { pixels, mask, points: marked };
}

/** Regions with wavy boundaries; each grade has as many as the others. */
function layout(random) {
  const count = COLUMNS * ROWS;
  const order = permutation(count, random);
  const [w, h] = [WIDTH / COLUMNS, HEIGHT / ROWS];
  const list = Array.from({ length: count }, (_, i) => {
    const x = ((i % COLUMNS) + 0.5) * w + 0.1 * w * random.normal();
    const y = (Math.floor(i / COLUMNS) + 0.5) * h + 0.1 * h * random.normal();
    return {
      x,
      y,
      grade: order[i] % GRADES.length,
      box: { x: x - 1.1 * w, y: y - 1.1 * h, width: 2.2 * w, height: 2.2 * h },
    };
  });
  const [across, down] = [randomField(random, 110, WIDTH, HEIGHT), randomField(random, 110, WIDTH, HEIGHT)];
  const map = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const [u, v] = [x + 28 * across(x, y), y + 28 * down(x, y)];
      let best = Number.POSITIVE_INFINITY;
      list.forEach((seed, i) => {
        const distance = (seed.x - u) ** 2 + (seed.y - v) ** 2;
        if (distance >= best) return;
        best = distance;
        map[y * WIDTH + x] = i;
      });
    }
  }
  /** The region of a pixel; 255 outside of the slide. */
  const at = (x, y) => (x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT ? 255 : map[(y | 0) * WIDTH + (x | 0)]);
  return { list, at };
}

/** The direction in which fibres run, in radians. */
function fibres(random) {
  const [coarse, fine] = [randomField(random, 260, WIDTH, HEIGHT), randomField(random, 70, WIDTH, HEIGHT)];
  const main = Math.PI * random.uniform();
  return (x, y) => main + 1.6 * coarse(x, y) + 0.5 * fine(x, y);
}

/** Pink, wavy fibres with gaps, and the slender nuclei between them. */
function stroma(context, random, direction) {
  context.fillStyle = stains(0.1, 0.42, 0.9);
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.lineCap = "round";
  for (let i = 0; i < 15000; i++) {
    let [x, y] = [WIDTH * random.uniform(), HEIGHT * random.uniform()];
    const gap = random.uniform() < 0.16;
    context.strokeStyle = gap
      ? stains(0.03, 0.1, 0.3, 0.7)
      : stains(0.08 + 0.06 * random.uniform(), 0.36 + 0.36 * random.uniform(), 0.9, 0.5);
    context.lineWidth = gap ? 1 + 1.6 * random.uniform() : 1 + 2.6 * random.uniform();
    context.beginPath();
    context.moveTo(x, y);
    const wave = 7 * random.uniform();
    for (let step = gap ? 4 : 9; step > 0; step--) {
      const angle = direction(x, y) + 0.35 * Math.sin(wave + step);
      x += 7 * Math.cos(angle);
      y += 7 * Math.sin(angle);
      context.lineTo(x, y);
    }
    context.stroke();
  }
  const box = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
  for (const { x, y } of scattered(random, box, 17, () => random.uniform() < 0.6, 1.5)) {
    const angle = direction(x, y) + 0.2 * random.normal();
    nucleus(context, random, {
      x,
      y,
      angle,
      long: 6.5 + 2 * random.uniform(),
      short: 1.7 + 0.5 * random.uniform(),
      dark: 1,
    });
  }
}

/** What the expert says: now and then the grade beside. */
function opinion(grade, random) {
  if (random.uniform() >= MISTAKES) return grade;
  const beside = grade + (random.uniform() < 0.5 ? -1 : 1);
  return beside < 0 ? 1 : beside >= GRADES.length ? GRADES.length - 2 : beside;
}

/** Points beside the marks of a grade, where all around is of that grade. */
function pointsOf(marks, random, count, own) {
  const found = [];
  const ring = Array.from({ length: 16 }, (_, i) => (Math.PI * i) / 8);
  for (let t = 0; t < 20000 && found.length < count; t++) {
    const mark = marks[random.integer(0, marks.length - 1)];
    const reach = 0.75 * (mark.radius ?? 20);
    const x = Math.round(mark.x + reach * (2 * random.uniform() - 1));
    const y = Math.round(mark.y + reach * (2 * random.uniform() - 1));
    if (x < MARGIN || y < MARGIN || x >= WIDTH - MARGIN || y >= HEIGHT - MARGIN) continue;
    if (found.some((p) => Math.hypot(p.x - x, p.y - y) < APART)) continue;
    if (ring.every((a) => own(x + MARGIN * Math.cos(a), y + MARGIN * Math.sin(a)))) found.push({ x, y });
  }
  return found;
}
