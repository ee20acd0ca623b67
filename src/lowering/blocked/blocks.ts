/**
 * The blocked layout of ONNX Runtime's own convolutions (domain `com.microsoft.nchwc`), with images as lanes.
 *
 * In memory N×C×H×W is [N/n][C/b][H][W][n][b]: b channels lie side by side, as many as a register of the processor holds, and at each pixel those of n
 * images. To the runtime this is a batch of N/n images of H × W·n pixels, of which the neighbour to the right is n pixels away. Fewer channels than b are
 * planes, [N/n][C][H][W][n]: what a first layer reads. A batch that n = b does not divide is kept in two parts, the most that it divides and the rest: of
 * 100 images 96 with n = 16 and 4 with n = 4.
 */

import type { AttributeInput } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/shape-error.js";
import { tensor } from "../../graph/tensor.js";
import { NCHWC } from "../../graph/types.js";

/** What a value in the blocked layout holds; its channels with those that were added to fill a block. */
export interface Extent {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A convolution of the runtime that was written. */
interface Written {
  readonly inputs: readonly string[];
  readonly attributes: AttributeInputs;
}

/** What a convolution does with its value before it writes it. */
interface Extension {
  /** a value that is added */
  readonly sum?: string;
  /** whether it is cut off below zero */
  readonly relu?: boolean;
  /** the least and the most that it may be */
  readonly bounds?: readonly [number, number];
}

/** A value without a factor of each of its channels. */
export interface Factored {
  readonly form: string;
  /** C numbers */
  readonly factor: string;
}

type AttributeInputs = Readonly<Record<string, AttributeInput | undefined>>;

/** Channels may become this many times as many, so that they fill blocks. */
const MOST_ADDED = 4 / 3;

/** Writes nodes of the blocked layout into a graph. Equal nodes are written once: the runtime merges only those of ONNX's own domain. */
export class Blocks {
  readonly #extents = new Map<string, Extent>();
  readonly #made = new Map<string, string>();
  readonly #convolutions = new Map<string, Written>();
  readonly #parts = new Map<string, readonly string[]>();
  readonly #own = new Map<string, number>();
  readonly #factored = new Map<string, Factored>();
  readonly #places = new Map<string, string>();

  /** @param block channels in a block: 16 or 8 */
  constructor(
    readonly g: GraphBuilder,
    readonly block: number,
  ) {}

  /** The parts of a value, each with a number of lanes of its own. */
  parts(form: string): readonly string[] {
    return this.#parts.get(form) ?? [form];
  }

  /** A value of these parts. */
  join(parts: readonly string[]): string {
    const [first, ...others] = parts;
    if (others.length === 0) return first;
    const name = parts.join(" ");
    const batch = parts.reduce((sum, part) => sum + this.extent(part).batch, 0);
    this.#parts.set(name, parts);
    this.#extents.set(name, { ...this.extent(first), batch });
    return name;
  }

  /** What is made of each part of some values. */
  each(forms: readonly string[], make: (parts: readonly string[], part: number) => string): string {
    return this.join(
      this.parts(forms[0]).map((_, part) =>
        make(
          forms.map((form) => this.parts(form)[part]),
          part,
        ),
      ),
    );
  }

  /** How many images each part of a batch has. */
  #partition(batch: number): readonly number[] {
    const rest = batch % this.block;
    return rest === 0 || batch < this.block ? [batch] : [batch - rest, rest];
  }

  /** How many images of a part lie side by side: the most that divide both their number and a block. */
  lanes(batch: number): number {
    let lanes = this.block;
    while (batch % lanes > 0) lanes /= 2;
    return lanes;
  }

  /** The shape in which the runtime's blocked operators read a value: N/n × C × H × W·n. */
  flatShape({ batch, channels, height, width }: Extent): number[] {
    const lanes = this.lanes(batch);
    return [batch / lanes, channels, height, width * lanes];
  }

  /** As many channels as fill blocks. */
  filled = (channels: number): number => Math.ceil(channels / this.block) * this.block;

  /** Whether so many channels fill blocks, or nearly so: the others are then zeros, or what is made of zeros, and nothing reads them. */
  takes = (channels: number): boolean => channels >= this.block && this.filled(channels) <= MOST_ADDED * channels;

  /** How many channels of a value are its own, and not added to fill a block. */
  own(form: string): number {
    return this.#own.get(form) ?? this.extent(form).channels;
  }

  /** Says how many channels of a value are its own. */
  setOwn(form: string, channels: number): string {
    for (const part of [form, ...this.parts(form)]) this.#own.set(part, channels);
    return form;
  }

  /** Says that a value is also there without a factor of each of its channels, for less. What is not read in the end is not computed. */
  setFactored(form: string, factored: Factored): void {
    this.#factored.set(form, factored);
  }

  /** A value without a factor of its channels, where it is there. */
  factored(form: string): Factored | undefined {
    return this.#factored.get(form);
  }

