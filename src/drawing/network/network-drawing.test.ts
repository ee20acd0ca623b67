import { test } from "vitest";
import { expectPicture } from "../../../test/support/snapshot.js";
import { googlenet, ocr, resnet18 } from "../../network/index.js";
import { networkDrawing } from "./network-drawing.js";

// The drawings were looked at: see CONTRIBUTING.md.
test.each([
  ["letters", ocr()],
  ["resnet18", resnet18()],
  ["googlenet", googlenet()],
])("the network %s", (name, network) => expectPicture(name, networkDrawing(network)));
