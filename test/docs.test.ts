import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { batchNorm, conv, networkMermaid, relu, sequential, softmaxLogLoss, sum } from "../src/index.js";

const PROJECT = join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(PROJECT, file), "utf8");
const guides = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ...readdirSync(join(PROJECT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

describe.each(guides)("%s", (file) => {
  const text = read(file).replace(/^```[\s\S]*?^```/gm, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]);

  test("links to files and headings that are there", () => {
    const missing = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path, anchor] = link.split("#");
        const target = path === "" ? file : join(dirname(file), path);
        if (!existsSync(join(PROJECT, target))) return true;
        if (anchor === undefined) return false;
        const headings = [...read(target).matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(match[1]));
        return !headings.includes(anchor);
      });
    expect(missing).toEqual([]);
  });

  // GitHub takes a backslash before punctuation away, also in a formula.
  test("formulas end where they begin, and have no backslash before punctuation", () => {
    for (const paragraph of text.replace(/`[^`]*`/g, "").split(/\n\s*\n/)) {
      expect(paragraph.match(/\$\$/g)?.length ?? 0, paragraph).toSatisfy((count: number) => count % 2 === 0);
      const single = paragraph.replace(/\$\$[\s\S]*?\$\$/g, "").match(/\$/g)?.length ?? 0;
      expect(single % 2, paragraph).toBe(0);
      for (const [formula] of paragraph.matchAll(/\$\$[^$]*\$\$|\$[^$]*\$/g))
        expect(formula).not.toMatch(/\\[^a-zA-Z\s]/);
    }
  });
});

test("the lecture's drawing of a residual network is what the program draws", () => {
  const image = { channels: 8, height: 8, width: 8 };
  const network = sequential("residual", image, [
    conv(3, 8, { pad: 1, biases: false }),
    batchNorm(),
    relu(),
    conv(3, 8, { pad: 1, biases: false }),
    batchNorm(),
    sum({ inputs: ["batchNorm2", "image"] }),
    relu(),
    conv(8, 10),
    softmaxLogLoss(),
  ]);
  expect(read("docs/lecture.md")).toContain(`\`\`\`mermaid\n${networkMermaid(network)}\`\`\`\n`);
});
