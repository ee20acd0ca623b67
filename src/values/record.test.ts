import { describe, expect, test } from "vitest";
import { byName, either, flag, list, number, pair, sides, text, two, whole, word } from "./kind.js";
import { defaulted, oneOf, optional, record, required } from "./record.js";

const layer = record({
  support: required(pair(whole(1))),
  filters: required(whole(1)),
  stride: defaulted(pair(whole(1)), 1),
  pad: defaulted(sides(whole(0)), 0),
  name: optional(text()),
});

describe("a record", () => {
  test("has what was given, and the defaults of what was not", () => {
    expect(layer.make({ support: 3, filters: 8, stride: [2, 1] })).toEqual({
      support: [3, 3],
      filters: 8,
      stride: [2, 1],
      pad: [0, 0, 0, 0],
    });
  });

  test("takes undefined for a field that was not given", () => {
    expect(layer.make({ support: 3, filters: 8, stride: undefined })).toEqual(layer.make({ support: 3, filters: 8 }));
  });

  test.each([
    [{ filters: 4 }, "layer 3: support: expected a whole number of at least 1, or 2 of them, got nothing."],
    [{ support: "5", filters: 4 }, 'layer 3: support: expected a whole number of at least 1, or 2 of them, got "5".'],
    [{ support: [5, 0], filters: 4 }, "layer 3: support[1]: expected a whole number of at least 1, got 0."],
    [{ support: 5, filters: 4.5 }, "layer 3: filters: expected a whole number of at least 1, got 4.5."],
    [
      { support: 5, filters: 4, pad: [1, 1] },
      "layer 3: pad: expected a whole number of at least 0, or 4 of them, got [1,1].",
    ],
    [
      { support: 5, filters: 4, strides: 2 },
      "layer 3: unknown field 'strides': did you mean 'stride'? It has support, filters, stride, pad, name.",
    ],
    [
      { support: 5, filters: 4, padding: 2 },
      "layer 3: unknown field 'padding': did you mean 'pad'? It has support, filters, stride, pad, name.",
    ],
    [[], "layer 3: expected an object, got []."],
  ])("of %j is refused", (json, message) => {
    expect(() => layer.read(json, "layer 3")).toThrow(message);
  });

  test("says what the arguments of a function should have been", () => {
    expect(() => layer.make({ support: 0, filters: 1 })).toThrow(
      new RangeError("Invalid value for support: expected a whole number of at least 1, got 0."),
    );
    expect(() => layer.make(JSON.parse('{"support":1,"filters":1,"kernel":2}'))).toThrow(
      new TypeError("Unknown option 'kernel': it has support, filters, stride, pad, name."),
    );
  });

  test("can have a rule between its fields", () => {
    const span = record({ low: required(number()), high: required(number()) }, ({ low, high }, refuse) => {
      if (high <= low) refuse("high", `a number above ${low}`);
    });
    expect(span.make({ low: 1, high: 2 })).toEqual({ low: 1, high: 2 });
    expect(() => span.read({ low: 1, high: 1 }, "span")).toThrow(
      new RangeError("span: high: expected a number above 1, got 1."),
    );
  });
});

describe("kinds", () => {
  const at = { path: "x" };

  test.each([
    [number({ above: 0, most: 1 }), 0, "a number above 0 and at most 1"],
    [number(), Number.NaN, "a finite number"],
    [number(), Number.POSITIVE_INFINITY, "a finite number"],
    [number({ least: 2, step: 2 }), 3, "a multiple of 2 of at least 2"],
    [whole(), 0.5, "a whole number"],
    [whole(), 2 ** 53, "a whole number"],
    [word(["max", "average"]), "mean", '"max" or "average"'],
    [flag(), 1, "true or false"],
    [two(number({ least: 0 })), [1], "2 values, each a number of at least 0"],
    [list(whole(1), 1), [], "a list of at least 1"],
  ])("%#: what does not fit is refused", (kind, value, expected) => {
    expect(() => kind.take(value, at)).toThrow(`Invalid value for x: expected ${expected}, got `);
  });

  test("by any names, and by what a value looks like", () => {
    const names = byName(text());
    expect(names.take({ a: "b" }, at)).toEqual({ a: "b" });
    expect(() => names.take({ a: 1 }, at)).toThrow("Invalid value for x.a: expected a text, got 1.");
    const rates = either<number | readonly number[], number | readonly number[]>("a number or a list", (value) =>
      typeof value === "number" ? number() : Array.isArray(value) ? list(number()) : undefined,
    );
    expect(rates.take(2, at)).toBe(2);
    expect(rates.take([2, 3], at)).toEqual([2, 3]);
    expect(() => rates.take("2", at)).toThrow('Invalid value for x: expected a number or a list, got "2".');
  });

  test("one of several records", () => {
    const start = oneOf("type", { zeros: record({}), constant: record({ value: required(number()) }) });
    expect(start.take({ type: "constant", value: 3 }, at)).toEqual({ type: "constant", value: 3 });
    expect(() => start.take({ type: "ones" }, at)).toThrow(
      'Invalid value for x.type: expected one of zeros, constant, got "ones".',
    );
    expect(() => start.take({ type: "zeros", value: 3 }, at)).toThrow("x: unknown field 'value': it has none.");
  });
});
