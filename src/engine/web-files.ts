/** Where a page finds the files that ONNX Runtime fetches itself, beside its JavaScript. */

/**
 * The address of the folder that has ONNX Runtime's files as the package onnxruntime-web names them (`dist/ort-wasm-simd-threaded.mjs` and `.wasm`;
 * for "webgpu" `….asyncify.mjs` and `….asyncify.wasm`), or the address of each of the two.
 */
export type WasmPaths = string | URL | { readonly mjs: string | URL; readonly wasm: string | URL };

/** The addresses as ONNX Runtime takes them. */
type RuntimePaths = string | { readonly mjs: string; readonly wasm: string };

/** The files of the builds, by addresses that Vite and webpack understand: both copy the files, and put their new addresses here. */
const BUNDLED = {
  wasm: () => ({
    mjs: new URL("onnxruntime-web/ort-wasm-simd-threaded.mjs", import.meta.url).href,
    wasm: new URL("onnxruntime-web/ort-wasm-simd-threaded.wasm", import.meta.url).href,
  }),
  webgpu: () => ({
    mjs: new URL("onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs", import.meta.url).href,
    wasm: new URL("onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm", import.meta.url).href,
  }),
} as const;

/** What the addresses have in them where no bundler has changed them. */
const UNCHANGED = "/onnxruntime-web/ort-wasm-";

/** What they have in them where this file lies as npm has put it. */
const INSTALLED = /\/bellpepper\/dist\/\w+\/onnxruntime-web\//;

/**
 * Where the runtime's files are: as given; where the bundler put them (Vite, webpack); in Node, where the runtime knows itself (undefined); where an
 * import map has onnxruntime-web; in the package beside this one (Vite 8, when it serves); and else beside the program, where other bundlers need them to be copied.
 *
 * In a page they are never left to the runtime: each of its threads runs the file in which the runtime's own code stands. Where a bundler has put it
 * into one file with the page's program, or lets it import from that, a thread is the whole page once more, and never answers.
 */
export function filesOf(device: keyof typeof BUNDLED, given?: WasmPaths): RuntimePaths | undefined {
  if (given !== undefined) return givenPaths(given);
  const bundled = bundledPaths(device);
  if (bundled && !bundled.mjs.includes(UNCHANGED)) return bundled;
  const program = import.meta.url ?? globalThis.location.href;
  if (program.startsWith("file:")) return undefined;
  const beside =
    bundled && INSTALLED.test(bundled.mjs) ? new URL("../../../../onnxruntime-web/dist/", bundled.mjs).href : program;
  return folderOf(mapped("onnxruntime-web/wasm") ?? beside);
}

/** The addresses that the bundler has made, or none in a classic script, which does not know where it is. */
function bundledPaths(device: keyof typeof BUNDLED): { readonly mjs: string; readonly wasm: string } | undefined {
  try {
    return BUNDLED[device]();
  } catch {
    return undefined;
  }
}

/** Addresses as they are given, relative ones from the page. */
function givenPaths(given: WasmPaths): RuntimePaths {
  const address = (path: string | URL): string => new URL(path, globalThis.location?.href).href;
  if (typeof given === "string" || given instanceof URL) return address(`${given}`.replace(/\/?$/, "/"));
  return { mjs: address(given.mjs), wasm: address(given.wasm) };
}

/** Where the page's import map has a module; none where there is no import map, or no such module in it. */
function mapped(module: string): string | undefined {
  try {
    return import.meta.resolve(module);
  } catch {
    return undefined;
  }
}

const folderOf = (address: string): string => new URL(".", address).href;
