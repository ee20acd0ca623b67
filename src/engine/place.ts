/** Where programs run: a build of ONNX Runtime, and what is asked of the thread or the card that has its sessions. */

import type { InferenceSession, Tensor as RuntimeTensor, TensorConstructor } from "onnxruntime-common";
import type { DataType, Tensor } from "../graph/types.js";

/** What is needed of a build of ONNX Runtime. */
export interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

/** What is needed of its tensors. */
export interface RuntimeValue extends Pick<RuntimeTensor, "dims" | "data"> {
  readonly type: string;
}

/** What is needed of its sessions. */
export interface RuntimeSession {
  run(
    feeds: Readonly<Record<string, RuntimeValue>>,
    fetches: Readonly<Record<string, RuntimeValue | null>>,
  ): Promise<Readonly<Record<string, RuntimeValue>>>;
  endProfiling(): void;
  release(): Promise<void>;
}

/** A thread in which sessions run. */
export interface RuntimePlace {
  /** whether it is another one than the caller's */
  readonly isAside: boolean;
  create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<RuntimeSession>;
  /** Our tensor as one of the runtime's, with the same elements. */
  wrap(tensor: Tensor): RuntimeValue;
  /** A copy whose elements lie where sessions take them from. */
  keep<T extends DataType>(tensor: Tensor<T>): Tensor<T>;
  /** Whether sessions write into this tensor as it lies, whatever they do with others. */
  writesInto?(tensor: Tensor): boolean;
  /** Moves kept tensors to where a run takes them from, and makes room for those that it writes. */
  settle?(taken: readonly Tensor[], written: readonly Tensor[]): Promise<void>;
}
