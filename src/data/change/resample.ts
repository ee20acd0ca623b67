/** Pictures and maps in another geometry. */

import type { ImageShape } from "../../values/image-shape.js";
import type { Displacement } from "./elastic.js";
import type { Mapping } from "./geometry.js";
import type { Jitter } from "./jitter-description.js";

/** Numbers that can be written by their index. */
interface Numbers<N> {
  [index: number]: N;
}

/** The next lower whole number, of 31 bits. */
function floor(value: number): number {
  const whole = value | 0;
  return value < whole ? whole - 1 : whole;
}

/** A place beyond the border, mirrored to 0 … last. */
function reflected(q: number, last: number): number {
  if (last === 0) return 0;
  const folded = ((q % (2 * last)) + 2 * last) % (2 * last);
  return Math.min(folded, 2 * last - folded) | 0;
}

/**
 * Where each pixel of a result comes from: from which pixel of the source, and how far on towards its right and its lower neighbour, in
 * 256ths. It serves maps of one shape, one mapping after the other.
 *
 * The border "constant" is the border "edge" of a source with one more pixel around it. At the last column and row the fraction is
 * 0; the neighbour that is read there, which may belong to another row or to nothing, does not count.
 */
export class Sampling {
  readonly #shape: ImageShape;
  readonly #reflect: boolean;
  /** pixels around the source: 1 where the border is constant */
  readonly #ring: number;
  /** pixels in a row of the source and its ring */
  readonly #stride: number;
  readonly #lastX: number;
  readonly #lastY: number;
  readonly #from: Int32Array;
  /** how far on to the right, and in the upper byte how far down */
  readonly #on: Uint16Array;
  /** see {@link #endsOf} */
  #between: { readonly nodes: number; readonly ends: Int32Array } | undefined;
  #bytes: Uint8Array | undefined;
  #floats: Float32Array | undefined;

  constructor(shape: ImageShape, border: NonNullable<Jitter["border"]>) {
    const { height, width } = shape;
    this.#shape = shape;
    this.#reflect = border === "reflect";
    this.#ring = border === "constant" ? 1 : 0;
    this.#stride = width + 2 * this.#ring;
    this.#lastX = 256 * (this.#stride - 1);
    this.#lastY = 256 * (height + 2 * this.#ring - 1);
    this.#from = new Int32Array(height * width);
    this.#on = new Uint16Array(height * width);
  }

  /** Takes over a mapping, for the calls that follow. */
  follow({ backward, displacement }: Mapping): void {
    const { height, width } = this.#shape;
    const [a, b, c, d, e, f] = backward;
    const ring = this.#ring;
    for (let y = 0; y < height; y++) {
      const v = (y + 0.5) / height;
      // ½ of a 256th, so that the floor rounds
      const startX = 256 * (width * (a * (0.5 / width) + b * v + c) - 0.5 + ring) + 0.5;
      const startY = 256 * (height * (d * (0.5 / width) + e * v + f) - 0.5 + ring) + 0.5;
      const stepX = 256 * a;
      const stepY = (256 * height * d) / width;
      if (displacement) this.#followWarped(y, displacement, startX, stepX, startY, stepY);
      else this.#followLine(y * width, (y + 1) * width, startX, stepX, startY, stepY);
    }
  }

