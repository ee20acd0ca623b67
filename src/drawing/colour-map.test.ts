import { describe, expect, it } from "vitest";
import { type Colours, coloursOf, placesIn } from "./colour-map.js";

type Triple = readonly number[];
const times = (matrix: readonly Triple[], v: Triple): number[] =>
  matrix.map((row) => row.reduce((sum, m, i) => sum + m * v[i], 0));

// IEC 61966-2-1, and CIE 15 for the white of D65
const linear = (byte: number): number =>
  byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4;
const XYZ = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
];
function lab(light: Triple): number[] {
  const f = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const [x, y, z] = times(XYZ, light).map((value, i) => f(value / [0.95047, 1, 1.08883][i]));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** How those see a colour who have no cone for green: Machado, Oliveira and Fernandes 2009, severity 1. */
const DEUTERANOPIA = [
  [0.367322, 0.860646, -0.227968],
  [0.280085, 0.672501, 0.047413],
  [-0.01182, 0.04294, 0.968881],
];

const colour = (colours: Colours, i: number): number[] =>
  [...coloursOf(colours).subarray(3 * i, 3 * i + 3)].map(linear);
const usual = (colours: Colours, i: number): number[] => lab(colour(colours, i));
const deuteranope = (colours: Colours, i: number): number[] =>
  lab(times(DEUTERANOPIA, colour(colours, i)).map((v) => Math.min(1, Math.max(0, v))));
const distance = (a: Triple, b: Triple): number => Math.hypot(...a.map((value, i) => value - b[i]));
const indices = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, k) => from + k * step);

describe("colours from low to high", () => {
  it.each(["sequential", "grey"] as const)("%s grow lighter with every step of four, whoever looks", (colours) => {
    for (const see of [usual, deuteranope]) {
      for (const i of indices(0, 251)) expect(see(colours, i + 4)[0]).toBeGreaterThan(see(colours, i)[0]);
    }
  });

  it("take steps of much the same size in lightness", () => {
    // magma from 0 to 98: 6.1 for each sixteenth of it
    for (const i of indices(16, 239, 16)) {
      expect(Math.abs(usual("sequential", i + 15)[0] - usual("sequential", i)[0] - 5.8)).toBeLessThan(1.5);
    }
  });
});

describe("colours around zero", () => {
  it("grow darker with every step away from it, as much on both sides", () => {
    for (const see of [usual, deuteranope]) {
      for (const i of indices(128, 251)) expect(see("diverging", i + 4)[0]).toBeLessThan(see("diverging", i)[0]);
      for (const i of indices(5, 128)) expect(see("diverging", i - 4)[0]).toBeLessThan(see("diverging", i)[0]);
    }
    for (const k of indices(0, 127)) {
      expect(Math.abs(usual("diverging", 128 + k)[0] - usual("diverging", 128 - k)[0])).toBeLessThan(2.5);
    }
  });

  it("are told apart by deuteranopes, from an eighth of the largest number on", () => {
    // 2.3 is a difference that is just seen (Mahy 1994)
    for (const k of indices(16, 127)) {
      expect(distance(deuteranope("diverging", 128 + k), deuteranope("diverging", 128 - k))).toBeGreaterThan(12);
    }
  });

  it("have zero in the middle, and the same distance on both sides at the same place", () => {
    expect([...placesIn("diverging", [0, 2, -2, 4, -4, 9], [-1, 4])]).toEqual([128, 192, 65, 255, 1, 255]);
    expect([...coloursOf("diverging").subarray(3 * 128, 3 * 129)]).toEqual([0xf2, 0xf2, 0xf2]);
    expect([...placesIn("diverging", [0, 0], [0, 0])]).toEqual([128, 128]);
  });
});
