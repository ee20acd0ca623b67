/** The names that pickles of PyTorch may use, and what is made of each. Nothing is imported: these are entries of a table. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import type { DataType } from "../../graph/types.js";
import { type Pickled, PickledDict, PickledList, PickledName, PickledObject, type PickleNames } from "./pickle.js";

/** How the numbers of a tensor are stored: a type of ours, or one of the 8-bit floats. */
export type ElementType = DataType | "float8_e4m3fn" | "float8_e5m2";

/** Numbers that tensors look at, by the key under which the file has them. */
export class Storage {
  constructor(
    readonly key: string,
    /** nothing where the tensors say it */
    readonly type: ElementType | undefined,
    /** how many elements it has; bytes, where the type is not known */
    readonly count: number,
    /** where a view of another storage begins, in elements */
    readonly start = 0,
  ) {}
}

/** A tensor as a pickle describes it: a view of a storage. Sizes and strides are not checked yet. */
export class StoredTensor {
  constructor(
    readonly storage: Storage,
    readonly type: ElementType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly stride: readonly number[],
  ) {}
}

type Call = (args: readonly Pickled[]) => Pickled;

/** What a known name gives that no tensor depends on: a device, a number of NumPy's, options of a script. */
const unused: Call = () => new PickledObject("");

const STORAGE_TYPES: Readonly<Record<string, DataType>> = {
  "torch.DoubleStorage": "float64",
  "torch.FloatStorage": "float32",
  "torch.HalfStorage": "float16",
  "torch.BFloat16Storage": "bfloat16",
  "torch.LongStorage": "int64",
  "torch.IntStorage": "int32",
  "torch.ShortStorage": "int16",
  "torch.CharStorage": "int8",
  "torch.ByteStorage": "uint8",
  "torch.BoolStorage": "bool",
};

/** PyTorch's types, by the names under which they are pickled. */
const TYPES: Readonly<Record<string, ElementType>> = {
  "torch.float64": "float64",
  "torch.float32": "float32",
  "torch.float16": "float16",
  "torch.bfloat16": "bfloat16",
  "torch.int64": "int64",
  "torch.int32": "int32",
  "torch.int16": "int16",
  "torch.int8": "int8",
  "torch.uint8": "uint8",
  "torch.uint16": "uint16",
  "torch.uint32": "uint32",
  "torch.uint64": "uint64",
  "torch.bool": "bool",
  "torch.float8_e4m3fn": "float8_e4m3fn",
  "torch.float8_e5m2": "float8_e5m2",
};

/** A storage whose tensors say of which type they are. */
const UNTYPED = "torch.storage.UntypedStorage";

const itemsOf = (value: Pickled | undefined): readonly Pickled[] => (value instanceof PickledList ? value.items : []);

