/** Steps in WebAssembly in a page, which sends its server what it measured. Its own address holds the task. */

import { errorText } from "../values/error-text.js";
import { wasmSteps } from "./wasm-step.js";

/** What a page sends. */
export type PageAnswer =
  | { readonly times: Awaited<ReturnType<typeof wasmSteps>>; readonly lines: readonly string[] }
  | { readonly error: string };

/** What the runtime prints. */
const lines: string[] = [];
console.log = (...texts: readonly unknown[]) => {
  lines.push(texts.join(" "));
};

async function answer(): Promise<PageAnswer> {
  try {
    const task = new URL(import.meta.url).searchParams.get("task") ?? "{}";
    return { times: await wasmSteps(JSON.parse(task)), lines };
  } catch (error) {
    return { error: errorText(error) };
  }
}

await fetch("/answer", { method: "POST", body: JSON.stringify(await answer()) });
