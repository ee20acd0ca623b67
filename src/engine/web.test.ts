import { expect, it } from "vitest";
import { webEngine } from "./web.js";
import { filesOf } from "./web-files.js";

it("leaves the runtime's files to the runtime in Node, and takes addresses as they are given", () => {
  expect(filesOf("wasm")).toBeUndefined();
  expect(filesOf("wasm", "https://pictures.org/runtime")).toBe("https://pictures.org/runtime/");
  expect(filesOf("webgpu", new URL("https://pictures.org/runtime/"))).toBe("https://pictures.org/runtime/");
  expect(filesOf("wasm", { mjs: "https://a.org/x.mjs", wasm: new URL("https://a.org/x.wasm") })).toEqual({
    mjs: "https://a.org/x.mjs",
    wasm: "https://a.org/x.wasm",
  });
});

it("refuses numbers of threads and times that cannot be", async () => {
  await expect(webEngine({ threads: 0 })).rejects.toThrow("threads: expected a whole number of at least 1, got 0");
  await expect(webEngine({ loadingTime: 0 })).rejects.toThrow("loadingTime: expected a number above 0, got 0");
});
