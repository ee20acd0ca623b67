/**
 * How wide the ink of each letter is where ascent and descent over a–z measure 28 of 32 pixels: the mean of the logarithm of its width in
 * pixels over the 595 typefaces of the training part of the packaged set, and its standard deviation once it is known how wide
 * a typeface is as a whole.
 */
const WIDTHS: Readonly<Record<string, readonly [mean: number, deviation: number]>> = {
  a: [2.5, 0.08],
  b: [2.55, 0.07],
  c: [2.42, 0.09],
  d: [2.57, 0.06],
  e: [2.47, 0.09],
  f: [2.3, 0.21],
  g: [2.55, 0.08],
  h: [2.54, 0.09],
  i: [1.49, 0.56],
  j: [1.94, 0.33],
  k: [2.53, 0.09],
  l: [1.5, 0.56],
  m: [2.97, 0.16],
  n: [2.54, 0.09],
  o: [2.52, 0.08],
  p: [2.57, 0.06],
  q: [2.56, 0.06],
  r: [2.27, 0.2],
  s: [2.34, 0.14],
  t: [2.15, 0.24],
  u: [2.54, 0.08],
  v: [2.54, 0.08],
  w: [2.92, 0.15],
  x: [2.54, 0.08],
  y: [2.57, 0.08],
  z: [2.43, 0.1],
};

/** How much typefaces differ as a whole: the standard deviation of the logarithm of their widths. */
const BETWEEN = 0.15;

/** How wide a line's letters are as a whole: a normal distribution of the logarithm of their widths, relative to the mean typeface. */
export interface Breadth {
  readonly mean: number;
  readonly variance: number;
}

/** What is known of a line's breadth before any letter is read. */
export const ANY_BREADTH: Breadth = { mean: 0, variance: BETWEEN ** 2 };

/**
 * How well a width fits a letter: −½(ln width − mean)²/variance ≤ 0; 0 for what is no letter a–z.
 *
 * @param width of its ink, in pixels of a line 32 pixels high
 */
export function widthFit(letter: string, width: number, breadth: Breadth): number {
  if (!Object.hasOwn(WIDTHS, letter)) return 0;
  const [mean, deviation] = WIDTHS[letter];
  return (-0.5 * (Math.log(width) - mean - breadth.mean) ** 2) / (deviation ** 2 + breadth.variance);
}

/**
 * The breadth of a line after some of its letters are read: what typefaces are like, and what each letter's width says, weighted
 * by their certainty (the posterior of normal distributions). A letter that is read with confidence p counts as p letters.
 */
export function breadthOf(
  letters: readonly { readonly letter: string; readonly width: number; readonly confidence: number }[],
): Breadth {
  let precision = 1 / ANY_BREADTH.variance;
  let sum = 0;
  for (const { letter, width, confidence } of letters) {
    if (!Object.hasOwn(WIDTHS, letter)) continue;
    const [mean, deviation] = WIDTHS[letter];
    const weight = confidence / deviation ** 2;
    precision += weight;
    sum += weight * (Math.log(width) - mean);
  }
  return { mean: sum / precision, variance: 1 / precision };
}
