/** What there is to say about each layer of a network, as data; `table-format.ts` and `lecture-table.ts` print it. */

import type { ParameterSpec } from "../../blocks/block.js";
import { blockOf, type Layer } from "../../blocks/layer.js";
import { elementCount } from "../../graph/tensor.js";
import type { Window } from "../../graph/window.js";
import type { ImageShape } from "../../values/image-shape.js";
import { expectWhole } from "../../values/range.js";
import { PIXEL_FIELD, type ReceptiveField, receptiveFields } from "../geometry.js";
import { type Network, parametersOf } from "../network.js";

const FLOAT32_BYTES = 4;

/** One layer, or an input. */
export interface TableRow {
  /** from 1; 0 for an input */
  readonly layer: number;
  readonly name: string;
  /** the name of the function that makes such a layer ("conv", "maxPool", …), or "input" */
  readonly type: string;
  /** the names of the variables that it reads; none for an input */
  readonly inputs: readonly string[];
  /** the name of the variable that it makes */
  readonly variable: string;
  /** the window it looks through; undefined where it works pixel by pixel */
  readonly window: Window | undefined;
  readonly groups: number;
  readonly output: ImageShape;
  /** how many channels each filter covers; undefined where there are no filters */
  readonly filterDepth: number | undefined;
  readonly field: ReceptiveField;
  /** how many numbers it learns; moments that follow the batches are not among them */
  readonly parameters: number;
  /** what all its parameters take, moments included */
  readonly parameterBytes: number;
  /** what its output takes for the whole batch */
  readonly dataBytes: number;
  /** multiply-adds for one image, of convolutions, fully connected layers and products of matrices */
  readonly multiplyAdds: number;
}

/** The sums over a network. */
export interface TableTotals {
  /** those that several layers share count once */
  readonly parameters: number;
  readonly parameterBytes: number;
  /** the inputs and every layer's output, for the whole batch */
  readonly dataBytes: number;
  /** for one image */
  readonly multiplyAdds: number;
}

/** A network's layers with their sizes and costs. */
export interface NetworkTable {
  readonly network: string;
  readonly batchSize: number;
  /** the inputs first, then each layer */
  readonly rows: readonly TableRow[];
  readonly totals: TableTotals;
}

/**
 * Works out sizes, receptive fields and costs. Numbers are float32, 4 bytes each; every output counts as memory of its own,
 * which is what training needs (a forward pass alone can reuse it).
 *
 * @param options.batchSize how many images `dataBytes` is for; 1
 * @throws RangeError when the batch size is not a whole number of at least 1
 * @example
 * networkTable(ocr()).totals.parameters; // 478096
 */
export function networkTable(network: Network, { batchSize = 1 }: { readonly batchSize?: number } = {}): NetworkTable {
  expectWhole("batchSize", [batchSize], 1);
  const dataBytes = ({ channels, height, width }: ImageShape): number =>
    batchSize * channels * height * width * FLOAT32_BYTES;
  const fields = receptiveFields(network);
  const inputs = network.inputs.map(
    ({ name, shape }): TableRow => ({
      layer: 0,
      name,
      type: "input",
      inputs: [],
      variable: name,
      window: undefined,
      groups: 1,
      output: shape,
      filterDepth: undefined,
      field: PIXEL_FIELD,
      parameters: 0,
      parameterBytes: 0,
      dataBytes: dataBytes(shape),
      multiplyAdds: 0,
    }),
  );
  const layers = network.layers.map(({ number, name, layer, inputs: read, output, parameters }, i): TableRow => {
    const [input, ...others] = read.map(({ shape }) => shape);
    const groups = layer.type === "conv" ? layer.groups : 1;
    return {
      layer: number,
      name,
      type: typeName(layer),
      inputs: read.map((variable) => variable.name),
      variable: output.name,
      window: layer.type === "conv" || layer.type === "pool" ? blockOf(layer).window(layer, input) : undefined,
      groups,
      output: output.shape,
      filterDepth: layer.type === "conv" ? input.channels / groups : undefined,
      field: fields[i],
      parameters: numbers(learned(parameters)),
      parameterBytes: numbers(parameters) * FLOAT32_BYTES,
      dataBytes: dataBytes(output.shape),
      multiplyAdds: blockOf(layer).multiplyAdds(layer, input, ...others),
    };
  });
  const rows = [...inputs, ...layers];
  const sum = (of: (row: TableRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  // A parameter that layers share counts once.
  const parameters = parametersOf(network);
  return {
    network: network.name,
    batchSize,
    rows,
    totals: {
      parameters: numbers(learned(parameters)),
      parameterBytes: numbers(parameters) * FLOAT32_BYTES,
      dataBytes: sum((r) => r.dataBytes),
      multiplyAdds: sum((r) => r.multiplyAdds),
    },
  };
}

/** The name of the function that makes such a layer. */
export const typeName = (layer: Layer): string => blockOf(layer).called(layer);

const numbers = (specs: readonly ParameterSpec[]): number =>
  specs.reduce((sum, { shape }) => sum + elementCount(shape), 0);

/** Those that a solver changes, or would if they were not frozen: not the moments that follow the batches. */
const learned = (specs: readonly ParameterSpec[]): ParameterSpec[] =>
  specs.filter(({ update }) => update === "gradient");