  /** Follows a row from node to node, between which the displacement is linear, too. */
  #followWarped(
    y: number,
    { nodes, right, down }: Displacement,
    startX: number,
    stepX: number,
    startY: number,
    stepY: number,
  ): void {
    const { height, width } = this.#shape;
    const last = nodes - 1;
    const ends = this.#endsOf(nodes);
    const above = ((y + 0.5) / height) * last;
    const row = Math.min(Math.floor(above), last - 1);
    const below = above - row;
    let at = row * nodes;
    let leftX = 256 * width * (right[at] + below * (right[at + nodes] - right[at]));
    let leftY = 256 * height * (down[at] + below * (down[at + nodes] - down[at]));
    for (let node = 0, x = 0; node < last; node++) {
      at++;
      const rightX = 256 * width * (right[at] + below * (right[at + nodes] - right[at]));
      const rightY = 256 * height * (down[at] + below * (down[at + nodes] - down[at]));
      const end = ends[node];
      if (end > x) {
        const on = ((x + 0.5) * last) / width - node;
        this.#followLine(
          y * width + x,
          y * width + end,
          startX + x * stepX + leftX + on * (rightX - leftX),
          stepX + ((rightX - leftX) * last) / width,
          startY + x * stepY + leftY + on * (rightY - leftY),
          stepY + ((rightY - leftY) * last) / width,
        );
      }
      x = end;
      leftX = rightX;
      leftY = rightY;
    }
  }

  /** Follows a straight line in the source: pixels `begin` … `end` − 1 of the result, with the source's coordinates of the first in 256ths, and how they grow. */
  #followLine(begin: number, end: number, startX: number, stepX: number, startY: number, stepY: number): void {
    const from = this.#from;
    const on = this.#on;
    const stride = this.#stride;
    const lastX = this.#lastX;
    const lastY = this.#lastY;
    if (this.#reflect) {
      for (let i = begin, k = 0; i < end; i++, k++) {
        let x = floor(startX + k * stepX);
        let y = floor(startY + k * stepY);
        if (x < 0 || x > lastX) x = reflected(x, lastX);
        if (y < 0 || y > lastY) y = reflected(y, lastY);
        from[i] = (y >> 8) * stride + (x >> 8);
        on[i] = (x & 255) | ((y & 255) << 8);
      }
    } else {
      // without branches, which a processor guesses wrong at every edge: it took three times as long
      for (let i = begin, k = 0; i < end; i++, k++) {
        const x = Math.min(Math.max(startX + k * stepX, 0), lastX) | 0;
        const y = Math.min(Math.max(startY + k * stepY, 0), lastY) | 0;
        from[i] = (y >> 8) * stride + (x >> 8);
        on[i] = (x & 255) | ((y & 255) << 8);
      }
    }
  }

  /** For each node but the last, how many pixels of a row lie before the next. */
  #endsOf(nodes: number): Int32Array {
    if (this.#between?.nodes === nodes) return this.#between.ends;
    const { width } = this.#shape;
    const ends = Int32Array.from({ length: nodes - 1 }, (_, i) => Math.ceil(((i + 1) * width) / (nodes - 1) - 0.5));
    this.#between = { nodes, ends };
    return ends;
  }

  /**
   * Bytes between those of a source, C×H×W.
   *
   * @param outside what is beyond a constant border, in all channels or in each
   */
  bytes(source: Uint8Array, into: Uint8Array, offset: number, outside: number | readonly number[]): void {
    this.#bytes ??= new Uint8Array(this.#ringedSize());
    const ringed = this.#bytes;
    const from = this.#from;
    const on = this.#on;
    const stride = this.#stride;
    this.#surround(source, ringed, outside);
    const area = from.length;
    for (let c = 0; c < this.#shape.channels; c++) {
      const plane = c * this.#plane();
      const to = offset + c * area;
      for (let i = 0; i < area; i++) {
        const k = plane + from[i];
        const right = on[i] & 255;
        const down = on[i] >> 8;
        const topLeft = ringed[k];
        const bottomLeft = ringed[k + stride];
        const top = (topLeft << 8) + right * (ringed[k + 1] - topLeft);
        const bottom = (bottomLeft << 8) + right * (ringed[k + stride + 1] - bottomLeft);
        into[to + i] = ((top << 8) + down * (bottom - top) + 32768) >> 16;
      }
    }
  }

  /** Numbers between those of a source; arguments as for bytes. */
  floats(source: Float32Array, into: Float32Array, offset: number, outside: number): void {
    this.#floats ??= new Float32Array(this.#ringedSize());
    const [ringed, from, stride] = [this.#floats, this.#from, this.#stride];
    this.#surround(source, ringed, outside);
    const area = from.length;
    for (let c = 0; c < this.#shape.channels; c++) {
      for (let i = 0; i < area; i++) {
        const k = c * this.#plane() + from[i];
        const f = (this.#on[i] & 255) / 256;
        const top = ringed[k] + f * (ringed[k + 1] - ringed[k]);
        const bottom = ringed[k + stride] + f * (ringed[k + stride + 1] - ringed[k + stride]);
        into[offset + c * area + i] = top + ((this.#on[i] >> 8) / 256) * (bottom - top);
      }
    }
  }

  /** The nearest numbers of a source; arguments as for bytes. */
  nearest<N>(source: ArrayLike<N>, into: Numbers<N>, offset: number, outside: N): void {
    const { channels, height, width } = this.#shape;
    const area = height * width;
    for (let i = 0; i < area; i++) {
      const k = this.#from[i] + ((this.#on[i] >> 7) & 1) + (this.#on[i] >> 15) * this.#stride;
      const [x, y] = [(k % this.#stride) - this.#ring, Math.floor(k / this.#stride) - this.#ring];
      const isInside = x >= 0 && x < width && y >= 0 && y < height;
      for (let c = 0; c < channels; c++) {
        into[offset + c * area + i] = isInside ? source[c * area + y * width + x] : outside;
      }
    }
  }

  #plane(): number {
    return this.#stride * (this.#shape.height + 2 * this.#ring);
  }

  #ringedSize(): number {
    return this.#shape.channels * this.#plane() + this.#stride + 1;
  }

  /** Copies a source, with its ring. */
  #surround<A extends Uint8Array | Float32Array>(source: A, ringed: A, outside: number | readonly number[]): void {
    const { channels, height, width } = this.#shape;
    if (this.#ring === 0) {
      ringed.set(source);
      return;
    }
    for (let c = 0; c < channels; c++) {
      const beyond = typeof outside === "number" ? outside : outside[c % outside.length];
      ringed.fill(beyond, c * this.#plane(), (c + 1) * this.#plane());
      for (let y = 0; y < height; y++) {
        const row = (c * height + y) * width;
        ringed.set(source.subarray(row, row + width), c * this.#plane() + (y + 1) * this.#stride + 1);
      }
    }
  }
}
