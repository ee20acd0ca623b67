import { parseHTML } from "linkedom/worker";
import { expect, test } from "vitest";
import { expectPicture } from "../../../test/support/snapshot.js";
import type { Image } from "../../data/pictures/image.js";
import { float32 } from "../../graph/tensor.js";
import { neighbours } from "../../inspection/embedding/neighbours.js";
import { stream } from "../../random/stream.js";
import { classColours } from "./class-colours.js";
import { mapPicture } from "./embedding-map.js";
import { type EmbeddingMap, embeddingSection } from "./embedding-section.js";

const classes = ["cat", "a horse & its <rider>", "owl"];
const grey = (row: number): Image => ({
  width: 64,
  height: 32,
  channels: 1,
  data: new Uint8Array(2048).fill(40 * row),
});
const words = (text: string | null | undefined): string => (text ?? "").replaceAll("\u00a0", " ");

/** Five rows: from (0, 0) to (4, 2). */
const places = float32([0, 0, 4, 2, 0, 2, 2, 1, 4, 0], [5, 2]);
const labels = [0, 1, 0, 1, 2];

test("each picture is a dot of its class's colour, with its part of one sheet of pictures", async () => {
  const names = ["0.png", "1.png", "2.png", "3.png", '4 "q".png'];
  const { body, pictures } = await embeddingSection({
    ...{ layer: "relu3", labels, classes, names, picture: grey, sameClass: 0.5 },
    maps: [{ method: "tsne", places, sameClass: 0.4 }],
    neighbours: neighbours(places, 2),
    chosen: [1],
  });
  const { document } = parseHTML(`<body>${body.text}</body>`);
  const groups = [...document.querySelectorAll(".map > div")].map((group) => ({
    style: group.getAttribute("style"),
    dots: [...group.querySelectorAll("input")].map((dot) => dot.getAttribute("style")),
  }));
  // The side is 4 · 1.06: (0, 0) is 2 / 4.24 = 47.17 % left of the middle and 1 / 4.24 = 23.58 % below it. Pictures are 32×16, three in a row.
  expect(groups).toEqual([
    {
      style: "color:#0072b2",
      dots: ["left:2.83%;top:73.58%;--p:0px 0px", "left:2.83%;top:26.42%;--p:-64px 0px"],
    },
    {
      style: "color:#d55e00",
      dots: ["left:97.17%;top:26.42%;--p:-32px 0px", "left:50.00%;top:50.00%;--p:0px -16px"],
    },
    { style: "color:#009e73", dots: ["left:97.17%;top:73.58%;--p:-32px -16px"] },
  ]);
  expect(document.querySelector(".maps")?.getAttribute("style")).toMatch(
    /^--sheet:url\(data:image\/webp;.*--w:32px;--h:16px;--by:3$/,
  );
  expect([...document.querySelectorAll(".map input")].at(-1)?.getAttribute("title")).toBe('4 "q".png');
  expect([...document.querySelectorAll(".map b")].map((name) => name.textContent)).toEqual([
    "cat",
    "a horse & its <ri…",
    "owl",
  ]);
  expect(words(document.querySelector("p")?.textContent)).toContain(
    "Of the 2 nearest of each picture, 50 % are of its class. By chance it would be 20 %.",
  );
  expect(words(document.querySelector("figcaption")?.textContent)).toContain(
    "Of the 2 nearest on the map, 40 % are of the same class.",
  );
  // of (4, 2) they are (4, 0), at 2, and (2, 1), at √5
  const near = [...document.querySelectorAll(".near figcaption")].map((each) => words(each.textContent));
  expect(near).toEqual(["a horse & its <rider>", "owl2.00", "a horse & its <rider>2.24"]);
  expect([...document.querySelectorAll(".near .wrong")].map((name) => name.textContent)).toEqual(["owl"]);
  expect(pictures.map(({ name }) => name)).toEqual(["map-tsne"]);
});

test("of few pictures, of one class or all alike, it says what a map cannot tell", async () => {
  const said = async (count: number, own: readonly number[], maps: readonly EmbeddingMap[]): Promise<string> => {
    const { body } = await embeddingSection({ layer: "x", labels: own.slice(0, count), classes, maps });
    return words(body.text);
  };
  const pca: EmbeddingMap = { method: "pca", places };
  expect(await said(1, labels, [])).toContain("One picture makes no map.");
  expect(await said(2, labels, [])).toContain("2 pictures make no map.");
  expect(await said(5, labels, [])).toContain("The layer makes the same of all pictures");
  expect(await said(5, labels, [pca])).toContain("t-SNE and UMAP are left out, which need 10 or more.");
  expect(await said(5, [1, 1, 1, 1, 1], [pca])).toContain("All pictures are of one class");
});

test("many rows stay a small file, and it is said how many are shown", async () => {
  const random = stream(1, "rows");
  const count = 20_000;
  const many = float32(
    Float32Array.from({ length: 2 * count }, () => random.normal()),
    [count, 2],
  );
  const input = {
    layer: "x",
    labels: new Int32Array(count),
    classes: ["one"],
    maps: [{ method: "pca", places: many }],
  } as const;
  const { body, pictures } = await embeddingSection(input);
  expect(words(body.text)).toContain("3 000 of 20 000 are shown.");
  expect(body.text).not.toContain("pointer");
  expect(body.text.length).toBeLessThan(150_000);
  expect(JSON.stringify(pictures).length).toBeLessThan(200_000);
});

test("rows that are all at one place are in the middle", async () => {
  const one = float32(new Float32Array(4).fill(7), [2, 2]);
  const { body } = await embeddingSection({
    layer: "x",
    labels: [0, 1],
    classes,
    maps: [{ method: "umap", places: one }],
  });
  expect(body.text.match(/left:50\.00%;top:50\.00%/g)).toHaveLength(2);
});

// hsl(275, 70 %, 42 %) by hand: the smallest of red, green and blue is 0.42·(1 − 0.7)·255 = 32, the largest 0.42·1.7·255 = 182, red at (275 − 240)/60 between them
test("many classes have colours as far apart as can be", () => {
  const colours = classColours(26);
  expect(new Set(colours).size).toBe(26);
  expect(colours[2]).toBe("#7820b6");
});

// It was looked at: see CONTRIBUTING.md.
test("the map as a picture", async () => {
  const random = stream(1, "map");
  const own = Array.from({ length: 60 }, (_, i) => i % 12);
  const spread = own.flatMap((k) => [8 * Math.cos(k) + random.normal(), 8 * Math.sin(k) + random.normal()]);
  const names = Array.from({ length: 12 }, (_, k) => `class ${k + 1}`);
  const rows = { places: float32(spread, [60, 2]), labels: own, classes: names };
  await expectPicture("map-of-12-classes", mapPicture(rows, Array.from(own.keys())));
});
