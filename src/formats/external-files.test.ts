import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import expected from "../../test/fixtures/foreign/onnx-external.json" with { type: "json" };
import { EngineError } from "../engine/engine.js";
import { nodeEngine } from "../engine/node.js";
import { decodeModel, encodeModel } from "../graph/codec/codec.js";
import { float32 } from "../graph/tensor.js";
import { bytesInMemory } from "./bytes.js";
import { isWithin } from "./external-files.js";
import { readForeign } from "./read-foreign.js";

const read = (name: string): Uint8Array =>
  Uint8Array.from(readFileSync(join(import.meta.dirname, "../../test/fixtures/foreign", name)));
const model = read("onnx-external.onnx");
const data = read("onnx-external.onnx.data");

const picture = float32(
  Array.from({ length: 192 }, (_, i) => i / 192),
  [1, 3, 8, 8],
);

/** The model, whose data is another file. */
function renamed(from: string, to: string): Uint8Array {
  const bytes = Buffer.from(model);
  expect(to.length).toBe(from.length);
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) bytes.write(to, at, "latin1");
  return Uint8Array.from(bytes);
}

test.each([
  [
    "a file beside it",
    new Map([["onnx-external.onnx", model]]),
    (name: string) => (name === "onnx-external.onnx.data" ? bytesInMemory(data) : undefined),
  ],
  [
    "files by their names",
    new Map([
      ["a/m.onnx", model],
      ["a/onnx-external.onnx.data", data],
    ]),
    undefined,
  ],
])("PyTorch's weights in %s", async (_, files, beside) => {
  const { graph, beside: used, notes } = await readForeign(files, { beside });
  expect([used, notes]).toEqual([["onnx-external.onnx.data"], []]);
  if (!graph) throw new Error("There is a graph.");
  const program = await nodeEngine({ threads: 1 }).load(graph);
  const { scores } = await program.run({ image: picture });
  await program.close();
  expect(expected.scores.length).toBe(5);
  for (const [i, score] of expected.scores.entries()) expect(Number(scores.data[i])).toBeCloseTo(score, 5);
});

test("without its file a model can be written, and not run", async () => {
  const decoded = decodeModel(model);
  expect(decoded.external).toEqual(["onnx-external.onnx.data"]);
  expect(decodeModel(encodeModel(decoded))).toEqual(decoded);
  const engine = nodeEngine({ threads: 1 });
  await expect(engine.load(decoded)).rejects.toThrow(EngineError);
  await expect(engine.load(decoded)).rejects.toThrow("lie in 'onnx-external.onnx.data', and were not read with it");
});

test.each([
  ["a file that is missing", model, undefined, "there is no such file beside the model"],
  [
    "a file that is cut off",
    model,
    bytesInMemory(data.subarray(0, 1000)),
    "but the file has 1000: it is cut off or damaged",
  ],
  [
    "a path out of the folder",
    renamed("onnx-external.onnx.data", "../../../../../.passwd."),
    bytesInMemory(data),
    "expected a file in the model's folder",
  ],
  [
    "an absolute path",
    renamed("onnx-external.onnx.data", "/etc/passwdpasswdpasswd"),
    bytesInMemory(data),
    "expected a file in the model's folder",
  ],
])("%s is refused", async (_, bytes, beside, reason) => {
  const read = readForeign(bytes, { beside: () => beside });
  await expect(read).rejects.toMatchObject({ name: "ModelFormatError" });
  await expect(read).rejects.toThrow(reason);
});

test("a file that the model does not name", async () => {
  const files = new Map([
    ["m.onnx", model],
    ["onnx-external.onnx.data", data],
    ["other.data", data],
  ]);
  await expect(readForeign(files)).rejects.toThrow("got 'other.data', which the model does not name");
});

test.each(["a", "a/b", "..a/b", "a..b"])("%s lies in the folder", (path) => expect(isWithin(path)).toBe(true));
test.each(["", "..", "a/../../b", "/a", "\\a", "C:\\a", "c:a", "a\\..\\b", "a\0b"])("%j does not", (path) =>
  expect(isWithin(path)).toBe(false),
);