function orderedDict([content]: readonly Pickled[]): PickledDict {
  const dict = new PickledDict();
  if (content instanceof PickledDict) for (const [key, value] of content.entries) dict.entries.set(key, value);
  for (const pair of itemsOf(content)) {
    const [key, value] = itemsOf(pair);
    if (key !== undefined && value !== undefined) dict.entries.set(key, value);
  }
  return dict;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const areSizes = (values: readonly unknown[]): values is readonly number[] => values.every(isSize);

const made = (value: unknown): Pickled => ({ made: value });

/** What a known name gave; undefined where the value is another. */
export function madeOf(value: Pickled | undefined): unknown {
  return value instanceof Object && "made" in value ? value.made : undefined;
}

/** A view of a storage: storage, offset, sizes, strides … and for the newest kind the type behind the hooks. */
function tensorOf([storage, offset, shape, stride, , , type]: readonly Pickled[]): Pickled {
  const stored = madeOf(storage);
  const named = type instanceof PickledName ? TYPES[type.name] : undefined;
  const [sizes, strides] = [itemsOf(shape), itemsOf(stride)];
  if (!(stored instanceof Storage) || !isSize(offset) || !areSizes(sizes) || !areSizes(strides)) {
    throw new ModelFormatError("A tensor in the pickle: expected a storage, an offset, sizes and strides.");
  }
  const elements = named ?? stored.type;
  if (!elements || strides.length !== sizes.length) {
    throw new ModelFormatError("A tensor in the pickle: expected a type of elements, and as many strides as sizes.");
  }
  return made(new StoredTensor(stored, elements, offset, sizes, strides));
}

const first: Call = ([value]) => value ?? null;
const known = (names: readonly string[], call: Call): [string, Call][] => names.map((name) => [name, call]);

/** Types of Python itself, by their names in both versions. */
const builtins = (...names: readonly string[]): string[] =>
  names.flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`]);

/** What may be called. */
const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ["collections.OrderedDict", orderedDict],
  ["collections.defaultdict", () => new PickledDict()],
  ["collections.Counter", orderedDict],
  ["torch._utils._rebuild_tensor", tensorOf],
  ["torch._utils._rebuild_tensor_v2", (args) => tensorOf(args.slice(0, 4))],
  ["torch._utils._rebuild_tensor_v3", tensorOf],
  ["torch._utils._rebuild_parameter", first],
  ["torch._utils._rebuild_parameter_with_state", first],
  ["torch.Tensor", first],
  ["torch.nn.parameter.Parameter", first],
  ["torch.nn.Parameter", first],
  ["torch.Size", ([sizes]) => new PickledList("tuple", [...itemsOf(sizes)])],
  [
    "torch._tensor._rebuild_from_type_v2",
    ([what, , args]) => (what instanceof PickledName ? callOf(what.name, itemsOf(args)) : null),
  ],
  ...known(builtins("set", "frozenset"), ([items]) => new PickledList("set", [...itemsOf(items)])),
  ...known(builtins("list", "tuple"), ([items]) => new PickledList("list", [...itemsOf(items)])),
  ...known(builtins("dict"), orderedDict),
  ...known(builtins("int", "long", "float", "bool", "str", "unicode", "bytes", "complex", "slice", "range"), unused),
  ...known(["torch.device", "torch.serialization._get_layout", "_codecs.encode", "builtins.bytearray"], unused),
  // TorchScript's lists, and what it says of their types
  ...known(
    ["build_intlist", "build_doublelist", "build_boollist", "build_tensorlist", "restore_type_tag"].map(
      (name) => `torch.jit._pickle.${name}`,
    ),
    first,
  ),
  // numbers and arrays of NumPy, which checkpoints hold beside the weights
  ...known(
    ["numpy.core.multiarray", "numpy._core.multiarray"].flatMap((name) => [`${name}.scalar`, `${name}._reconstruct`]),
    unused,
  ),
  ...known(["numpy.dtype", "numpy.ndarray", "argparse.Namespace", "pathlib.PosixPath"], unused),
]);

function callOf(name: string, args: readonly Pickled[]): Pickled {
  const call = CALLS.get(name);
  // TorchScript's modules are objects of classes of the file's own; their fields come as a state.
  if (isScript(name)) return new PickledObject(name);
  if (!call) throw unknownName(name);
  return call(args);
}

const isScript = (name: string): boolean => name.startsWith("__torch__.");

const isKnown = (name: string): boolean =>
  CALLS.has(name) ||
  Object.hasOwn(STORAGE_TYPES, name) ||
  Object.hasOwn(TYPES, name) ||
  name === UNTYPED ||
  isScript(name);

/** Names of tensors of kinds that are not read. */
const KINDS: Readonly<Record<string, string>> = {
  "torch._utils._rebuild_sparse_tensor": "a sparse tensor",
  "torch._utils._rebuild_sparse_csr_tensor": "a sparse tensor",
  "torch._utils._rebuild_qtensor": "a quantised tensor",
  "torch._utils._rebuild_meta_tensor_no_storage": "a tensor without numbers (meta)",
  "torch.ComplexFloatStorage": "complex numbers",
  "torch.ComplexDoubleStorage": "complex numbers",
};

function unknownName(name: string): ModelFormatError {
  if (Object.hasOwn(KINDS, name)) {
    return new ModelFormatError(`The pickle has ${KINDS[name]} ('${name}'): expected dense tensors of real numbers.`);
  }
  return new ModelFormatError(
    `The pickle names '${name}', which is not among the names that are read; nothing of a pickle is executed. Save the weights alone in PyTorch: torch.save(model.state_dict(), "weights.pth").`,
  );
}

/** The names of PyTorch's pickles. */
export const TORCH_NAMES: PickleNames = {
  expectKnown(name) {
    if (!isKnown(name)) throw unknownName(name);
  },
  call: callOf,
  persistent(id) {
    const [what, type, key, , count, view] = itemsOf(id);
    const name = type instanceof PickledName ? type.name : "";
    const isText = typeof key === "string" || typeof key === "number";
    if (what !== "storage" || !isText || !isSize(count) || !(name === UNTYPED || Object.hasOwn(STORAGE_TYPES, name))) {
      throw new ModelFormatError(
        `A storage in the pickle: expected its type, key and size, got ${name === "" ? "something else" : `a ${name}`}.`,
      );
    }
    // Old files have views of storages: a key of their own, the offset, the size.
    const [, start, size] = itemsOf(view);
    const elements = STORAGE_TYPES[name];
    return made(
      isSize(start) && isSize(size)
        ? new Storage(`${key}`, elements, size, start)
        : new Storage(`${key}`, elements, count),
    );
  },
};
