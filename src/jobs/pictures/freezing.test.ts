import { expect, test } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import { freezeLayers } from "../../network/edit/edit.js";
import { sequential } from "../../network/network.js";
import { chooser } from "./choices.js";
import { planFreezing } from "./freezing.js";

test("layers that the model itself has frozen stay so, and are told where they were to learn", () => {
  const image = { channels: 1, height: 6, width: 6 };
  const three = sequential("three", image, [conv(3, 2), conv(3, 2), conv(2, 3, { name: "head" })]);
  const told = (names: readonly string[], freeze: string) => {
    const chosen = chooser();
    const plan = planFreezing(freezeLayers(three, names), "head", { freeze }, chosen);
    return [chosen.choices.map(({ what, value }) => `${what}: ${value}`), plan.chosen.rates];
  };
  expect(told(["conv1"], "none")).toEqual([["frozen: 'conv1', always", "rates: × 0.1 for all but 'head'"], 0.1]);
  expect(told(["conv1"], "conv1")).toEqual([["rates: × 0.1 for all but 'head'"], 0.1]);
  expect(told(["conv1", "conv2"], "none")).toEqual([["frozen: 2 layers, always: 'conv1' …"], undefined]);
  expect(told(["conv1", "conv2"], "all-but-head")).toEqual([[], undefined]);
  expect(() => told([], "conv3")).toThrow(/got 'conv3'; did you mean 'conv1'\?$/);
});
