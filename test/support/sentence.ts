import type { Image } from "../../src/data/pictures/image.js";
import type { LineReading } from "../../src/reading/read-line.js";

const LETTERS = [..."learn"];
/** What each letter is taken for, and how surely. */
const READ = [..."1earn"].map((letter, i) => ({ letter, confidence: [0.43, 0.999, 0.97, 0.92, 0.64][i] }));
const CLASSES = [...new Set([...LETTERS, ...READ.map(({ letter }) => letter)])].sort();

/** A white picture with a dark block of ink for each letter: 24 pixels wide, 8 apart. */
function line(width: number, height: number): Image {
  const data = new Uint8Array(width * height).fill(255);
  LETTERS.forEach((_, i) => {
    for (let y = 6; y < height - 6; y++) data.fill(60, y * width + 8 + 32 * i, y * width + 32 + 32 * i);
  });
  return { width, height, channels: 1, data };
}

const image = line(176, 32);
/** Windows of 32 pixels, 4 apart. */
const count = (image.width - 32) / 4 + 1;
/** The letter that is nearest to the middle of each window; letter i is in the middle of window 8i + 1. */
const nearest = Array.from({ length: count }, (_, window) => Math.min(4, Math.round((window - 1) / 8)));

/** "learn", read as "1earn" with one letter that it is unsure of, and with scores that are high where a letter is in the middle of a window. */
export const sentence: { image: Image; expected: string; reading: LineReading } = {
  image,
  expected: "learn",
  reading: {
    text: "1earn",
    columns: nearest.map((i) => READ[i].letter).join(""),
    letters: READ.map((letter, i) => ({ ...letter, left: 8 + 32 * i, right: 32 + 32 * i })),
    marks: [],
    scores: {
      classes: CLASSES,
      count,
      stride: 4,
      offset: 15.5,
      values: Float32Array.from({ length: CLASSES.length * count }, (_, i) => {
        const [k, window] = [Math.floor(i / count), i % count];
        const letter = nearest[window];
        return CLASSES[k] === READ[letter].letter ? 8 - Math.abs(window - 8 * letter - 1) : -k / 2;
      }),
    },
    line: image,
  },
};
