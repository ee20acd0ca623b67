/** Pictures and maps in another geometry. */

import type { ImageShape } from "../../values/image-shape.js";
import type { Displacement } from "./elastic.js";
import type { Mapping } from "./geometry.js";
import type { Jitter } from "./jitter-description.js";

/** Numbers that can be written by their index. */
interface Numbers<N> {
  [index: number]: N;
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
  readonly #from: Int32Array;
  readonly #right: Uint8Array;
  readonly #down: Uint8Array;
  /** the displacement of each pixel of a row, in 256ths of a pixel */
  readonly #warp: readonly [right: Float64Array, down: Float64Array];
  #warped = false;
  /** for each pixel of a row, the node to its left and how far on it is, for so many nodes */
  #between: { readonly nodes: number; readonly node: Int32Array; readonly share: Float64Array } | undefined;
  /** displacements at the nodes of a row */
  #nodes = new Float64Array(0);
  #bytes: Uint8Array | undefined;
  #floats: Float32Array | undefined;

  constructor(shape: ImageShape, border: NonNullable<Jitter["border"]>) {
    const { height, width } = shape;
    this.#shape = shape;
    this.#reflect = border === "reflect";
    this.#ring = border === "constant" ? 1 : 0;
    this.#stride = width + 2 * this.#ring;
    this.#from = new Int32Array(height * width);
    this.#right = new Uint8Array(height * width);
    this.#down = new Uint8Array(height * width);
    this.#warp = [new Float64Array(width), new Float64Array(width)];
  }

  /** Takes over a mapping, for the calls that follow. */
  follow({ backward, displacement }: Mapping): void {
    const { height, width } = this.#shape;
    const [a, b, c, d, e, f] = backward;
    const [from, right, down, stride, ring] = [this.#from, this.#right, this.#down, this.#stride, this.#ring];
    const [warpRight, warpDown] = this.#warp;
    const [lastX, lastY] = [256 * (stride - 1), 256 * (height + 2 * ring - 1)];
    const [stepX, stepY] = [256 * a, (256 * height * d) / width];
    if (this.#warped && !displacement) for (const row of this.#warp) row.fill(0);
    this.#warped = displacement !== undefined;
    for (let y = 0, i = 0; y < height; y++) {
      const v = (y + 0.5) / height;
      if (displacement) this.#warpRow(displacement, v);
      // ½ of a 256th, so that the floor rounds
      const startX = 256 * (width * (a * (0.5 / width) + b * v + c) - 0.5 + ring) + 0.5;
      const startY = 256 * (height * (d * (0.5 / width) + e * v + f) - 0.5 + ring) + 0.5;
      for (let x = 0; x < width; x++, i++) {
        let qx = Math.floor(startX + x * stepX + warpRight[x]);
        let qy = Math.floor(startY + x * stepY + warpDown[x]);
        if (qx < 0 || qx > lastX) qx = this.#inside(qx, lastX);
        if (qy < 0 || qy > lastY) qy = this.#inside(qy, lastY);
        from[i] = (qy >> 8) * stride + (qx >> 8);
        right[i] = qx & 255;
        down[i] = qy & 255;
      }
    }
  }

  /** The displacements along a row at a height v of the result. */
  #warpRow({ nodes, right, down }: Displacement, v: number): void {
    const { height, width } = this.#shape;
    this.#warpAxis(right, nodes, v, 256 * width, this.#warp[0]);
    this.#warpAxis(down, nodes, v, 256 * height, this.#warp[1]);
  }

  #warpAxis(field: Float32Array, nodes: number, v: number, unit: number, into: Float64Array): void {
    const last = nodes - 1;
    const { node, share } = this.#betweenNodes(nodes);
    const row = Math.min(Math.floor(v * last), last - 1);
    const below = v * last - row;
    for (let i = 0, at = row * nodes; i < nodes; i++, at++) {
      this.#nodes[i] = unit * (field[at] + below * (field[at + nodes] - field[at]));
    }
    for (let x = 0; x < into.length; x++) {
      const left = this.#nodes[node[x]];
      into[x] = left + share[x] * (this.#nodes[node[x] + 1] - left);
    }
  }

  #betweenNodes(nodes: number) {
    if (this.#between?.nodes === nodes) return this.#between;
    const { width } = this.#shape;
    const places = Float64Array.from({ length: width }, (_, x) => ((x + 0.5) * (nodes - 1)) / width);
    const node = Int32Array.from(places, Math.floor);
    this.#between = { nodes, node, share: places.map((place, x) => place - node[x]) };
    this.#nodes = new Float64Array(nodes);
    return this.#between;
  }

  /** A place beyond the border, brought to 0 … last. */
  #inside(q: number, last: number): number {
    if (!this.#reflect) return q < 0 ? 0 : last;
    if (last === 0) return 0;
    const folded = ((q % (2 * last)) + 2 * last) % (2 * last);
    return Math.min(folded, 2 * last - folded);
  }

  /**
   * Bytes between those of a source, C×H×W.
   *
   * @param outside what is beyond a constant border, in all channels or in each
   */
  bytes(source: Uint8Array, into: Uint8Array, offset: number, outside: number | readonly number[]): void {
    this.#bytes ??= new Uint8Array(this.#ringedSize());
    const [ringed, from, right, down, stride] = [this.#bytes, this.#from, this.#right, this.#down, this.#stride];
    this.#surround(source, ringed, outside);
    const area = from.length;
    for (let c = 0; c < this.#shape.channels; c++) {
      const plane = c * this.#plane();
      const to = offset + c * area;
      for (let i = 0; i < area; i++) {
        const k = plane + from[i];
        const f = right[i];
        const top = (ringed[k] << 8) + f * (ringed[k + 1] - ringed[k]);
        const bottom = (ringed[k + stride] << 8) + f * (ringed[k + stride + 1] - ringed[k + stride]);
        into[to + i] = ((top << 8) + down[i] * (bottom - top) + 32768) >> 16;
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
        const f = this.#right[i] / 256;
        const top = ringed[k] + f * (ringed[k + 1] - ringed[k]);
        const bottom = ringed[k + stride] + f * (ringed[k + stride + 1] - ringed[k + stride]);
        into[offset + c * area + i] = top + (this.#down[i] / 256) * (bottom - top);
      }
    }
  }

  /** The nearest numbers of a source; arguments as for bytes. */
  nearest<N>(source: ArrayLike<N>, into: Numbers<N>, offset: number, outside: N): void {
    const { channels, height, width } = this.#shape;
    const area = height * width;
    for (let i = 0; i < area; i++) {
      const k = this.#from[i] + (this.#right[i] >> 7) + (this.#down[i] >> 7) * this.#stride;
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
