import { expect, test } from "vitest";
import { networkNamed } from "../../network/zoo/index.js";
import { DISPLAY_FORMATS, type DisplayFormat, displayText } from "./display.js";

const begins: Readonly<Record<DisplayFormat, string>> = {
  text: "#  name   ",
  markdown: "| # | name |",
  csv: "layer,name,",
  json: '{\n  "network": "ocr"',
  lecture: "     layer|      1|",
  mermaid: "flowchart TB\n",
  dot: 'digraph "ocr" {\n',
};

test.each(DISPLAY_FORMATS)("prints %s", (format) => {
  expect(displayText(networkNamed("ocr"), { format }).slice(0, begins[format].length)).toBe(begins[format]);
});

test("is text for a batch of one, unless told otherwise", () => {
  const network = networkNamed("ocr");
  expect(displayText(network)).toBe(displayText(network, { format: "text", batchSize: 1 }));
  expect(displayText(network, { batchSize: 100 }).endsWith("data memory    11.8 MiB for a batch of 100\n")).toBe(true);
  const narrow = displayText(network, { width: 80 }).split("\n");
  expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("the lecture's table of VGG-16 ends as on the slide", () => {
  const lines = displayText(networkNamed("vgg16"), { format: "lecture" }).trimEnd().split("\n");
  expect(lines.at(-1)).toBe("total network CPU/GPU memory: 528.9/0 MB");
  expect(lines[0].endsWith("|     36|     37|")).toBe(true);
});
