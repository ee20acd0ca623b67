import { test } from "vitest";
import { expectPicture } from "../../test/support/snapshot.js";
import type { Markup } from "../drawing/markup.js";
import {
  activationFigure,
  boundaryFigure,
  descentFigure,
  EDGE,
  type Place,
  planesFigure,
  powersFigure,
} from "./figures.js";

const along = (f: (x: number) => number): Place[] =>
  Array.from({ length: 81 }, (_, i) => ({ x: -4 + i / 10, y: f(-4 + i / 10) }));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The probability of the second class over the plane, in 41×41 places, row by row from the lowest. */
const plane = (p: (x: number, y: number) => number): number[] =>
  Array.from({ length: 41 * 41 }, (_, i) => {
    const at = (place: number): number => EDGE * (-1 + (2 * (place + 0.5)) / 41);
    return p(at(i % 41), at(Math.floor(i / 41)));
  });
/** Points on two rings around the middle, of radius 1.2 and 3. */
const ring = Array.from({ length: 40 }, (_, i) => {
  const radius = i % 2 === 0 ? 1.2 : 3;
  return { x: radius * Math.cos(i * 0.7), y: radius * Math.sin(i * 0.7), label: i % 2 };
});

/** Steps down the valley ½·(x² + 10·y²). */
function way(rate: number): Place[] {
  const places = [{ x: -3.4, y: 1.2 }];
  for (let step = 0; step < 20; step++) {
    const { x, y } = places[step];
    places.push({ x: x - rate * x, y: y - rate * 10 * y });
  }
  return places;
}

const bow = (size: number) =>
  Array.from({ length: size * size }, (_, i) => ((i % size) - 3) * (Math.floor(i / size) - 2));

// Each picture was looked at: see CONTRIBUTING.md.
test.each<[string, () => Markup]>([
  [
    "activations",
    () =>
      activationFigure([
        { title: "sigmoid", curve: along(sigmoid), slope: along((x) => sigmoid(x) * (1 - sigmoid(x))) },
        { title: "ReLU", curve: along((x) => Math.max(0, x)), slope: along((x) => (x > 0 ? 1 : 0)) },
        { title: "tanh", curve: along(Math.tanh), slope: along((x) => 1 - Math.tanh(x) ** 2) },
        { title: "a cube, which leaves the frame", curve: along((x) => x ** 3), slope: along((x) => 3 * x * x) },
      ]),
  ],
  [
    "boundaries",
    () =>
      boundaryFigure([
        { title: "one neuron", points: ring, probabilities: plane((x, y) => sigmoid(2 * x + y)) },
        { title: "hidden neurons", points: ring, probabilities: plane((x, y) => sigmoid(2 * (x * x + y * y - 4))) },
      ]),
  ],
  [
    "descent",
    () =>
      descentFigure(
        [{ title: "rate 0.205", below: "too large: the steps grow, parameters explode", way: way(0.205) }],
        (x, y) => (x * x + 10 * y * y) / 2,
      ),
  ],
  [
    "planes",
    () =>
      planesFigure([
        [
          { title: "image", below: "8×8", height: 8, width: 8, values: bow(8) },
          { title: "filter", below: "3×3", height: 3, width: 3, values: [1, 0, -1, 2, 0, -2, 1, 0, -1] },
        ],
        [
          { title: "zeros", below: "2×2", height: 2, width: 2, values: [0, 0, 0, 0] },
          { title: "wide", below: "2×4", height: 2, width: 4, values: [1, 2, 3, 4, -1, -2, -3, -4] },
        ],
      ]),
  ],
  [
    "powers",
    () =>
      powersFigure(
        [
          {
            title: "grows and vanishes",
            below: "columns",
            ticks: [-3, 0, 3],
            curves: [
              { name: "grows", places: [0, 5, 10].map((x) => ({ x, y: x / 4 })), strong: true },
              { name: "vanishes", places: [0, 5, 10].map((x) => ({ x, y: -x / 5 })), strong: false },
            ],
          },
        ],
        "Two curves",
      ),
  ],
])("%s", async (name, draw) => {
  await expectPicture(name, draw());
});
