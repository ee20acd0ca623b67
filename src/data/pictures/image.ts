/** An image: what a picture, which is a file, becomes in memory when it is decoded. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: red, green, blue */
  readonly channels: 1 | 3;
  /** bytes 0 … 255 in the order channel, row, column, as `Samples` and networks have them */
  readonly data: Uint8Array;
}

/** From pixels that lie one after the other (RGBRGB…, as codecs have them) to one plane per channel (RR…GG…BB…). */
export function planesFromPixels(pixels: Uint8Array, channels: number): Uint8Array {
  const area = pixels.length / channels;
  const planes = new Uint8Array(pixels.length);
  if (channels === 3) {
    // in one pass: three times as fast, and most pictures come this way
    for (let i = 0, from = 0; i < area; i++, from += 3) {
      planes[i] = pixels[from];
      planes[area + i] = pixels[from + 1];
      planes[2 * area + i] = pixels[from + 2];
    }
    return planes;
  }
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < area; i++) planes[c * area + i] = pixels[i * channels + c];
  }
  return planes;
}

/** From one plane per channel to pixels one after the other. */
export function pixelsFromPlanes(planes: Uint8Array, channels: number): Uint8Array {
  const area = planes.length / channels;
  const pixels = new Uint8Array(planes.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < area; i++) pixels[i * channels + c] = planes[c * area + i];
  }
  return pixels;
}

/**
 * Grey from red, green and blue planes: 0.299 R + 0.587 G + 0.114 B, rounded (ITU-R BT.601, as MATLAB's `rgb2gray`).
 * White stays 255, black 0, and equal channels stay what they are.
 */
export function greyFromColour(planes: Uint8Array): Uint8Array {
  const area = planes.length / 3;
  const grey = new Uint8Array(area);
  for (let i = 0; i < area; i++) {
    grey[i] = Math.round((299 * planes[i] + 587 * planes[area + i] + 114 * planes[2 * area + i]) / 1000);
  }
  return grey;
}
