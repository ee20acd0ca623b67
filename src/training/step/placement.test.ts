/** What a card leaves to the processor: nothing of a training step of the zoo, and of other things what docs/devices.md says. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FAMILIES, layerOf } from "../../../test/battery/cases.js";
import { makerOf } from "../../../test/battery/matrix.js";
import { graphOf, inParts } from "../../../test/battery/run.js";
import { describeCards } from "../../../test/devices.js";
import { CASES, operatorOf } from "../../../test/gradients/all.js";
import { expectOnCard, leavesCard } from "../../../test/strict-card.js";
import { flat, RULES } from "../../autodiff/rules.js";
import { GraphBuilder } from "../../graph/builder.js";
import { withLoss } from "../../network/edit/edit.js";
import { inputOf, lossesOf } from "../../network/network.js";
import { networkNamed } from "../../network/zoo/index.js";
import { adam, sgd } from "../solver/solver.js";
import { trainingGraph } from "./graphs.js";

/** Of each family of the zoo that has layers of its own, the smallest. The whole zoo leaves nothing either; to load it takes minutes. */
const NETWORKS = ["ocr", "cifarQuick", "cifarVgg", "resnet20", "squeezenet11", "mobilenetV3Small", "convnextTiny"];

/** The names in a sentence of docs/devices.md that begins so. */
function listed(beginning: string): string[] {
  const text = readFileSync(new URL("../../../docs/devices.md", import.meta.url), "utf8").replaceAll("\n", " ");
  const [, names = ""] = text.split(beginning);
  return names
    .slice(0, names.indexOf("."))
    .split(/, | and /)
    .map((name) => name.replaceAll("`", "").trim());
}

describeCards("left to the processor", () => {
  test.each(NETWORKS)("is nothing of a step of %s", async (name) => {
    const plain = networkNamed(name);
    const network = lossesOf(plain).length === 0 ? withLoss(plain) : plain;
    const mean = Array<number>(inputOf(network).channels).fill(127);
    const solver = name === "ocr" ? adam() : sgd();
    await expectOnCard(trainingGraph(network, { mean, scale: 1 }, { solver }, 2));
  });

  test("are of the operators with a gradient those that docs/devices.md names", async () => {
    const rules: Readonly<Record<string, unknown>> = RULES;
    const left = new Set<string>();
    for (const [name, { shapes, refusedOn, build }] of Object.entries(CASES)) {
      const operator = operatorOf(name);
      if (rules[operator] === flat || left.has(operator) || refusedOn === "webgpu") continue;
      const g = new GraphBuilder(name);
      g.output("y", build(g, ...shapes.map((shape, i) => g.input(`x${i}`, "float32", shape))));
      if (await leavesCard(g.build())) left.add(operator);
    }
    const names = [...left].map((name) => name.replace("bellpepper.", ""));
    expect(names.sort()).toEqual(listed("Something of these operators is left to the processor:"));
  });

  test("is no block in training but elman", async () => {
    const left = new Set<string>();
    for (const [family, cases] of FAMILIES) {
      await inParts(cases, async (part) => {
        if (!(await leavesCard(graphOf(family, part, "backward")))) return [];
        for (const it of part) if (await leavesCard(graphOf(it.name, [it], "backward"))) left.add(makerOf(layerOf(it)));
        return [];
      });
    }
    expect([...left]).toEqual(["elman"]);
  });
});
