import { expect, test } from "vitest";
import { relu } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { conv } from "../../blocks/convolution/conv.js";
import { classError, softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { l2Loss } from "../../blocks/loss/value-losses.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { dag } from "../network.js";
import { networkDot, networkMermaid } from "./diagram.js";

const image = { channels: 2, height: 8, width: 8 };
const residual = dag("residual", { image, depth: image }, [
  conv(3, 2, { name: "a", pad: 1, stride: [1, 1], frozen: true }),
  conv(3, 2, {
    name: "b",
    pad: [1, 1, 1, 1],
    biases: false,
    inputs: ["depth"],
    parameters: { filters: "a/filters" },
    frozen: true,
  }),
  sum({ inputs: ["a", "b"], output: "both" }),
  relu(),
  maxPool(8, { stride: [2, 1], pad: [0, 1, 0, 0] }),
  softmaxLogLoss({ weight: 0.5 }),
  classError(),
  l2Loss({ target: "values" }),
]);

test("Mermaid: boxes with types and options, arrows with sizes, losses, shared parameters, frozen layers", () => {
  expect(networkMermaid(residual)).toBe(`\
flowchart TB
  input1(["image"])
  input2(["depth"])
  layer1["a<br>conv 3×3, 2 filters, pad 1, frozen"]:::frozen
  layer2["b<br>conv 3×3, 2 filters, pad 1, frozen"]:::frozen
  layer3["sum1<br>sum"]
  layer4["relu1<br>relu"]
  layer5["pool1<br>maxPool 8×8, stride 2×1, pad 0,1,0,0"]
  layer6{{"loss1<br>softmaxLogLoss, weight 0.5"}}
  layer7{{"loss2<br>classError"}}
  layer8{{"loss3<br>l2Loss, of values"}}
  parameter1[("a/filters<br>2×2×3×3")]
  input1 -->|"2×8×8"| layer1
  input2 -->|"2×8×8"| layer2
  layer1 -->|"2×8×8"| layer3
  layer2 -->|"2×8×8"| layer3
  layer3 -->|"both 2×8×8"| layer4
  layer4 -->|"2×8×8"| layer5
  layer5 -->|"2×1×1"| layer6
  layer5 -->|"2×1×1"| layer7
  layer5 -->|"2×1×1"| layer8
  parameter1 -.- layer1
  parameter1 -.- layer2
  classDef frozen stroke-dasharray: 4 3
`);
});

test("Graphviz: the same, one line for each box and arrow", () => {
  const lines = networkDot(residual).split("\n");
  expect(lines.filter((line) => line.includes(" -> "))).toHaveLength(11);
  expect(lines).toContain('  layer1 [label="a\\nconv 3×3, 2 filters, pad 1, frozen", shape=box, style=dashed];');
  expect(lines).toContain('  layer6 [label="loss1\\nsoftmaxLogLoss, weight 0.5", shape=hexagon];');
  expect(lines).toContain('  layer3 -> layer4 [label=" both 2×8×8"];');
  expect(lines).toContain("  parameter1 -> layer2 [style=dotted, dir=none, constraint=false];");
});

test("names cannot break out of their quotes", () => {
  const network = dag('an "odd" \\ name', { "<i>": image }, [relu({ name: 'a"b\\c' })]);
  expect(networkMermaid(network)).toContain('layer1["a#quot;b\\c<br>relu"]');
  expect(networkMermaid(network)).toContain('input1(["#lt;i#gt;"])');
  expect(networkDot(network)).toContain('digraph "an \\"odd\\" \\\\ name" {');
  expect(networkDot(network)).toContain('layer1 [label="a\\"b\\\\c\\nrelu", shape=box];');
});
