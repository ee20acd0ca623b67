/** MatConvNet's networks in MAT files: SimpleNN and DagNN, in the layouts of all versions. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { outputOf } from "../../network/network.js";
import { errorText } from "../../values/error-text.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import type { Bytes } from "../bytes.js";
import type { ForeignModel, ForeignOptions, FormatReader } from "../foreign-model.js";
import { isMat5, readMat5 } from "../matlab/read-mat.js";
import { isMat73, readMat73 } from "../matlab/read-mat73.js";
import { MatFields, MatOther, MatStruct, type MatValue } from "../matlab/values.js";
import { type ForeignLayer, placeLayers } from "../placed-layers.js";
import { dagLayers } from "./dag.js";
import { classesOf, imageSizeOf, inputSizes, preprocessingOf } from "./meta.js";
import { simpleLayers } from "./simple.js";

/** What `cnn_train` saves beside a network: the state of the solver, the curves, the data. */
const UNWANTED = new Set(["state", "stats", "info", "imdb", "images", "opts"]);

export const matconvnet: FormatReader = {
  format: "matconvnet",
  recognises: (file) => isMat5(file) || isMat73(file),
  read: async (files, options) => readMatConvNet([...files.values()][0], options),
};

async function readMatConvNet(file: Bytes, options: ForeignOptions): Promise<ForeignModel> {
  try {
    const variables = await (isMat5(file) ? readMat5(file, UNWANTED) : readMat73(file, UNWANTED));
    return modelOf(netIn(variables), options);
  } catch (error) {
    if (error instanceof ModelFormatError) throw error;
    throw new ModelFormatError(`MatConvNet: ${errorText(error)}`, { cause: error });
  }
}

/** The network among a file's variables: the file itself is it, or one variable is. */
function netIn(variables: ReadonlyMap<string, MatValue>): MatFields {
  if (variables.has("layers")) return new MatFields(variables, "");
  const nets = [...variables].flatMap(([name, value]) =>
    value instanceof MatStruct && value.elements.length === 1 && value.elements[0].has("layers")
      ? [new MatFields(value.elements[0], name)]
      : [],
  );
  const net = nets.find(({ where }) => where === "net") ?? nets[0];
  const object = [...variables].find(([, value]) => value instanceof MatOther && value.what.includes("object"));
  if (!net && object) {
    throw new ModelFormatError(
      `MatConvNet: expected a struct, got '${object[0]}', an object: save what its saveobj gives (net = net.saveobj(); save('net.mat', '-struct', 'net')).`,
    );
  }
  const list = [...variables.keys()].slice(0, 10).join(", ") || "none";
  if (!net)
    throw new ModelFormatError(`MatConvNet: expected a variable 'layers', or a struct that has it, got ${list}.`);
  if (nets.length > 1 && net.where !== "net") {
    throw new ModelFormatError(
      `MatConvNet: expected one network, got several: ${nets.map(({ where }) => where).join(", ")}.`,
    );
  }
  return net;
}

function modelOf(net: MatFields, options: ForeignOptions): ForeignModel {
  const said = options.image ?? imageSizeOf(net);
  const isDag = net.get("params") !== undefined || net.get("vars") !== undefined;
  const { layers, inputs, notes } = isDag
    ? dagLayers(net, said?.channels)
    : { ...simpleLayers(net, said?.channels), inputs: ["image"] };
  if (layers.length === 0) throw new ModelFormatError("MatConvNet: expected layers, got none.");
  const { image, note } = said ? { image: said, note: [] } : guessedImage(layers, isDag);
  const { network, parameters } = placeLayers("MatConvNet", net.where, sizesOf(net, inputs, image), layers);
  const { classes, classIds } = classesOf(net);
  const { preprocessing, notes: told } = preprocessingOf(net, image);
  const count = outputOf(network).channels;
  const fits = classes?.length === count;
  const misfit =
    classes && !fits ? [`The file has ${classes.length} classes for ${count} scores: they were left out.`] : [];
  return {
    ...{ format: "matconvnet" as const, name: net.where, network, parameters, preprocessing },
    ...(fits && { classes, ...(classIds && { classIds }) }),
    notes: [...notes, ...note, ...told, ...misfit],
  };
}

/** The sizes of all inputs: the first is the image. */
function sizesOf(net: MatFields, inputs: readonly string[], image: ImageShape): Record<string, ImageShape> {
  const said = new Map(inputSizes(net));
  return Object.fromEntries(
    inputs.map((name, i) => {
      if (i === 0) return [name, image];
      const [height, width, channels = 1] = said.get(name) ?? [];
      if (height === undefined) {
        throw new ModelFormatError(`MatConvNet: input '${name}': expected its size in meta.inputs, got nothing.`);
      }
      return [name, { channels, height, width }];
    }),
  );
}

/** The smallest image of which a chain of layers makes one score. */
function guessedImage(layers: readonly ForeignLayer[], isDag: boolean): { image: ImageShape; note: string[] } {
  const first = layers.find(({ layer }) => layer.type === "conv");
  const channels = first?.values?.filters?.shape[1];
  if (isDag || channels === undefined) {
    throw new ModelFormatError(
      "MatConvNet: expected the size of the images in the file, got nothing: give it as options.image.",
    );
  }
  const size = [...layers].reverse().reduce(
    (length, { layer }) => {
      if (layer.type !== "conv" && layer.type !== "pool") return length;
      const dilation = layer.type === "conv" ? layer.dilation : [1, 1];
      return length.map((n, axis) => {
        const reach = (layer.support[axis] - 1) * dilation[axis] + 1;
        return Math.max(1, (n - 1) * layer.stride[axis] + reach - layer.pad[2 * axis] - layer.pad[2 * axis + 1]);
      });
    },
    [1, 1],
  );
  const image = { channels, height: size[0], width: size[1] };
  return {
    image,
    note: [
      `The file does not say how large the images are: ${shapeText(image)} is the smallest size of which the layers make one score.`,
    ],
  };
}
