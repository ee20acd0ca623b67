import { expect, test } from "vitest";
import schemas from "../../test/fixtures/onnx-operators.json" with { type: "json" };
import { attributes, float } from "./attributes.js";
import { GraphBuilder } from "./builder.js";
import { ATTRIBUTES } from "./operators.js";
import { ShapeError } from "./shape-error.js";

test("the attributes of each operator are those of ONNX's schemas", () => {
  expect(ATTRIBUTES).toEqual(schemas.attributes);
});

test("a builder refuses an attribute that only an older version has", () => {
  // The gradient of such a Clip would be 1 everywhere: its rule reads inputs.
  const g = new GraphBuilder("old");
  const x = g.input("x", "float32", [3]);
  const clip = { operator: "Clip", domain: "", name: "clip", inputs: [x], outputs: ["y"] };
  expect(() => g.add({ ...clip, attributes: attributes({ min: float(0), max: float(1) }) })).toThrow(
    new ShapeError(
      "Clip 'clip': there is no attribute 'min' in operator set 20; older models are upgraded by upgradeModel.",
    ),
  );
});
