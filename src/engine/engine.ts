import type { Model } from "../graph/model.js";
import type { DataType, Graph, Tensor, Value } from "../graph/types.js";

/** Where a graph can run. `cpu` is native code in Node, `wasm` WebAssembly; the others need their hardware and driver. */
export type Device = "cpu" | "wasm" | "webgpu" | "cuda" | "dml" | "coreml";

/** Values by name. */
export type Values = Readonly<Record<string, Tensor>>;

/** A graph made ready to run, again and again. */
export interface Program {
  /** what it takes; a model also takes other values in the place of initializers that it lists among its inputs */
  readonly inputs: readonly Value[];
  /** whether it runs in a thread beside its caller, who can do other things until a run ends; see {@link LoadOptions} */
  readonly isAside: boolean;
  /**
   * Runs the graph once.
   *
   * @param inputs a tensor for each graph input
   * @param into tensors that receive the outputs of the same names; an output that has none gets a new one.
   *   A tensor must not be an input and an output of the same run.
   * @returns all outputs
   * @throws EngineError when the runtime fails
   */
  run(inputs: Values, into?: Values): Promise<Values>;
  /**
   * A copy of a tensor that lies where the program runs, beside its caller or on a graphics card (WebGPU): runs take and write it without moving it. Whoever reads its
   * `data` has it brought here, on a card by `await brought(…)` before, and must not keep that array beyond the next run that takes the tensor.
   */
  keep<T extends DataType>(tensor: Tensor<T>): Tensor<T>;
  /** Frees the memory that the runtime holds. */
  close(): Promise<void>;
}

/** How a program is made ready. */
export interface LoadOptions {
  /**
   * The program runs seldom, beside another that runs often: it keeps no memory from run to run, and takes a little longer for it. Where the device
   * is the processor; others keep theirs. False
   */
  readonly seldom?: boolean;
  /**
   * The program runs in a thread beside its caller, where the device is the processor and the runtime its native library: what the caller does
   * after it has called `run` goes on meanwhile. True is the first of these threads, a number one of the engine's `workers`, from 0. All programs of
   * a process in one thread run one after the other. False
   */
  readonly aside?: boolean | number;
  /**
   * Of a program that computes a part of a batch, and needs sums over all parts on the way (`syncBatchNorm`): adds the numbers of all parts, in place. Each part's program calls it as often, with as many
   * numbers, and runs beside the others: a run ends only when all parts are run. Unless it is given, the part is the whole batch.
   */
  readonly addParts?: AddParts;
}

/** Adds numbers of all parts of a batch, in place: afterwards each part has the sums. */
export type AddParts = (numbers: Float64Array) => Promise<void>;

/** Something that runs graphs. */
export interface Engine {
  readonly device: Device;
  /** threads that one operator may use; where there are several workers, of a program in one of them: one beside none has those of all */
  readonly threads: number;
  /** threads beside the caller in which programs run side by side, each with so many threads for an operator; see {@link LoadOptions} */
  readonly workers: number;
  /**
   * Makes a graph or a model ready.
   *
   * A *graph* is one that this toolbox has built: its operators are those of operator set 20 and the composite ones, which are lowered for
   * this device. A *model*, such as an ONNX file, runs as it is: with its own versions of operators, its own domains and functions. On
   * "webgpu", where the runtime computes some operators wrongly, it is upgraded before (`upgradeModel`), and these are written in another way.
   *
   * @throws EngineError when the device has no such operator, or the graph is wrong; TypeError when it is none
   * @example
   * const program = await engine.load(decodeModel(await readFile("letters.onnx")));
   */
  load(source: Graph | Model, options?: LoadOptions): Promise<Program>;
}

/** Raised when a device cannot be used, or a graph does not run on it. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}

/** A tensor that a program keeps where it runs, and from where its elements have to be waited for. */
export interface KeptTensor<T extends DataType = DataType> extends Tensor<T> {
  /** Brings its elements here. */
  bring(): Promise<void>;
}

const isKept = (tensor: Tensor): tensor is KeptTensor => "bring" in tensor;

/**
 * Has the elements of tensors here that a program keeps ({@link Program.keep}), so that their `data` can be read until the next run that takes or writes
 * them. What is here already stays as it is.
 *
 * @returns the same values
 * @throws EngineError when the card hands nothing over
 * @example
 * const program = await nodeEngine().load(graph);
 * const [x, y] = [program.keep(float32([1, 1, 1, 1], [1, 4])), program.keep(zeros("float32", [1, 1]))];
 * await program.run({ x }, { y });
 * (await brought({ y })).y.data; // [10]
 */
export async function brought<V extends Values>(values: V): Promise<V> {
  for (const tensor of Object.values(values)) if (isKept(tensor)) await tensor.bring();
  return values;
}