  /** Filters, or a number for each channel, with zeros in the place of what is missing along an axis. */
  fill(value: string, axis: number, size: number): string {
    const shape = this.g.shape(value);
    if (shape[axis] === size) return value;
    const after = shape.map((d, i) => (i === axis ? size - d : 0));
    return this.op("Pad", [value, this.g.ints(...shape.map(() => 0), ...after)]);
  }

  /** The first ones along an axis: what is left without {@link fill}. */
  cut(value: string, axis: number, size: number): string {
    if (this.g.shape(value)[axis] === size) return value;
    return this.op("Slice", [value, this.g.ints(0), this.g.ints(size), this.g.ints(axis)]);
  }

  /** Declares that a value holds this, and gives it the shape for the runtime's operators. */
  declare(value: string, extent: Extent): string {
    const flat = this.reshape(value, this.flatShape(extent));
    this.#extents.set(flat, extent);
    return flat;
  }

  extent(form: string): Extent {
    const extent = this.#extents.get(form);
    if (!extent) throw new ShapeError(`The value '${form}' is not in the blocked layout.`);
    return extent;
  }

  /** A node with one output, or the output of the node that is equal to it. */
  op(operator: string, inputs: readonly string[], attributes: AttributeInputs = {}, domain = ""): string {
    const key = JSON.stringify([domain, operator, inputs, attributes]);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.g.op(operator, inputs, attributes, domain);
    this.#made.set(key, made);
    return made;
  }

