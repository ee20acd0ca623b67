/** ONNX files as foreign models. */

import { decodeModel } from "../graph/codec/codec.js";
import type { Model } from "../graph/model.js";
import { headOf } from "./bytes.js";
import { externalFiles } from "./external-files.js";
import type { FormatReader } from "./foreign-model.js";
import { topFields } from "./protobuf.js";
import { inSinglePrecision } from "./single-precision.js";

export const onnx: FormatReader = {
  format: "onnx",
  recognises(file) {
    // ModelProto: its first field is ir_version, a number, and one of the others is the graph.
    if (headOf(file, 1)[0] !== 0x08) return false;
    return topFields(file).some(({ number, wire }) => number === 7 && wire === 2);
  },
  read(files, { beside = () => undefined }) {
    const [file] = files.values();
    const used: string[] = [];
    const external = externalFiles(beside, (location) => used.push(location));
    const { model: graph, from } = inSinglePrecision(decodeModel(file.at(0, file.size), external));
    const mean = meanOfBytes(graph);
    return {
      ...{ format: "onnx", name: graph.graph.name, graph },
      ...(mean ? { preprocessing: { mean } } : {}),
      ...(used.length > 0 ? { beside: used } : {}),
      notes: from.length > 0 ? [`The file's numbers of type ${from.join(" and ")} are float32 here.`] : [],
    };
  },
};

/** What takes bytes takes pixels as they are. */
function meanOfBytes({ graph }: Model): readonly number[] | undefined {
  const image = graph.inputs.find(({ name }) => !graph.initializers.has(name));
  if (image?.type !== "uint8" || image.shape?.length !== 4) return undefined;
  const channels = [image.shape[1], image.shape[3]].find((size) => size === 1 || size === 3);
  return channels === undefined ? undefined : new Array<number>(Number(channels)).fill(0);
}
