/** ONNX files as foreign models. */

import { decodeModel } from "../graph/codec/codec.js";
import { headOf } from "./bytes.js";
import type { FormatReader } from "./foreign-model.js";
import { topFields } from "./protobuf.js";

export const onnx: FormatReader = {
  format: "onnx",
  recognises(file) {
    // ModelProto: its first field is ir_version, a number, and one of the others is the graph.
    if (headOf(file, 1)[0] !== 0x08) return false;
    return topFields(file).some(({ number, wire }) => number === 7 && wire === 2);
  },
  read(files) {
    const [file] = files.values();
    const graph = decodeModel(file.at(0, file.size));
    return { format: "onnx", name: graph.graph.name, graph, notes: [] };
  },
};
