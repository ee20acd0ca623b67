import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { SIZE } from "../../data/pictures/picture-size.js";
import { flag, list, number, oneOfNumbers, whole, word } from "../../values/kind.js";
import { defaulted, optional, type RecordOf } from "../../values/record.js";
import { pickFields, withFields } from "./field-options.js";

const FIELDS = {
  batchSize: defaulted(whole(1), 100, "samples in a step"),
  learningRate: optional(list(number({ above: 0 }), 1), "one number, or one for each epoch"),
  device: defaulted(word(["cpu", "cuda"]), "cpu", "where to compute"),
  channels: optional(oneOfNumbers([1, 3])),
  size: optional(SIZE),
  fresh: defaulted(flag(), false, "begin anew"),
};
const SHAPES = {
  batchSize: "count",
  learningRate: "rates",
  device: "device",
  channels: "count",
  size: "pixels",
  fresh: "--fresh",
};

const command = (): Command =>
  withFields(new Command("train"), FIELDS, SHAPES)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });

function parsed(...call: readonly string[]): RecordOf<typeof FIELDS> {
  return command()
    .parse([...call], { from: "user" })
    .opts();
}

describe("options from fields", () => {
  test("have the fields' names, choices, defaults and words", () => {
    const help = command().helpInformation();
    expect(help).toContain("--batch-size <count>     samples in a step (default: 100)");
    expect(help).toContain("--learning-rate <rates>  one number, or one for each epoch\n");
    expect(help).toContain('--device <device>        where to compute (choices: "cpu", "cuda", default:\n');
    expect(help).toContain("--fresh                  begin anew (default: false)");
  });

  test("give what a job takes", () => {
    expect(parsed()).toEqual({ batchSize: 100, device: "cpu", fresh: false });
    const call = ["--batch-size", "7", "--learning-rate", "0.1,1e-3", "--channels", "3", "--size", "64x48", "--fresh"];
    expect(parsed(...call)).toEqual({
      batchSize: 7,
      learningRate: [0.1, 0.001],
      device: "cpu",
      channels: 3,
      size: { width: 64, height: 48 },
      fresh: true,
    });
    expect(parsed("--size", "64").size).toEqual({ width: 64, height: 64 });
  });

  test.each([
    [["--batch-size", "0"], "Expected a whole number of at least 1, got '0'."],
    [["--batch-size", "many"], "Expected a whole number of at least 1, got 'many'."],
    [["--batch-size", ""], "Expected a whole number of at least 1, got ''."],
    [["--learning-rate", "0.1,x"], "Expected a number above 0, got 'x'."],
    [["--device", "abacus"], "Allowed choices are cpu, cuda."],
    [["--channels", "2"], "Allowed choices are 1, 3."],
    [["--size", "0x4"], "Expected a whole number of at least 1, got '0'."],
    [["--size", "1x2x3"], "Expected width and height, such as 64 or 64x48, got '1x2x3'."],
  ])("%j is wrong usage", (call, message) => {
    expect(() => parsed(...call)).toThrow(message);
  });
});

test("what was given is picked in the order of the fields", () => {
  const flags = { device: "cpu", out: "runs", batchSize: 5, size: undefined };
  expect(JSON.stringify(pickFields(FIELDS, flags))).toBe('{"batchSize":5,"device":"cpu"}');
});
