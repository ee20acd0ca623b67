/** `node wasm-process.js TASK`: steps in WebAssembly in Node. The profile goes to the standard output, and the times behind it, as JSON. */

import { wasmSteps } from "./wasm-step.js";

const times = await wasmSteps(JSON.parse(process.argv[2]));
process.stdout.write(`\n${JSON.stringify(times)}\n`, () => process.exit(0));
