import { describe, expect, it } from "vitest";
import { coloursOf } from "./colour-map.js";
import { heatOver } from "./heat-over.js";

const picture = { width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(100) } as const;

describe("a map over a picture", () => {
  it("leaves the picture, in a pale grey, where nothing was found", () => {
    // 255 − 0.6 · (255 − 100)
    const { data, channels } = heatOver(picture, new Float32Array(4), 2, 2);
    expect(channels).toBe(3);
    expect(new Set(data)).toEqual(new Set([162]));
  });

  it("covers it by the colour of the strongest, as much as alpha says", () => {
    const { data } = heatOver(picture, Float32Array.of(1), 1, 1, { alpha: 0.5, colours: "sequential" });
    const last = coloursOf("sequential").subarray(3 * 255);
    expect([data[0], data[16], data[32]]).toEqual([...last].map((byte) => Math.round(81 + byte / 2)));
  });

  it("is blue below zero and red above, by √ of the share of the largest", () => {
    const { data } = heatOver(picture, Float32Array.of(-1, 4), 1, 2, { alpha: 1 });
    const [red, blue] = [data.subarray(0, 4), data.subarray(32, 36)];
    expect([red[0] < blue[0], red[3] > blue[3]]).toEqual([true, true]);
    // −1 of 4: place 128 − 32, covering a half
    const place = coloursOf("diverging").subarray(3 * 96, 3 * 97);
    expect([data[0], data[16], data[32]]).toEqual([...place].map((byte) => Math.round(81 + byte / 2)));
  });

  it("has its last colour from the size on that one number of a hundred is above", () => {
    const large = { width: 20, height: 20, channels: 1, data: new Uint8Array(400).fill(100) } as const;
    // of 400 numbers three are above
    const values = Float32Array.from({ length: 400 }, (_, i) => (i < 3 ? 1000 : i < 200 ? -2 : 1));
    const { data } = heatOver(large, values, 20, 20, { alpha: 1 });
    const last = coloursOf("diverging").subarray(3, 6);
    expect([data[100], data[500], data[900]]).toEqual([...last]);
    const few = heatOver(picture, Float32Array.of(1, 1, 1, 8), 2, 2, { alpha: 1 });
    expect([few.data[15], few.data[31]]).toEqual([...coloursOf("diverging").subarray(3 * 255, 3 * 255 + 2)]);
  });

  it("takes as many finite numbers as it has places", () => {
    expect(() => heatOver(picture, Float32Array.of(1, 2), 2, 2)).toThrow(/2×2.*got 2/);
    expect(() => heatOver(picture, Float32Array.of(Number.NaN), 1, 1)).toThrow(/finite/);
  });
});
