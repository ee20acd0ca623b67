/**
 * MPI's C library: what of it is called, in words of JavaScript. The standard says what the functions do and not what the handles are: in Open MPI they are
 * addresses of what the library defines, in MPICH and all that keep to its ABI (Intel MPI, MVAPICH, Cray MPICH) numbers.
 */

import type { LibraryHandle } from "koffi";
import { errorText } from "../values/error-text.js";
import { type Launch, LIBRARY_VARIABLE } from "./launch-file.js";

/** The package by which C functions are called. */
export type Koffi = typeof import("koffi")["default"];

/** A group of processes that speak with one another. */
export type Communicator = number | bigint;

/** What is under way, until it is done. */
export type Request = BigInt64Array<ArrayBuffer>;

/** Where numbers lie, of what kind they are, and how many. */
export interface Stretch {
  readonly address: bigint;
  readonly kind: "byte" | "float" | "double";
  readonly count: number;
}

/** MPI's functions. Each throws an Error with the library's words where it fails. */
export interface Library {
  /** what was loaded: "libmpi.so.40 (Open MPI v4.1.4)" */
  readonly name: string;
  /** Begins; @returns whether threads that do not call MPI are allowed for */
  begin(): boolean;
  end(): void;
  readonly world: Communicator;
  rank(): number;
  size(): number;
  /** Another group of the same processes; what is said in one is not heard in the other. */
  copy(communicator: Communicator): Communicator;
  /** Adds the numbers of all ranks, in place, and blocks until it is done. */
  sum(stretch: Stretch): void;
  /** Gives the numbers of one rank to all, and blocks until it is done. */
  spread(stretch: Stretch, root: number): void;
  /** Begins to wait for all ranks. */
  meet(): Request;
  /** Begins to send a byte. */
  send(byte: number, rank: number, communicator: Communicator): Request;
  /** Takes the next byte that has arrived from a rank; @returns undefined where there is none */
  receive(rank: number, communicator: Communicator): number | undefined;
  isDone(request: Request): boolean;
  /** Ends all processes, and this one in {@link ABORT_S} seconds where that takes longer. */
  abort(code: number): void;
}

const BYTES = { byte: 1, float: 4, double: 8 } as const;

/** The number of bytes of one number of a kind. */
export const bytesOf = (kind: Stretch["kind"]): number => BYTES[kind];

/** The values of MPI's constants; functions take handles as a C type. */
interface Constants {
  readonly handle: "uintptr_t" | "int";
  readonly world: Communicator;
  readonly types: Readonly<Record<Stretch["kind"], Communicator>>;
  readonly sum: Communicator;
  readonly errorsReturn: Communicator;
  readonly inPlace: number;
  readonly statusIgnore: number;
}

const MPICH: Constants = {
  handle: "int",
  world: 0x44000000,
  types: { byte: 0x4c00010d, float: 0x4c00040a, double: 0x4c00080b },
  sum: 0x58000003,
  errorsReturn: 0x54000001,
  inPlace: -1,
  statusIgnore: 1,
};

const openMpi = (library: LibraryHandle): Constants => ({
  handle: "uintptr_t",
  world: library.symbol("ompi_mpi_comm_world"),
  types: {
    byte: library.symbol("ompi_mpi_byte"),
    float: library.symbol("ompi_mpi_float"),
    double: library.symbol("ompi_mpi_double"),
  },
  sum: library.symbol("ompi_mpi_op_sum"),
  errorsReturn: library.symbol("ompi_mpi_errors_return"),
  inPlace: 1,
  statusIgnore: 0,
});

/** MPI_THREAD_FUNNELED: other threads may exist, and do not call MPI. */
const FUNNELED = 1;

/** The libraries' names, of Open MPI and of MPICH's ABI (as Debian calls it, as all others do, Cray's). */
const NAMES = {
  "Open MPI": ["libmpi.so.40", "libmpi.40.dylib"],
  MPICH: ["libmpich.so.12", "libmpi.so.12", "libmpi_cray.so.12", "libmpi.12.dylib"],
} as const;

function namesFor({ by }: Launch): readonly string[] {
  const wanted = process.env[LIBRARY_VARIABLE];
  if (wanted) return [wanted];
  if (by !== "Slurm") return [...NAMES[by], "libmpi.so"];
  return [...NAMES["Open MPI"], ...NAMES.MPICH, "libmpi.so"];
}

/**
 * Loads koffi, by which C functions are called.
 *
 * @throws Error when it is not installed, or has no library for this machine
 */
export async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import("koffi")).default;
  } catch (error) {
    const [reason] = errorText(error).split("\n");
    throw new Error(`MPI is called by the package koffi, which cannot be used (${reason}). npm install koffi`);
  }
}

/**
 * Loads the library of the MPI that launched this process.
 *
 * @throws Error when there is none, or it is no MPI whose handles are known
 */
export function loadLibrary(koffi: Koffi, launch: Launch): Library {
  const names = namesFor(launch);
  const failures: string[] = [];
  for (const name of names) {
    let library: LibraryHandle;
    try {
      library = koffi.load(name);
    } catch (error) {
      failures.push(
        errorText(error)
          .split("\n")[0]
          .replace(/^Failed to load shared library: /, ""),
      );
      continue;
    }
    return asLibrary(koffi, library, name);
  }
  const named = names.some((name) => process.env[LIBRARY_VARIABLE] === name);
  throw new Error(
    named
      ? `${LIBRARY_VARIABLE} names no library that can be loaded, ${names[0]}: ${failures[0]}.`
      : `This process is one of ${launch.size} that ${launch.by} started, but no MPI library is found (${names.join(", ")}). Load your cluster's MPI module, or set ${LIBRARY_VARIABLE} to the path of its libmpi.so; ${LIBRARY_VARIABLE}=none lets each process work alone.`,
  );
}

