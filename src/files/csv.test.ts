import fc from "fast-check";
import { expect, test } from "vitest";
import { formatCsv, parseCsv } from "./csv.js";

const fields = (text: string, divider?: string): (readonly string[])[] =>
  parseCsv(text, divider).map((row) => row.fields);

// The examples of RFC 4180, section 2.
test.each([
  [
    "aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n",
    [
      ["aaa", "bbb", "ccc"],
      ["zzz", "yyy", "xxx"],
    ],
  ],
  [
    "aaa,bbb,ccc\r\nzzz,yyy,xxx",
    [
      ["aaa", "bbb", "ccc"],
      ["zzz", "yyy", "xxx"],
    ],
  ],
  [
    '"aaa","bbb","ccc"\r\nzzz,yyy,xxx',
    [
      ["aaa", "bbb", "ccc"],
      ["zzz", "yyy", "xxx"],
    ],
  ],
  [
    '"aaa","b\r\nbb","ccc"\r\nzzz,yyy,xxx',
    [
      ["aaa", "b\r\nbb", "ccc"],
      ["zzz", "yyy", "xxx"],
    ],
  ],
  ['"aaa","b""bb","ccc"', [["aaa", 'b"bb', "ccc"]]],
])("%j", (text, rows) => {
  expect(fields(text)).toEqual(rows);
});

test("drops a byte order mark and empty lines, keeps empty fields and quotes inside a bare field", () => {
  expect(fields('\uFEFFa,b\n\n,\nx,\n5" wide,""')).toEqual([
    ["a", "b"],
    ["", ""],
    ["x", ""],
    ['5" wide', ""],
  ]);
  expect(fields("a;b\n1,5;2", ";")).toEqual([
    ["a", "b"],
    ["1,5", "2"],
  ]);
});

test("counts the lines, those within quotes too", () => {
  expect(parseCsv('a\n"b\nc"\n\nd').map(({ line }) => line)).toEqual([1, 2, 5]);
});

test("names the line of what does not end, or goes on", () => {
  expect(() => parseCsv('a,b\nc,"d\ne')).toThrow("line 2: a quoted field does not end");
  expect(() => parseCsv('a\n"b"c,d')).toThrow("line 2: expected ',' or the line's end after a quoted field, got 'c'");
});

test("fields that need quotes get them, with the line ends that are wanted", () => {
  // by hand, from RFC 4180, section 2
  expect(
    formatCsv(
      [
        ["a", 'b"c', "d,e"],
        ["", "f\ng", " h "],
      ],
      "\r\n",
    ),
  ).toBe('a,"b""c","d,e"\r\n,"f\ng", h \r\n');
  expect(formatCsv([["x"]])).toBe("x\n");
  expect(formatCsv([])).toBe("");
});

test("any table that is written is read back", () => {
  const any = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "ä") });
  fc.assert(
    fc.property(
      fc.array(fc.array(any, { minLength: 2, maxLength: 4 })),
      fc.constantFrom("\n" as const, "\r\n" as const),
      (rows, lineEnd) => {
        expect(fields(formatCsv(rows, lineEnd))).toEqual(rows);
      },
    ),
  );
});

test("any table in which all fields are quoted is read", () => {
  const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;
  const bare = fc.stringMatching(/^[a-z ]+$/);
  const any = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "ä") });
  fc.assert(
    fc.property(
      fc.array(fc.array(any, { minLength: 2, maxLength: 4 })),
      fc.array(fc.array(bare, { minLength: 1 })),
      (strange, plain) => {
        const text = [...strange.map((row) => row.map(quoted).join(",")), ...plain.map((row) => row.join(","))].join(
          "\r\n",
        );
        expect(fields(text)).toEqual([...strange, ...plain]);
      },
    ),
  );
});
