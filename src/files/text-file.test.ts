import { expect, test } from "vitest";
import { decodeText } from "./text-file.js";

const utf16 = (text: string, mark: readonly number[]): Buffer => {
  const little = Buffer.from(text, "utf16le");
  return Buffer.concat([Buffer.from(mark), mark[0] === 0xff ? little : little.swap16()]);
};

test.each([
  ["UTF-8", Buffer.from("Bär\nÖl")],
  ["UTF-8 with a mark", Buffer.from("\uFEFFBär\r\nÖl")],
  ["UTF-16, lower byte first", utf16("Bär\r\nÖl", [0xff, 0xfe])],
  ["UTF-16, higher byte first", utf16("Bär\nÖl", [0xfe, 0xff])],
  ["the line ends of old Macs", Buffer.from("Bär\rÖl")],
])("%s", (_, bytes) => {
  expect(decodeText(bytes, "list.csv")).toBe("Bär\nÖl");
});

test("what is not UTF-8 is refused with its line", () => {
  expect(() => decodeText(Buffer.from("path,label\na.png,Bär\n", "latin1"), "list.csv")).toThrow(
    "list.csv, line 2: it is not UTF-8 (in Windows-1252 it would be 'a.png,Bär'); save the file as UTF-8.",
  );
  // 0x96 is a dash in Windows-1252, and 0x81 nothing
  expect(() => decodeText(Uint8Array.of(0x61, 0x96, 0x80, 0x1b), "list.csv")).toThrow(
    "line 1: it is not UTF-8 (in Windows-1252 it would be 'a–€\\u001b'); save the file as UTF-8.",
  );
  expect(() => decodeText(Uint8Array.of(0x61, 0x81), "list.csv")).toThrow("line 1: it is not UTF-8; save");
  expect(() => decodeText(Buffer.from("path,label\na.png,x\n", "utf16le"), "list.csv")).toThrow(
    /line 1: .* got a byte 0/,
  );
  expect(() => decodeText(Buffer.from("path,label\na.png,Bär\n", "utf16le"), "list.csv")).toThrow(
    /^list\.csv, line 1: expected text in UTF-8, got a byte 0, as in UTF-16[^\0]*$/,
  );
});
