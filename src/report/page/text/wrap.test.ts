import { describe, expect, test } from "vitest";
import { shortenMiddle, textColumns, widthOf, wrapLines } from "./wrap.js";

describe("lines", () => {
  test("that are too long go on below what follows their mark or label; short ones stay", () => {
    expect(wrapLines("short\n! one two three", 11)).toBe("short\n! one two\n  three");
    expect(wrapLines("model    some long path\n", 16)).toBe("model    some\n         long\n         path\n");
    expect(wrapLines("  name  why it is so", 16)).toBe("  name  why it\n        is so");
  });

  test("keep what has no space whole", () => {
    expect(wrapLines("see runs/a-very-long-folder/model.onnx now", 12)).toBe(
      "see\nruns/a-very-long-folder/model.onnx\nnow",
    );
    expect(wrapLines("model  runs/a-very-long-folder/model.onnx", 12)).toBe(
      "model  runs/a-very-long-folder/model.onnx",
    );
  });

  test("may have colours, which take no room", () => {
    expect(widthOf("\u001b[33m! one\u001b[39m")).toBe(5);
    expect(wrapLines("\u001b[33m! one two\u001b[39m", 9)).toBe("\u001b[33m! one two\u001b[39m");
  });
});

test("a long name keeps its beginning and its end", () => {
  expect(shortenMiddle("chimpanzee-12", 8)).toBe("chim…-12");
  expect(shortenMiddle("cat", 8)).toBe("cat");
});

describe("columns", () => {
  test("that are too many follow in a second table, with the names again", () => {
    const rows = [
      ["class", "precision", "recall", "F1"],
      ["cat", "90 %", "80 %", "85 %"],
    ];
    expect(textColumns(rows, { width: 24 })).toBe(
      "class  precision  recall\ncat         90 %    80 %\n\nclass    F1\ncat    85 %",
    );
  });

  test("of names leave half of the width to the numbers", () => {
    const text = textColumns(
      [
        ["class", "n"],
        ["x".repeat(200), "1"],
      ],
      { width: 40 },
    );
    expect(Math.max(...text.split("\n").map(widthOf))).toBeLessThanOrEqual(40);
  });
});
