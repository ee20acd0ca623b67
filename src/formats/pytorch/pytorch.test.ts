import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { zeros } from "../../graph/tensor.js";
import type { ForeignModel } from "../foreign-model.js";
import { readForeign } from "../read-foreign.js";
import { TORCH_NAMES } from "./names.js";
import { unpickle } from "./pickle.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FIXTURES, name)));
const numbers = ({ tensors }: ForeignModel, name: string): (number | bigint)[] => [
  ...(tensors?.get(name) ?? zeros("float32", [])).data,
];

/** Tensor i of the state has the numbers (10·i + 0, 1, 2 …) / 4; see make-pytorch.py. */
const STATE: readonly (readonly [string, readonly number[]])[] = [
  ["conv.weight", [3, 2, 2, 1]],
  ["conv.bias", [3]],
  ["norm.weight", [3]],
  ["norm.bias", [3]],
  ["norm.running_mean", [3]],
  ["norm.running_var", [3]],
  ["norm.num_batches_tracked", []],
  ["head.weight", [2, 4]],
  ["head.bias", [2]],
];

describe.each(["state.pt", "state-old.pt", "state-protocol-4.pt", "state-deflated.pt", "checkpoint.pt", "script.pt"])(
  "%s",
  (file) => {
    test("has the state's tensors, in their order", async () => {
      const model = await readForeign(bytes(file));
      expect(model.format).toBe("pytorch");
      // TorchScript has parameters and buffers module by module, in an order of its own.
      const order = (names: Iterable<string>): string[] => (file === "script.pt" ? [...names].sort() : [...names]);
      expect(order(model.tensors?.keys() ?? [])).toEqual(order(STATE.map(([name]) => name)));
      for (const [i, [name, shape]] of STATE.entries()) {
        expect(model.tensors?.get(name)?.shape, name).toEqual(shape);
        if (name === "norm.num_batches_tracked") expect(numbers(model, name)).toEqual([15n]);
        else expect(numbers(model, name)).toEqual(numbers(model, name).map((_, k) => (10 * i + k) / 4));
      }
    });
  },
);

test("a checkpoint says which of its entries were taken, and what stood beside them", async () => {
  const { metadata, notes } = await readForeign(bytes("checkpoint.pt"));
  expect(metadata).toEqual({ epoch: "90", arch: "tiny" });
  expect(notes).toEqual([
    "The weights are those under 'state_dict' of the checkpoint; what else it holds is left.",
    "Every name began with 'module.', which was taken off.",
  ]);
});

test.each(["views.pt", "views-old.pt"])("%s: strides, offsets, shared storages and types", async (file) => {
  const model = await readForeign(bytes(file));
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  expect(numbers(model, "base")).toEqual(range(24));
  expect(model.tensors?.get("transposed")?.shape).toEqual([6, 4]);
  expect(numbers(model, "transposed")).toEqual(range(24).map((i) => 6 * (i % 4) + Math.floor(i / 4)));
  expect(numbers(model, "columns")).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]);
  expect(numbers(model, "row")).toEqual([12, 13, 14, 15, 16, 17]);
  expect(numbers(model, "expanded")).toEqual([7, 7, 7, 7, 7, 7]);
  expect(numbers(model, "channelsLast")).toEqual(range(12));
  expect(numbers(model, "parameter")).toEqual([8, 9]);
  expect(numbers(model, "scalar")).toEqual([3.5]);
  expect(model.tensors?.get("half")).toMatchObject({ type: "float16", data: Uint16Array.of(0x3c00, 0xc100) });
  expect(model.tensors?.get("bfloat16")).toMatchObject({ type: "bfloat16", data: Uint16Array.of(0x3f80, 0xc020) });
  expect(numbers(model, "double")).toEqual([0.1]);
  expect(numbers(model, "long")).toEqual([2n ** 53n + 1n, -1n]);
  expect(numbers(model, "bool")).toEqual([1, 0]);
  expect(model.tensors?.get("empty")?.shape).toEqual([0, 3]);
  if (file === "views-old.pt") return;
  expect(numbers(model, "float8")).toEqual([1, -2.5]);
  expect(numbers(model, "uint16")).toEqual([65535]);
});

test("a pickle that names anything unknown is refused by the name, and says what to save", async () => {
  await expect(readForeign(bytes("module.pt"))).rejects.toThrow(
    "The pickle names 'torch.nn.modules.container.Sequential', which is not among the names that are read; nothing of a pickle is executed. Save the weights alone",
  );
});

const pickle = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const run = (text: string): unknown => unpickle(pickle(text), TORCH_NAMES).value;

test("nothing is executed: neither by name nor by an attribute of a known one", () => {
  // os.system("true"), as a pickle of protocol 0
  expect(() => run("cos\nsystem\n(S'true'\ntR.")).toThrow("The pickle names 'os.system'");
  expect(() => run("cbuiltins\neval\n(S'1'\ntR.")).toThrow("names 'builtins.eval'");
  expect(() => run("c__torch__.a\n__class__\n.")).not.toThrow();
  expect(() => run("cbuiltins\ngetattr\n.")).toThrow("names 'builtins.getattr'");
  expect(() => run("ctorch._utils\n_rebuild_tensor_v2.__globals__\n.")).toThrow(
    "names 'torch._utils._rebuild_tensor_v2.__g",
  );
  expect(() => run("ctorch._utils\n_rebuild_qtensor\n.")).toThrow("The pickle has a quantised tensor");
  // defaultdict(int), as a checkpoint may have it beside the weights
  expect(() => run("ccollections\ndefaultdict\n(c__builtin__\nlong\ntR.")).not.toThrow();
});

test.each([
  ["K", "byte 1: expected 1 bytes more, but it ends"],
  ["", "expected 1 bytes more"],
  [".", "expected a value on the stack"],
  ["t.", "expected a mark on the stack"],
  ["(0.", "expected a value on the stack"],
  ["h\x05.", "expected something remembered as 5"],
  ["\x8b\xff\xff\xff\x7f.", "expected 2147483647 bytes more"],
  ["Iabc\n.", "expected a whole number"],
  ["NNs.", "expected a value on the stack"],
  ["]NNs.", "expected a dictionary on the stack"],
  ["\xff.", "expected an operation of pickles, got 0xff"],
  ["X\xff\xff\xff\xff.", "bytes more, but it ends"],
])("a damaged pickle is refused where it is: %j", (text, message) => {
  expect(() => run(text)).toThrow(message);
});