  /** A convolution, which can still be {@link extended}; its windows move by one pixel and have no pads unless it is said. */
  conv(inputs: readonly string[], given: AttributeInputs): string {
    const attributes = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], ...given };
    const made = this.op("Conv", inputs, attributes, NCHWC);
    this.#convolutions.set(made, { inputs, attributes });
    return made;
  }

  /** Whether a value was made by a convolution that can do more in the same pass over the memory: add another value, or cut off below zero. */
  canTake(form: string, relu = false): boolean {
    const written = this.#convolutions.get(form);
    return written !== undefined && written.attributes.activation === undefined && (relu || written.inputs.length < 4);
  }

  /** Whether a value is made by gain and bias of each channel alone, in one pass over the memory. */
  isAffine(form: string): boolean {
    const attributes = this.#convolutions.get(form)?.attributes;
    return attributes?.group === this.extent(form).channels && String(attributes.kernel_shape) === "1,1";
  }

  /**
   * The value of a convolution with another value added, cut off below zero, or kept between bounds. What it was extended from is no longer needed, if nothing else
   * reads it.
   */
  extended(form: string, { sum, relu, bounds }: Extension): string {
    const written = this.#convolutions.get(form);
    if (!written) throw new ShapeError(`The value '${form}' is not made by a blocked convolution.`);
    const [x, filters, biases] = written.inputs;
    const inputs = sum === undefined ? written.inputs : [x, filters, biases ?? "", sum];
    const activation = bounds
      ? { activation: "Clip", activation_params: { type: "floats", value: bounds } as const }
      : relu && { activation: "Relu" };
    const made = this.conv(inputs, { ...written.attributes, ...activation });
    return this.declare(made, this.extent(form));
  }

  /** The sum of what was made of the parts of a value. */
  sum(parts: readonly string[]): string {
    return parts.length === 1 ? parts[0] : this.op("Sum", parts);
  }

  /** A list of places, for Gather. Equal ones are stored once, of any length. */
  places(list: readonly number[]): string {
    const key = list.join();
    const made = this.#places.get(key) ?? this.g.constant(tensor("int32", [list.length], Int32Array.from(list)));
    this.#places.set(key, made);
    return made;
  }

  reshape(value: string, shape: readonly number[]): string {
    const known = this.g.type(value).shape;
    if (known?.length === shape.length && known.every((d, axis) => d === shape[axis])) return value;
    return this.op("Reshape", [value, this.g.ints(...shape)]);
  }

  transpose(value: string, shape: readonly number[], perm: readonly number[]): string {
    return this.op("Transpose", [this.reshape(value, shape)], { perm });
  }

  /** [N/n·C/b][H][W][n·b]: what works on pixels alone sees a batch-last image of N/n·C/b channels and n·b images. Planes: [N/n·C][H][W][n]. */
  asPixels(form: string): string {
    const { batch, channels, height, width } = this.extent(form);
    const lanes = this.lanes(batch) * (channels < this.block ? 1 : this.block);
    return this.reshape(form, [(batch * channels) / lanes, height, width, lanes]);
  }

  /** What {@link asPixels} gave, with other pixels. */
  fromPixels(value: string, { batch, channels }: Pick<Extent, "batch" | "channels">): string {
    const [, height, width] = this.g.shape(value);
    return this.declare(value, { batch, channels, height, width });
  }

  /** [C/b][N/n] in the place of [N/n][C/b]. */
  blocksOutermost(value: string, images: number, blocks: number): string {
    const flat = [images, blocks, this.g.shape(value).reduce((a, d) => a * d, 1) / (images * blocks)];
    return images === 1 || blocks === 1 ? value : this.transpose(value, flat, [1, 0, 2]);
  }

  /** N×C×H×W, or C×H×W×N where the batch is the last axis, in parts. */
  #cutBatch(value: string, axis: 0 | 3): readonly string[] {
    const sizes = this.#partition(this.g.shape(value)[axis]);
    if (sizes.length === 1) return [value];
    return this.g.ops("Split", [value, this.g.ints(...sizes)], sizes.length, { axis });
  }

  #joined(parts: readonly string[], axis: 0 | 3): string {
    return parts.length === 1 ? parts[0] : this.op("Concat", parts, { axis });
  }

  /** N×C×H×W in the blocked layout. */
  fromBatchFirst(value: string): string {
    const [, channels] = this.g.shape(value);
    const whole = channels < this.block ? value : this.fill(value, 1, this.filled(channels));
    return this.setOwn(this.join(this.#cutBatch(whole, 0).map((part) => this.#partFromBatchFirst(part))), channels);
  }

  /** C×H×W×N in the blocked layout. */
  fromBatchLast(value: string): string {
    const [channels] = this.g.shape(value);
    const whole = channels < this.block ? value : this.fill(value, 0, this.filled(channels));
    return this.setOwn(this.join(this.#cutBatch(whole, 3).map((part) => this.#partFromBatchLast(part))), channels);
  }

  /** N×C×H×W. */
  toBatchFirst(form: string): string {
    const parts = this.parts(form).map((part) => this.#partToBatchFirst(part));
    return this.cut(this.#joined(parts, 0), 1, this.own(form));
  }

  /** C×H×W×N. */
  toBatchLast(form: string): string {
    const parts = this.parts(form).map((part) => this.#partToBatchLast(part));
    return this.cut(this.#joined(parts, 3), 0, this.own(form));
  }

  #partFromBatchFirst(value: string): string {
    const [batch, channels, height, width] = this.g.shape(value);
    const extent = { batch, channels, height, width };
    const lanes = this.lanes(batch);
    const pixels = height * width;
    // images as lanes: [N/n][C][H·W][n]
    const planes = lanes === 1 ? value : this.transpose(value, [batch / lanes, lanes, channels * pixels], [0, 2, 1]);
    return this.declare(channels < this.block ? planes : this.#intoBlocks(planes, extent), extent);
  }

  #partFromBatchLast(value: string): string {
    const [channels, height, width, batch] = this.g.shape(value);
    const extent = { batch, channels, height, width };
    const lanes = this.lanes(batch);
    const images = batch / lanes;
    const planes = images === 1 ? value : this.transpose(value, [channels * height * width, images, lanes], [1, 0, 2]);
    return this.declare(channels < this.block ? planes : this.#intoBlocks(planes, extent), extent);
  }

  /** How many blocks of channels there are, and how many pixels each has: what the runtime's operators, which are for float32 alone, exchange. */
  #matrices({ batch, channels, height, width }: Extent): readonly [blocks: number, pixels: number] {
    const lanes = this.lanes(batch);
    return [(batch * channels) / (lanes * this.block), height * width * lanes];
  }

  /** From planes to blocks of channels. */
  #intoBlocks(planes: string, extent: Extent): string {
    if (this.g.type(planes).type !== "float32") {
      const [blocks, pixels] = this.#matrices(extent);
      return this.transpose(planes, [blocks, this.block, pixels], [0, 2, 1]);
    }
    return this.op("ReorderInput", [this.reshape(planes, this.flatShape(extent))], {}, NCHWC);
  }

  #partToBatchFirst(form: string): string {
    const { batch, channels, height, width } = this.extent(form);
    const lanes = this.lanes(batch);
    const planes = this.#planes(form);
    const first =
      lanes === 1 ? planes : this.transpose(planes, [batch / lanes, channels * height * width, lanes], [0, 2, 1]);
    return this.reshape(first, [batch, channels, height, width]);
  }

  #partToBatchLast(form: string): string {
    const { batch, channels, height, width } = this.extent(form);
    const lanes = this.lanes(batch);
    const images = batch / lanes;
    const planes = this.#planes(form);
    const last = images === 1 ? planes : this.transpose(planes, [images, channels * height * width, lanes], [1, 0, 2]);
    return this.reshape(last, [channels, height, width, batch]);
  }

  /** From blocks of channels to planes. */
  #planes(form: string): string {
    const extent = this.extent(form);
    const { channels } = extent;
    if (channels < this.block) return form;
    if (this.g.type(form).type !== "float32") {
      const [blocks, pixels] = this.#matrices(extent);
      return this.transpose(form, [blocks, pixels, this.block], [0, 2, 1]);
    }
    return this.op("ReorderOutput", [form], { channels }, NCHWC);
  }
}
