import { expect, test } from "vitest";
import { escaped, shown } from "./place.js";

test("a value is shown short, and without signs that a terminal obeys", () => {
  expect(shown(new Uint8Array(5))).toBe("5 bytes");
  expect(shown("\u001b[31mred\u009b\u202e")).toBe('"\\u001b[31mred\\u009b\\u202e"');
  expect(shown("a".repeat(1e6))).toBe(`"${"a".repeat(58)}…`);
  const itself: unknown[] = [];
  itself.push(itself);
  expect(shown(itself)).toBe("a list");
  expect(shown({ large: 2n })).toBe("an object");
  expect(shown([1, null])).toBe("[1,null]");
});

test("names keep their letters and lines", () => {
  expect(escaped("größe\nZürich 東京 👩")).toBe("größe\nZürich 東京 👩");
  expect(escaped("a\u0007b\rc")).toBe("a\\u0007b\\u000dc");
});
