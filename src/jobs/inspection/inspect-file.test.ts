import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writePng } from "../../data/pictures/image-file.js";
import { finishJob } from "../events/event-stream.js";
import { type InspectEvent, inspectModel } from "./inspect-file.js";
import type { Part } from "./inspection.js";
import { PARTS } from "./parts.js";

const folder = mkdtempSync(join(tmpdir(), "inspect-"));
afterAll(() => rmSync(folder, { recursive: true }));
const letters = join(import.meta.dirname, "../../../assets/ocr.onnx");
const picture = join(folder, "letter.png");
const write = () => writePng(picture, { width: 32, height: 32, channels: 1, data: new Uint8Array(1024).fill(255) });

test("a model alone, without pictures", async () => {
  const { files, pictures } = await finishJob(inspectModel(letters, [], { folder: join(folder, "alone") }));
  expect(pictures).toEqual([]);
  const page = readFileSync(files.page, "utf8");
  expect(page).toContain('<section id="network">');
  expect(page).not.toContain('<section id="result">');
});

test("what cannot be decoded is told, and the others are looked at", async () => {
  await write();
  writeFileSync(join(folder, "broken.png"), "none");
  const out = join(folder, "two");
  const events: InspectEvent[] = [];
  for await (const event of inspectModel(letters, [join(folder, "*.png")], { folder: out })) events.push(event);
  const [decoded] = events.filter(({ type }) => type === "decoded");
  expect(decoded).toMatchObject({ broken: [{ path: join(folder, "broken.png") }] });
  const done = events.at(-1);
  if (done?.type !== "done") return expect.fail();
  const [{ guesses = [] }] = done.result.pictures;
  const page = readFileSync(done.result.files.page, "utf8").replaceAll("\u00a0", " ");
  expect(page).toContain('<section id="why">');
  // what is said when the work begins stands on the page, too
  expect(page).toContain("1 picture could not be decoded: ");
  if (decoded.type === "decoded") expect(decoded.warnings).not.toEqual([]);
  for (const warning of decoded.type === "decoded" ? decoded.warnings : []) expect(page).toContain(warning);
  expect(page).toContain("<td>Integrated gradients</td>");
  expect(guesses.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
  await expect(finishJob(inspectModel(letters, [join(folder, "broken.png")], { folder: out }))).rejects.toThrow(
    /broken\.png: /,
  );
});

test("of a data set it shows what excites units, beside what was made", async () => {
  const data = join(folder, "set");
  for (const [i, name] of ["a/1", "a/2", "b/3"].entries()) {
    mkdirSync(join(data, name[0]), { recursive: true });
    const pixels = Uint8Array.from({ length: 1024 }, (_, p) => ((p >> (i + 1)) % 2) * 255);
    await writePng(join(data, `${name}.png`), { width: 32, height: 32, channels: 1, data: pixels });
  }
  const { files, pictures } = await finishJob(inspectModel(letters, [], { data, folder: join(folder, "set-out") }));
  expect(pictures.map(({ name, truth }) => [name, truth])).toEqual([
    ["a/1.png", "a"],
    ["b/3.png", "b"],
  ]);
  const page = readFileSync(files.page, "utf8").replaceAll("\u00a0", " ");
  expect(page).toContain("the parts of 3 pictures that excite the unit most");
  expect(files.pictures.map((path) => basename(path))).toContain("conv3-strongest-patches.png");
  expect(files.pictures.map((path) => basename(path))).toContain("responses-conv3.png");
  const [{ guesses: [{ name: said }] = [{ name: "" }] }] = pictures;
  expect(page).toContain(
    said === "a" ? "it is <b>a</b><br>" : `it is <b>a</b>, taken for <b class="wrong">${said}</b>`,
  );
  // the last layer's units are the classes; the page has no list of pictures where none was given
  expect(page).toContain("8 of the 26 units; each sees all of a picture. From the top: a; d; g; j; n; q; t; w.");
  expect(page).not.toContain("<dt>pictures</dt>");
  await expect(finishJob(inspectModel(letters, [], { data, layer: "conv9" }))).rejects.toThrow("--layer conv9: ");
  expect(page).toContain("48 of the 500 filters; each sees 28×28 pixels.");
  expect(page).toContain("relu1");
  // the first convolution of 20 filters has lost little of a picture
  expect(Number(page.match(/<b>conv1<\/b><br><span class="soft">correlation ([\d.]+)/)?.[1])).toBeGreaterThan(0.95);
});

test("a class of one's choice is asked about by its name", async () => {
  await write();
  const why = PARTS.filter(({ name }) => name === "why it says so");
  const asked = (whyNot: string) =>
    finishJob(inspectModel(letters, [picture], { whyNot, folder: join(folder, `not-${whyNot}`) }, why));
  const { pictures, files } = await asked("q");
  const [{ guesses: [best, second] = [] }] = pictures;
  const other = best.name === "q" ? second.name : "q";
  expect(readFileSync(files.page, "utf8")).toContain(`<h4>Why not “${other}”? Class activation map</h4>`);
  // the likeliest is compared with the next
  const same = await asked(best.name);
  expect(readFileSync(same.files.page, "utf8")).toContain(`<h4>Why not “${second.name}”? Class activation map</h4>`);
  await expect(asked("qq")).rejects.toThrow("--why-not qq: the model has no such class.");
  await expect(finishJob(inspectModel(letters, [], { whyNot: "q" }))).rejects.toThrow("--why-not is asked of pictures");
});

test("stopped, it leaves the parts that are done", async () => {
  await write();
  const out = join(folder, "stopped");
  const stop = new AbortController();
  const events: InspectEvent[] = [];
  for await (const event of inspectModel(letters, [picture], { folder: out, signal: stop.signal })) {
    if (event.type === "inspecting" && event.done === 1) stop.abort();
    events.push(event);
  }
  const page = join(out, "inspection.html");
  expect(events.at(-1)).toMatchObject({ type: "stopped", left: page });
  expect(existsSync(page)).toBe(true);
  const text = readFileSync(page, "utf8");
  expect(text).toContain('<section id="result">');
  expect(text.match(/It was stopped: not shown is .*the network, filters/)).not.toBeNull();
});

test("a part that fails is told on the page, and the others are there", async () => {
  await write();
  const fails: Part = {
    name: "what fails",
    make: async () => {
      throw new RangeError("it cannot be made.");
    },
  };
  const events: InspectEvent[] = [];
  const parts = [fails, ...PARTS.slice(0, 1)];
  for await (const event of inspectModel(letters, [picture], { folder: join(folder, "failed") }, parts))
    events.push(event);
  const done = events.at(-1);
  if (done?.type !== "done") return expect.fail();
  expect(done.result.failed).toEqual(["Not shown is what fails: it cannot be made."]);
  const text = readFileSync(done.result.files.page, "utf8");
  expect(text.match(/Not shown is what fails: it cannot be made\./)).not.toBeNull();
  expect(text.match(/<section id="result">/)).not.toBeNull();
});
