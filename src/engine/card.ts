/** Tensors that stay on a graphics card between runs, where ONNX Runtime takes and writes them as they lie there: on WebGPU, in Node and in browsers. */

import type { InferenceSession, Tensor as RuntimeTensor } from "onnxruntime-common";
import { GraphBuilder } from "../graph/builder.js";
import { encodeModel } from "../graph/codec/codec.js";
import { modelOf } from "../graph/model.js";
import { tensor } from "../graph/tensor.js";
import type { DataType, ElementArrays, Tensor } from "../graph/types.js";
import { EngineError, type KeptTensor } from "./engine.js";
import type { Runtime, RuntimePlace } from "./place.js";

/** What carries elements to the card and back: a tensor in, an equal one out. The runtime's own `getData` ends the process in Node. */
interface Carriers {
  /** gives a new tensor there */
  readonly making: InferenceSession;
  /** writes into a given tensor there, or gives a new one here */
  readonly copying: InferenceSession;
}

/** A tensor whose elements lie on the card from the first run on that takes or writes it, until somebody brings them here. */
class CardTensor<T extends DataType> implements KeptTensor<T> {
  /** undefined while they are there */
  #here: ElementArrays[T] | undefined;
  /** its place on the card; none before the first run */
  #there: RuntimeTensor | undefined;

  constructor(
    readonly card: Card,
    readonly type: T,
    readonly shape: readonly number[],
    data: ElementArrays[T],
  ) {
    this.#here = data;
  }

  /** @throws EngineError while the elements are there: a card hands over what it has computed when it has, and not at once */
  get data(): ElementArrays[T] {
    if (this.#here) return this.#here;
    throw new EngineError("The tensor lies on the graphics card: it is read after `await brought({ tensor })`.");
  }

  /** @throws EngineError before {@link settle} */
  get there(): RuntimeTensor {
    if (this.#there) return this.#there;
    throw new EngineError("The tensor has no place on the graphics card.");
  }

  async bring(): Promise<void> {
    this.#here ??= (await this.card.read(this.there)) as ElementArrays[T];
  }

  /** Goes there; with its elements, unless they are only written there next. */
  async settle(withElements: boolean): Promise<void> {
    if (!this.#here) return;
    if (!this.#there) this.#there = await this.card.make(this);
    else if (withElements) await this.card.write(this, this.#there);
    this.#here = undefined;
  }
}

/** The card of an engine. Its programs run in the caller's thread. */
class Card implements RuntimePlace {
  readonly isAside = false;
  #carriers: Promise<Carriers> | undefined;
  // in a browser nothing else frees them
  readonly #forgotten = new FinalizationRegistry((there: RuntimeTensor) => there.dispose());

  constructor(
    readonly runtime: Runtime,
    readonly options: InferenceSession.SessionOptions,
  ) {}

  create(model: Uint8Array, how: InferenceSession.SessionOptions): Promise<InferenceSession> {
    return this.runtime.InferenceSession.create(model, how);
  }

  wrap(given: Tensor): RuntimeTensor {
    return this.writesInto(given) ? given.there : this.#fromHere(given);
  }

  keep<T extends DataType>({ type, shape, data }: Tensor<T>): Tensor<T> {
    const copy = data.slice() as ElementArrays[T];
    // the parameters of a network and what its solver keeps are floats; an empty tensor has no place
    return type === "float32" && copy.length > 0 ? new CardTensor(this, type, shape, copy) : tensor(type, shape, copy);
  }

  writesInto(given: Tensor): given is CardTensor<DataType> {
    return given instanceof CardTensor && given.card === this;
  }

  async settle(taken: readonly Tensor[], written: readonly Tensor[]): Promise<void> {
    for (const each of taken) if (this.writesInto(each)) await each.settle(true);
    for (const each of written) if (this.writesInto(each)) await each.settle(false);
  }

  async make(given: Tensor): Promise<RuntimeTensor> {
    const { making } = await this.#carry();
    const { y } = await making.run({ x: this.#fromHere(given) });
    this.#forgotten.register(given, y);
    return y;
  }

  async write(given: Tensor, there: RuntimeTensor): Promise<void> {
    const { copying } = await this.#carry();
    await copying.run({ x: this.#fromHere(given) }, { y: there });
  }

  async read(there: RuntimeTensor): Promise<ElementArrays[DataType]> {
    const { copying } = await this.#carry();
    const { y } = await copying.run({ x: there });
    return y.data as ElementArrays[DataType];
  }

  #fromHere({ type, data, shape }: Tensor): RuntimeTensor {
    return new this.runtime.Tensor(type as "float32", data as Float32Array, shape);
  }

  #carry(): Promise<Carriers> {
    this.#carriers ??= this.#loadCarriers();
    return this.#carriers;
  }

  async #loadCarriers(): Promise<Carriers> {
    const g = new GraphBuilder("copy");
    g.output("y", g.op("Identity", [g.input("x", "float32", undefined)]));
    const bytes = encodeModel(modelOf(g.build()));
    return {
      making: await this.create(bytes, { ...this.options, preferredOutputLocation: "gpu-buffer" }),
      copying: await this.create(bytes, this.options),
    };
  }
}

/**
 * The card of an engine, for the programs that run there.
 *
 * @param options of what carries tensors there and back; it is loaded when the first tensor is kept, and stays
 */
export const onCard = (runtime: Runtime, options: InferenceSession.SessionOptions): RuntimePlace =>
  new Card(runtime, options);
