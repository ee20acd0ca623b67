import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writePng } from "../../data/pictures/image-file.js";
import { lenet } from "../../network/zoo/lenet.js";
import { finishJob } from "../events/event-stream.js";
import { embeddingOfInspection, featureLayer } from "./embedding.js";
import { type InspectEvent, inspectModel } from "./inspect-file.js";
import type { Part } from "./inspection.js";

const folder = mkdtempSync(join(tmpdir(), "embedding-"));
afterAll(() => rmSync(folder, { recursive: true }));
const letters = join(import.meta.dirname, "../../../assets/ocr.onnx");
const parts: readonly Part[] = [
  { name: "the data", make: async (inspection, watch) => [await embeddingOfInspection(inspection, watch)] },
];
const words = (page: string): string => readFileSync(page, "utf8").replaceAll("\u00a0", " ");

/** Bars, upright in class "a" and level in class "b", each at another place. */
async function bars(name: string, counts: Readonly<Record<string, number>>): Promise<string> {
  const data = join(folder, name);
  for (const [kind, count] of Object.entries(counts)) {
    mkdirSync(join(data, kind), { recursive: true });
    for (let i = 0; i < count; i++) {
      const inBar = (at: number): boolean => at >= 4 + i && at < 9 + i;
      const pixels = Uint8Array.from({ length: 1024 }, (_, p) => {
        return inBar(kind === "a" ? p % 32 : Math.floor(p / 32)) ? 0 : 255;
      });
      await writePng(join(data, kind, `${i}.png`), { width: 32, height: 32, channels: 1, data: pixels });
    }
  }
  return data;
}

test("maps of a data set by three methods, with pictures and the share of neighbours of the same class", async () => {
  const data = await bars("two", { a: 8, b: 8 });
  const events: InspectEvent[] = [];
  for await (const event of inspectModel(letters, [], { data, folder: join(folder, "two-out") }, parts))
    events.push(event);
  const done = events.at(-1);
  if (done?.type !== "done") return expect.fail();
  const page = words(done.result.files.page);
  expect(done.result.failed).toEqual([]);
  expect(page.match(/<input type="radio" name="(pca|tsne|umap)"/g)).toHaveLength(48);
  // of the 15 others 7 are of the class
  expect(page).toMatch(/Of the 10 nearest of each picture, \d+ % are of its class\. By chance it would be 47 %\./);
  expect(page).toContain("<h3>Nearest neighbours</h3>");
  const told = events.flatMap((event) => (event.type === "inspecting" && event.under ? [event.under] : []));
  expect(told).toContainEqual({ things: "pictures", done: 16, total: 16 });
  expect(told).toContainEqual({ things: "steps of t-SNE", done: 1000, total: 1000 });
});

test.each([
  ["one", { a: 1 }, 0, "One picture makes no map."],
  ["pair", { a: 1, b: 1 }, 0, "2 pictures make no map."],
  ["three", { a: 2, b: 1 }, 1, "t-SNE and UMAP are left out, which need 10 or more."],
  ["ten", { a: 10 }, 3, "All pictures are of one class: colours say nothing here."],
] as const)("a small data set, %s", async (name, counts, maps, says) => {
  const data = await bars(name, counts);
  const { files, failed } = await finishJob(
    inspectModel(letters, [], { data, folder: join(folder, `${name}-out`) }, parts),
  );
  expect(failed).toEqual([]);
  const page = words(files.page);
  expect(page).toContain(says);
  expect(page.split('<div class="map">')).toHaveLength(maps + 1);
});

test("stopped in a map, it has those before it and names the others", async () => {
  const data = await bars("stopped", { a: 8, b: 8 });
  const stop = new AbortController();
  const out = join(folder, "stopped-out");
  const events: InspectEvent[] = [];
  for await (const event of inspectModel(letters, [], { data, folder: out, signal: stop.signal }, parts)) {
    if (event.type === "inspecting" && event.under?.things === "steps of t-SNE") stop.abort();
    events.push(event);
  }
  expect(events.at(-1)).toMatchObject({ type: "stopped", left: join(out, "inspection.html") });
  const page = words(join(out, "inspection.html"));
  expect(page).toContain("<b>Principal directions.</b>");
  expect(page).toMatch(/not shown is (the map of t-SNE, )?the map of UMAP/);
});

test("the layer is the one that the last layer with weights reads, or the one that is named", async () => {
  // a ReLU stands before the fully connected layer at the end of the letters' network
  expect(featureLayer(lenet(10))).toBe("relu1");
  const data = await bars("named", { a: 2, b: 2 });
  const inspected = (layer: string) =>
    finishJob(inspectModel(letters, [], { data, layer, folder: join(folder, "named-out") }, parts));
  expect(words((await inspected("conv1")).files.page)).toContain(
    "what 'conv1' makes of it, the mean of each of its maps",
  );
  await expect(inspected("covn1")).rejects.toThrow("has no layer 'covn1'; it has image, conv1");
  await expect(finishJob(inspectModel(letters, [], { layer: "conv1", folder: join(folder, "none") }))).rejects.toThrow(
    "expected --data",
  );
});
