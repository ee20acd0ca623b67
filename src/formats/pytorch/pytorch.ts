/** PyTorch's files: state dictionaries and checkpoints of `torch.save`, as zip archives and as they were before version 1.6. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import type { Tensor } from "../../graph/types.js";
import { type Budget, budgetOf } from "../budget.js";
import { type Bytes, bytesAt, hasBytes, headOf, textOf, viewOf } from "../bytes.js";
import type { ForeignModel, FormatReader } from "../foreign-model.js";
import { isZip, readZip, type Zip } from "../zip.js";
import { Storage, type StoredTensor, TORCH_NAMES } from "./names.js";
import { type Pickled, PickledDict, PickledList, unpickle } from "./pickle.js";
import { type State, stateOf } from "./state.js";
import { type Storages, sizeOfElement, takeTensor } from "./tensors.js";

/** A pickle of the number 0x1950a86a20f9469cfc6c, behind the version of pickles. */
const MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** The largest pickle of names and shapes, in bytes; the numbers lie beside it. */
const LARGEST_PICKLE = 2 ** 28;

const isOld = (file: Bytes): boolean => hasBytes(headOf(file, 15), MAGIC, 2);

export const pytorch: FormatReader = {
  format: "pytorch",
  recognises(file) {
    if (isOld(file)) return true;
    try {
      return isZip(file) && pickleIn(readZip(file)) !== undefined;
    } catch {
      return false;
    }
  },
  async read(files) {
    const [file] = files.values();
    return isOld(file) ? readOld(file) : readArchive(file);
  },
};

const pickleIn = (zip: Zip): string | undefined => zip.names.find((name) => /(^|\/)data\.pkl$/.test(name));

async function readArchive(file: Bytes): Promise<ForeignModel> {
  const zip = readZip(file);
  const budget = budgetOf(file.size);
  const name = pickleIn(zip) ?? "data.pkl";
  const folder = name.slice(0, -"data.pkl".length);
  const whole = async (path: string): Promise<Uint8Array> => {
    const bytes = await zip.file(path, budget);
    return bytes.at(0, bytes.size);
  };
  if (zip.names.includes(`${folder}byteorder`) && textOf(await whole(`${folder}byteorder`)) !== "little") {
    throw new ModelFormatError("PyTorch: expected numbers in little-endian order, got those of a big-endian machine.");
  }
  const pickle = await zip.file(name, budget);
  if (pickle.size > LARGEST_PICKLE) {
    throw new ModelFormatError(`PyTorch: expected a pickle of at most ${LARGEST_PICKLE} bytes, got ${pickle.size}.`);
  }
  const state = stateOf(unpickle(pickle.at(0, pickle.size), TORCH_NAMES).value);
  const storages = new Map<string, Uint8Array>();
  for (const { storage } of state.tensors.values()) {
    if (!storages.has(storage.key)) storages.set(storage.key, await whole(`${folder}data/${storage.key}`));
  }
  const model = modelOf(state, storages, budget);
  if (!zip.names.some((path) => path.startsWith(`${folder}code/`))) return model;
  return {
    ...model,
    notes: [...model.notes, "The file is a program of TorchScript: its weights are read, the program is not."],
  };
}

function modelOf(state: State, storages: Storages, budget: Budget): ForeignModel {
  const take = (name: string, stored: StoredTensor): Tensor => takeTensor(name, stored, storages, budget);
  const tensors = new Map([...state.tensors].map(([name, stored]) => [name, take(name, stored)]));
  const { metadata, notes } = state;
  return { format: "pytorch", name: "", tensors, metadata, notes };
}

/** Five pickles, one behind the other: two that say what it is, the machine's sizes, the objects, the storages' keys; then the storages. */
function readOld(file: Bytes): ForeignModel {
  // All but the numbers is at the beginning; they are small files, as before version 1.6.
  const bytes = file.at(0, file.size);
  let at = 0;
  const seen = new Map<string, Storage>();
  const names = { ...TORCH_NAMES, persistent: (id: Pickled) => remembered(TORCH_NAMES.persistent(id), seen) };
  const next = (): Pickled => {
    const { value, end } = unpickle(bytes, names, at);
    at = end;
    return value;
  };
  next();
  const version = next();
  if (version !== 1001)
    throw new ModelFormatError(`PyTorch: expected version 1001 of the old files, got ${String(version)}.`);
  const machine = next();
  if (machine instanceof PickledDict && machine.entries.get("little_endian") === false) {
    throw new ModelFormatError("PyTorch: expected numbers in little-endian order, got those of a big-endian machine.");
  }
  const root = next();
  const keys = next();
  const storages = new Map<string, Uint8Array>();
  for (const key of keys instanceof PickledList ? keys.items : []) {
    const name = String(key);
    const where = `PyTorch: storage '${name}'`;
    const count = Number(viewOf(bytesAt(file, at, 8, where)).getBigInt64(0, true));
    const storage = seen.get(name);
    const size = count * (storage?.type ? sizeOfElement(storage.type) : 1);
    storages.set(name, bytesAt(file, at + 8, size, where));
    at += 8 + size;
  }
  return modelOf(stateOf(root), storages, budgetOf(file.size));
}

function remembered(value: Pickled, seen: Map<string, Storage>): Pickled {
  const storage = value instanceof Object && "made" in value ? value.made : undefined;
  if (storage instanceof Storage) seen.set(storage.key, storage);
  return value;
}
