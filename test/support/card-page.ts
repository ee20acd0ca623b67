/** Training steps on a graphics card in a page, which tells its server what they made and how many bytes crossed to the card and back in the last one. */

import { webEngine } from "../../src/engine/web.js";
import { errorText } from "../../src/values/error-text.js";
import { type CardSteps, cardSteps } from "./card-steps.js";

/** Bytes that crossed. */
interface Crossed {
  to: number;
  from: number;
}

/** The part of the browser's WebGPU by which bytes cross. */
interface Mapped {
  readonly size: number;
  mapAsync(mode: number, offset?: number, size?: number): Promise<void>;
}

/** Counts from now on what buffers are filled with when they are made, and what is read of them. What a single kernel is told (sizes, strides) is written otherwise. */
function counted(): Crossed {
  const crossed = { to: 0, from: 0 };
  const { GPUBuffer, GPUDevice } = globalThis as unknown as Record<string, { prototype: never }>;
  const buffers: Mapped = GPUBuffer.prototype;
  const devices: { createBuffer(how: { size: number; mappedAtCreation?: boolean }): Mapped } = GPUDevice.prototype;
  const { mapAsync } = buffers;
  const { createBuffer } = devices;
  buffers.mapAsync = function (mode, offset, size) {
    crossed.from += size ?? this.size;
    return mapAsync.call(this, mode, offset, size);
  };
  devices.createBuffer = function (how) {
    if (how.mappedAtCreation) crossed.to += how.size;
    return createBuffer.call(this, how);
  };
  return crossed;
}

/** What the page tells. */
export type CardPage = (CardSteps & Crossed) | { readonly error: string } | { readonly absent: true };

async function told(): Promise<CardPage> {
  const { navigator } = globalThis as unknown as { navigator: { gpu?: { requestAdapter(): Promise<unknown> } } };
  if (!(await navigator.gpu?.requestAdapter())) return { absent: true };
  try {
    const engine = await webEngine({ device: "webgpu" });
    const crossed = counted();
    const last = { to: 0, from: 0 };
    const made = await cardSteps(
      engine,
      () => Object.assign(crossed, { to: 0, from: 0 }),
      () => Object.assign(last, crossed),
    );
    return { ...made, ...last };
  } catch (error) {
    return { error: errorText(error) };
  }
}

await fetch("/answer", { method: "POST", body: JSON.stringify(await told()) });
