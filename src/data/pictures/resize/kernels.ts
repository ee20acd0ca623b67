/** Kernels of resampling: the weight of a pixel at a distance t, in pixels. */

/** A symmetric function that is 0 from some distance on. */
export interface Kernel {
  /** the distance from which on it is 0 */
  readonly reach: number;
  weight(this: void, distance: number): number;
}

/** 1 for −½ < t ≤ ½ */
export const BOX: Kernel = { reach: 0.5, weight: (t) => (t > -0.5 && t <= 0.5 ? 1 : 0) };

/** 1 − |t|: linear interpolation */
export const TRIANGLE: Kernel = { reach: 1, weight: (t) => Math.max(0, 1 - Math.abs(t)) };

/** sinc(t)·(0.54 + 0.46 cos πt) */
export const HAMMING: Kernel = {
  reach: 1,
  weight: (t) => (Math.abs(t) >= 1 ? 0 : sinc(t) * (0.54 + 0.46 * Math.cos(Math.PI * t))),
};

/**
 * Keys' cubic (1981): (a + 2)|t|³ − (a + 3)|t|² + 1 for |t| < 1, a|t|³ − 5a|t|² + 8a|t| − 4a for |t| < 2.
 *
 * @param a the slope at 1: −½ with Pillow, MATLAB and TensorFlow, −¾ with OpenCV and PyTorch
 */
export const keys = (a: number): Kernel => ({
  reach: 2,
  weight(t) {
    const x = Math.abs(t);
    if (x >= 2) return 0;
    return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((x - 5) * x + 8) * x * a - 4 * a;
  },
});

/** sinc(t)·sinc(t / lobes) */
export const lanczos = (lobes: number): Kernel => ({
  reach: lobes,
  weight: (t) => (Math.abs(t) >= lobes ? 0 : sinc(t) * sinc(t / lobes)),
});

const sinc = (t: number): number => (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t));