/** How long MPI may take to end all processes, in seconds. */
export const ABORT_S = 3;

/** Ends this process at once, with no thread waited for. */
export function leave(koffi: Koffi, code: number): never {
  koffi.load(null).func("_exit", "void", ["int"])(code);
  throw new Error("unreachable");
}

/** What a C function takes and returns. */
type Call = (...args: Passed[]) => number;

type Passed = number | bigint | ArrayBufferView | null;

function asLibrary(koffi: Koffi, library: LibraryHandle, path: string): Library {
  const constants = constantsOf(library, path);
  const { handle, world, types, statusIgnore } = constants;
  const raw = (name: string, ...parameters: readonly string[]): Call => library.func(name, "int", [...parameters]);
  const errorString = raw("MPI_Error_string", "int", "void *", "void *");
  const checked = (name: string, ...parameters: readonly string[]): Call => {
    const call = raw(name, ...parameters);
    return (...args) => {
      const code = call(...args);
      if (code !== 0) throw new Error(`${name} failed: ${textFrom((text, size) => errorString(code, text, size))}`);
      return code;
    };
  };
  const init = checked("MPI_Init_thread", "void *", "void *", "int", "void *");
  const end = checked("MPI_Finalize");
  const rank = checked("MPI_Comm_rank", handle, "void *");
  const size = checked("MPI_Comm_size", handle, "void *");
  const duplicate = checked("MPI_Comm_dup", handle, "void *");
  const setHandler = checked("MPI_Comm_set_errhandler", handle, handle);
  const allreduce = checked("MPI_Allreduce", "intptr_t", "uintptr_t", "int", handle, handle, handle);
  const broadcast = checked("MPI_Bcast", "uintptr_t", "int", handle, "int", handle);
  const barrier = checked("MPI_Ibarrier", handle, "void *");
  const send = checked("MPI_Isend", "void *", "int", handle, "int", "int", handle, "void *");
  const probe = checked("MPI_Iprobe", "int", "int", handle, "void *", "uintptr_t");
  const receive = checked("MPI_Recv", "void *", "int", handle, "int", "int", handle, "uintptr_t");
  const test = checked("MPI_Test", "void *", "void *", "uintptr_t");
  const abort = raw("MPI_Abort", handle, "int");
  const alarm: Call = koffi.load(null).func("alarm", "unsigned int", ["unsigned int"]);
  const answer = new Int32Array(1);
  /** what is sent, by its value; it must stay where it is until it has been sent */
  const letters: Uint8Array[] = [];
  const answered = (call: Call, ...args: Passed[]): number => {
    call(...args, answer);
    return answer[0];
  };
  return {
    name: `${path} (${versionOf(library)})`,
    world,
    begin: () => answered(init, null, null, FUNNELED) >= FUNNELED,
    end: () => void end(),
    rank: () => answered(rank, world),
    size: () => answered(size, world),
    copy(communicator) {
      const made: Request = new BigInt64Array(1);
      duplicate(communicator, made);
      const copied = handle === "int" ? new Int32Array(made.buffer)[0] : made[0];
      for (const each of [communicator, copied]) setHandler(each, constants.errorsReturn);
      return copied;
    },
    sum: ({ address, count, kind }) =>
      void allreduce(constants.inPlace, address, count, types[kind], constants.sum, world),
    spread: ({ address, count, kind }, root) => void broadcast(address, count, types[kind], root, world),
    meet() {
      const request: Request = new BigInt64Array(1);
      barrier(world, request);
      return request;
    },
    send(byte, to, communicator) {
      const request: Request = new BigInt64Array(1);
      letters[byte] ??= Uint8Array.of(byte);
      send(letters[byte], 1, types.byte, to, 0, communicator, request);
      return request;
    },
    receive(from, communicator) {
      probe(from, 0, communicator, answer, statusIgnore);
      if (answer[0] === 0) return undefined;
      const letter = new Uint8Array(1);
      receive(letter, 1, types.byte, from, 0, communicator, statusIgnore);
      return letter[0];
    },
    isDone(request) {
      test(request, answer, statusIgnore);
      return answer[0] !== 0;
    },
    abort(code) {
      alarm(ABORT_S);
      abort(world, code);
    },
  };
}

/** @throws Error unless the library is an MPI whose handles are known */
function constantsOf(library: LibraryHandle, path: string): Constants {
  const has = (symbol: string): boolean => {
    try {
      return library.symbol(symbol) !== null;
    } catch {
      return false;
    }
  };
  if (!has("MPI_Init_thread")) throw new Error(`${path} is no MPI library: it has no function MPI_Init_thread.`);
  if (has("ompi_mpi_comm_world")) return openMpi(library);
  const version = versionOf(library);
  if (/MPICH|MVAPICH|Intel\(R\) MPI/.test(version)) return MPICH;
  throw new Error(`${path} is an MPI of another kind (${version}); expected Open MPI, or one with the ABI of MPICH.`);
}

/** What the library calls itself, in a few words. */
function versionOf(library: LibraryHandle): string {
  const call: Call = library.func("MPI_Get_library_version", "int", ["void *", "void *"]);
  const [line] = textFrom(call).split("\n");
  return line.split(",")[0].replace("Version:", "").replace(/\s+/g, " ").trim();
}

/** The text that a function writes, with its length. 8192 is the most of any MPI. */
function textFrom(write: (text: Uint8Array, size: Int32Array) => unknown): string {
  const bytes = new Uint8Array(8192);
  write(bytes, new Int32Array(1));
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0))).trim();
}
