import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesInMemory, bytesRead } from "../bytes.js";
import { type Hdf5Object, openHdf5 } from "./hdf5.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");
const open = (name: string): Hdf5Object => openHdf5(bytesInMemory(new Uint8Array(readFileSync(join(FIXTURES, name)))));
const root = open("hdf5.h5");

/** The numbers of a data set; they are small here. */
async function numbers(name: string, from = root): Promise<number[]> {
  const value = await from.get(name)?.read();
  return value?.kind === "numbers" ? [...value.tensor.data].map(Number) : [];
}

const ramp = Array.from({ length: 35 }, (_, i) => i / 4);

test("groups, however many names they have", () => {
  const layers = root.get("layers");
  expect(layers?.names).toHaveLength(40);
  expect(layers?.names).toContain("layer39");
  expect(root.get("layers/layer39")?.attribute("number")).toMatchObject({
    tensor: { type: "int64", data: BigInt64Array.of(39n) },
  });
  expect(root.get("layers/none")).toBeUndefined();
  expect(root.get("plain")).toMatchObject({ isDataset: true, shape: [5, 7] });
  expect(layers?.isDataset).toBe(false);
});

test("attributes: texts of both kinds, lists of texts, numbers", () => {
  expect(root.attribute("backend")).toEqual({ kind: "texts", shape: [], texts: ["tensorflow"] });
  expect(root.attribute("fixed")).toMatchObject({ texts: ["fixed text"] });
  expect(root.attribute("names")).toEqual({ kind: "texts", shape: [3], texts: ["eins", "zwei", "日本"] });
  expect(root.attribute("fixedNames")).toMatchObject({ texts: ["a", "long"] });
  expect(root.attribute("numbers")).toMatchObject({ tensor: { shape: [2], data: Float64Array.of(1.5, -2) } });
  expect(root.attribute("none")).toBeUndefined();
  expect(root.attributes).toEqual(["backend", "fixed", "names", "fixedNames", "numbers", "scalar"]);
});

test("data sets in one piece and in chunks, deflated, shuffled and with a checksum", async () => {
  for (const name of ["plain", "chunked", "gzip"]) expect(await numbers(name), name).toEqual(ramp);
  expect(await numbers("many")).toEqual(Array.from({ length: 2000 }, (_, i) => i));
  expect(await numbers("cube")).toEqual(Array.from({ length: 60 }, (_, i) => i));
  expect(await numbers("growing")).toEqual([0, 0, 0, 0, 0, 0]);
  expect(await root.get("half")?.read()).toMatchObject({
    tensor: { type: "float16", data: Uint16Array.of(0x3c00, 0xc100) },
  });
  expect(await numbers("big")).toEqual([1, -2.5]);
  expect(await root.get("bool")?.read()).toMatchObject({ tensor: { type: "int8", data: Int8Array.of(1, 0) } });
  expect(await root.get("scalar")?.read()).toMatchObject({
    tensor: { type: "float64", shape: [], data: Float64Array.of(0.1) },
  });
  expect(await root.get("text")?.read()).toMatchObject({ texts: ["einzeln"] });
  expect(await root.get("texts")?.read()).toEqual({ kind: "texts", shape: [2], texts: ["a", "bc"] });
  expect(await root.get("empty")?.read()).toMatchObject({ tensor: { shape: [0, 3] } });
});

test("references mean objects", async () => {
  const value = await root.get("reference")?.read();
  if (value?.kind !== "references") throw new Error("no references");
  const [plain, layers] = value.addresses.map((address) => root.at(address));
  expect(await numbers("", plain)).toEqual(ramp);
  expect(layers.names).toHaveLength(40);
});

test("newer headers are read, newer layouts and other compressions refused by name", async () => {
  const latest = open("hdf5-latest.h5");
  expect(latest.names).toEqual(["group", "chunked"]);
  expect(latest.attribute("text")).toMatchObject({ texts: ["neu"] });
  expect(await numbers("group/plain", latest)).toEqual(ramp);
  await expect(latest.get("chunked")?.read()).rejects.toThrow("libver='latest'");
  await expect(root.get("lzf")?.read()).rejects.toThrow("got the filter lzf");
  await expect(root.get("complex")?.read()).rejects.toThrow("'/complex': expected numbers or texts, got compounds");
});

test("a file is read piece by piece, also behind bytes of another format", async () => {
  const bytes = new Uint8Array(readFileSync(join(FIXTURES, "hdf5.h5")));
  const later = new Uint8Array(512 + bytes.length);
  later.set(bytes, 512);
  const file = bytesRead(later.length, (offset, into) => into.set(later.subarray(offset, offset + into.length)));
  expect(await numbers("gzip", openHdf5(file))).toEqual(ramp);
  expect(() => openHdf5(bytesInMemory(new Uint8Array(600)))).toThrow("HDF5: expected its signature");
  expect(() => openHdf5(bytesInMemory(bytes.slice(0, 90))).names).toThrow(/HDF5/);
});
