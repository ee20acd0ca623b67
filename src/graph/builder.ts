import { type AttributeInput, attributes } from "./attributes.js";
import { isSize, isStatic } from "./dimension.js";
import { elements, inferElements, inferNode, type Known } from "./infer/infer.js";
import { strayAttribute } from "./operators.js";
import { ShapeError } from "./shape-error.js";
import { expectElements, float32, int64, isDataType } from "./tensor.js";
import {
  type DataType,
  type Dimension,
  type Graph,
  type Node,
  OPSET,
  type Tensor,
  type Value,
  type ValueType,
} from "./types.js";

/** Constants of more elements are not compared with others. */
const LARGE = 4096;

type AttributeInputs = Readonly<Record<string, AttributeInput | undefined>>;

/**
 * Builds a graph node by node. Values are their names; each node's output types are inferred as it is added,
 * so a node that does not fit is reported where it is written.
 *
 * @example
 * const g = new GraphBuilder("affine");
 * const x = g.input("x", "float32", ["N", 4]);
 * const w = g.constant(float32([1, 2, 3, 4], [4, 1]));
 * g.output("y", g.op("MatMul", [x, w]));
 * g.type("y"); // {"type": "float32", "shape": ["N", 1]}
 */
export class GraphBuilder {
  readonly #inputs: Value[] = [];
  readonly #outputs: { readonly name: string; readonly value: string }[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #nodes: Node[] = [];
  readonly #types = new Map<string, ValueType>();
  readonly #guessed = new Set<string>();
  readonly #numbers = new Map<string, string>();
  readonly #elements = new Map<string, readonly Dimension[]>();
  readonly #known: Known = {
    typeOf: (name) => this.#types.get(name),
    elementsOf: (name) => this.#elements.get(name) ?? elements(this.#initializers.get(name)),
  };
  #scope = "";
  #count = 0;

  constructor(readonly name: string) {}

  /** Names the nodes added inside `body` after what they belong to: "conv2/…". */
  scope<R>(name: string, body: () => R): R {
    const outer = this.#scope;
    this.#scope = `${outer + name}/`;
    try {
      return body();
    } finally {
      this.#scope = outer;
    }
  }

  /** Adds a graph input; its shape may be unknown. @throws ShapeError when its type or a size is none */
  input(name: string, type: DataType, shape: readonly Dimension[] | undefined): string {
    if (!isDataType(type)) throw new ShapeError(`The input '${name}' cannot be of type '${type}'.`);
    if (shape?.some((d) => !isSize(d)))
      throw new ShapeError(`The input '${name}' cannot be of shape ${shape.join("×")}.`);
    this.#declare(name, { type, shape });
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** Adds a named initializer: a parameter, or a constant worth a name. */
  initializer(name: string, value: Tensor): string {
    expectElements(name, value);
    this.#declare(name, value);
    this.#initializers.set(name, value);
    return name;
  }

  /** Adds a constant; small equal ones are stored once. */
  constant(value: Tensor): string {
    if (value.data.length > LARGE) return this.initializer(this.#fresh("constant"), value);
    const key = `${value.type}[${value.shape}](${value.data.join(",")})`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const name = this.initializer(this.#fresh("constant"), value);
    this.#numbers.set(key, name);
    return name;
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    return this.constant(float32([value]));
  }

  /** A list of int64 numbers: a shape, axes, starts … */
  ints(...values: readonly number[]): string {
    return this.constant(int64(values));
  }

  /** Adds a node with one output and returns that output's name. */
  op(operator: string, inputs: readonly string[], attributeInputs: AttributeInputs = {}, domain = ""): string {
    return this.ops(operator, inputs, 1, attributeInputs, domain)[0];
  }

  /** Adds a node with several outputs and returns their names. */
  ops(
    operator: string,
    inputs: readonly string[],
    outputCount: number,
    attributeInputs: AttributeInputs = {},
    domain = "",
  ): string[] {
    const name = this.#fresh(operator);
    const outputs = Array.from({ length: outputCount }, (_, i) => (outputCount === 1 ? name : `${name}:${i}`));
    this.add({ operator, domain, name, inputs, outputs, attributes: attributes(attributeInputs) });
    return outputs;
  }

  /** Adds a ready node. @throws ShapeError when it reads a value that is not there yet, or has an attribute that version 20 of its operator has not */
  add(node: Node): void {
    for (const input of node.inputs) {
      if (input !== "" && !this.#types.has(input)) {
        throw new ShapeError(`${node.operator} '${node.name}' reads '${input}', which nothing before it makes.`);
      }
    }
    const stray = strayAttribute(node);
    if (stray) {
      const { operator, name, outputs } = stray.node;
      throw new ShapeError(
        `${operator} '${name || outputs[0]}': there is no attribute '${stray.attribute}' in operator set ${OPSET}; older models are upgraded by upgradeModel.`,
      );
    }
    const types = inferNode(node, this.#known.typeOf, this.#known.elementsOf);
    node.outputs.forEach((output, i) => {
      if (output === "") return;
      this.#declare(output, types[i] ?? { type: "float32", shape: undefined });
      if (types[i]?.guessed) this.#guessed.add(output);
    });
    const made = inferElements(node, types[0], this.#known);
    if (made) this.#elements.set(node.outputs[0], made);
    this.#nodes.push(node);
  }

  /** Declares a value to be a graph output, under the name given. */
  output(name: string, value: string): string {
    if (name !== value) this.#declare(name, this.type(value));
    if (this.#guessed.has(value)) this.#guessed.add(name);
    this.#outputs.push({ name, value });
    return name;
  }

  /** Whether the graph has a value of this name. */
  has(value: string): boolean {
    return this.#types.has(value);
  }

  /** The type of a value. */
  type(value: string): ValueType {
    const type = this.#types.get(value);
    if (!type) throw new ShapeError(`The graph '${this.name}' has no value '${value}'.`);
    return type;
  }

  /** The shape of a value, when every size is a known number. @throws ShapeError otherwise */
  shape(value: string): readonly number[] {
    const { shape } = this.type(value);
    if (!shape || !isStatic(shape)) throw new ShapeError(`The shape of '${value}' is not fixed: ${shape?.join("×")}.`);
    return shape;
  }

  /** The tensor behind a name, where it is an initializer. */
  constantValue(value: string): Tensor | undefined {
    return this.#initializers.get(value);
  }

  /** The numbers in a value, where they are constant, or whole numbers that follow from shapes. */
  numbers(value: string): readonly number[] | undefined {
    const known = value === "" ? undefined : this.#known.elementsOf(value);
    return known && isStatic(known) ? known : undefined;
  }

  /** The nodes so far. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** The finished graph. An output of an operator that is not known has no declared type. What makes an output gets the output's name; a value that is output twice, or an input, is copied. */
  build(): Graph {
    const made = new Set(this.#nodes.flatMap((node) => node.outputs));
    const renamed = new Map<string, string>();
    const copies: Node[] = [];
    for (const { name, value } of this.#outputs) {
      if (name === value) continue;
      const taken = renamed.has(value) || this.#outputs.some((output) => output.name === value);
      if (made.has(value) && !taken) renamed.set(value, name);
      else copies.push({ operator: "Identity", domain: "", name, inputs: [value], outputs: [name], attributes: {} });
    }
    const rename = (value: string): string => renamed.get(value) ?? value;
    // a node that reads an output by its name may stand before the end
    const copiesOf = (value: string): Node[] => copies.filter(({ inputs }) => inputs[0] === value);
    const ordered = [
      ...copies.filter(({ inputs }) => !made.has(inputs[0])),
      ...this.#nodes.flatMap((node) => [node, ...node.outputs.flatMap(copiesOf)]),
    ];
    const nodes = ordered.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    }));
    return {
      name: this.name,
      inputs: [...this.#inputs],
      outputs: this.#outputs.map(({ name, value }) => ({
        name,
        ...this.type(value),
        ...(this.#guessed.has(value) ? { opaque: true } : {}),
      })),
      initializers: new Map(this.#initializers),
      nodes,
    };
  }

  #fresh(operator: string): string {
    for (;;) {
      const name = `${this.#scope}${operator}.${this.#count++}`;
      if (!this.#types.has(name)) return name;
    }
  }

  #declare(name: string, type: ValueType): void {
    if (this.#types.has(name)) throw new ShapeError(`The graph '${this.name}' already has a value '${name}'.`);
    this.#types.set(name, { type: type.type, shape: type.shape });
  }
}
