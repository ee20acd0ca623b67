import { attributes } from "../attributes.js";
import { formatShape } from "../dimension.js";
import { expectGraph } from "../expect-graph.js";
import { type Inference, startInference } from "../infer/infer.js";
import { tensorIn } from "../infer/infer-compute.js";
import { IR_VERSION, type LocalFunction, type Model, type Opsets } from "../model.js";
import { aboutNode, ShapeError } from "../shape-error.js";
import { mapSubgraphs, sortNodes } from "../sort.js";
import { codeOf, float32 } from "../tensor.js";
import { type Graph, type Node, OPSET, type Tensor } from "../types.js";
import { readBy, subgraphs } from "../unused.js";
import { type Change, type Rewriter, UpgradeError } from "./change.js";
import { CHANGES, NEWEST, type Version } from "./changes.js";
import { inlined } from "./inline.js";

export { UpgradeError } from "./change.js";

/** Functions may call functions so deep, */
const DEEPEST = 100;

/** and become so many nodes. */
const MOST_NODES = 100_000;

/**
 * A model in the operators of version 20, which this toolbox understands: what another version says in other words, or means otherwise, is written as
 * version 20 says it. Functions of the model are written out, nodes are put in order. Operators of other domains stay what they are.
 *
 * The model is one for use: dropout gives what it gets, normalisation takes the moments that it has, and what a file says about training is left out.
 * Versions from 7 on are understood, as far as ONNX Runtime runs them; of older ones what is easily said.
 *
 * @throws UpgradeError when an operator cannot be written in version 20, or is not ONNX's; the message names the node and says why
 * @throws ShapeError when nodes do not fit their inputs, or read each other in a circle; TypeError when it is no model
 * @example
 * const { opsets, graph } = upgradeModel(decodeModel(await readFile("letters.onnx")));
 * opsets; // {"": 20}
 */
export function upgradeModel(model: Model): Model {
  const { functions = [], trainingInfo: _, graph, ...rest } = model;
  expectGraph(graph);
  const upgrade = new Upgrade(model, functions);
  const { opsets: __, ...upgraded } = upgrade.graph(sortNodes(graph), versionOf(model));
  const initializers = new Map([...upgraded.initializers, ...upgrade.constants]);
  const domains = upgrade.domains(upgraded.nodes);
  const opsets = { ...domains, "": OPSET };
  const others = Object.keys(domains).some((domain) => domain !== "");
  return {
    ...rest,
    irVersion: Math.max(model.irVersion, IR_VERSION),
    opsets,
    graph: { ...upgraded, initializers, ...(others ? { opsets } : {}) },
  };
}

/** The version of ONNX's operators. Files from before there were versions have the first. */
function versionOf({ opsets, irVersion, graph }: Model): number {
  const version = opsets[""] ?? (irVersion < 3 ? 1 : OPSET);
  if (version <= NEWEST) return version;
  throw new UpgradeError(
    `The graph '${graph.name}' is of operator set ${version}; the newest that is understood is ${NEWEST}.`,
  );
}

class Upgrade {
  /** what was added to the constants */
  readonly constants = new Map<string, Tensor>();
  readonly #functions = new Map<string, LocalFunction>();
  readonly #names = new Set<string>();
  /** the last number that was put behind a name */
  readonly #tried = new Map<string, number>();
  readonly #read = new Set<string>();
  readonly #opsets: Record<string, number>;
  #count = 0;

  constructor(model: Model, functions: readonly LocalFunction[]) {
    this.#opsets = { ...model.opsets };
    for (const local of functions) {
      const nodes = sortNodes({
        name: local.name,
        inputs: [],
        outputs: [],
        initializers: new Map(),
        nodes: local.nodes,
      });
      this.#functions.set(`${local.domain}.${local.name}`, { ...local, nodes: nodes.nodes });
    }
    this.#collect(model.graph);
  }

  #collect({ inputs, initializers, nodes, outputs }: Graph): void {
    for (const { name } of [...inputs, ...outputs]) this.#names.add(name);
    for (const name of initializers.keys()) this.#names.add(name);
    for (const { name } of outputs) this.#read.add(name);
    for (const node of nodes) this.#take(node);
  }

  #take(node: Node): void {
    for (const name of readBy(node)) this.#read.add(name);
    for (const name of [...node.inputs, ...node.outputs]) this.#names.add(name);
    for (const graph of subgraphs(node)) this.#collect(graph);
  }

  readonly #unique = (name: string): string => {
    let free = name;
    let count = this.#tried.get(name) ?? 0;
    while (this.#names.has(free)) free = `${name}.${++count}`;
    this.#tried.set(name, count);
    this.#names.add(free);
    return free;
  };

  /** A graph, or one inside of a node, in our version. */
  graph(graph: Graph, version: number, outer?: Scope, calls: readonly LocalFunction[] = []): Graph {
    const inference = startInference(graph, outer?.inference);
    const own = new Map(graph.initializers);
    const scope: Scope = {
      inference,
      nodes: [],
      constantOf: (name) => own.get(name) ?? outer?.constantOf(name),
      constant: (name, value) => own.set(name, value),
    };
    for (const node of graph.nodes) this.#node(node, version, scope, calls);
    return { ...graph, nodes: scope.nodes };
  }

  #node(node: Node, version: number, scope: Scope, calls: readonly LocalFunction[]): void {
    const local = this.#functions.get(`${node.domain}.${node.operator}`);
    const step = local ? undefined : stepOf(node, version);
    if (local) this.#call(node, local, version, scope, calls);
    else if (!step) this.#keep(node, version, scope, calls);
    else {
      const write = (written: Node, to = step.reached): void => this.#node(written, to, scope, calls);
      // Of several nodes the last one has the name.
      const named: Rewriter["write"] = (written, to) => write({ ...written, name: written.outputs[0] }, to);
      const shapes = (): string =>
        node.inputs.map((input) => formatShape(scope.inference.typeOf(input)?.shape)).join(", ");
      const last = aboutNode(node, shapes, () => step.change(this.#rewriter(node, version, scope, named)));
      if (last) write(last);
    }
  }

  #keep(node: Node, version: number, scope: Scope, calls: readonly LocalFunction[]): void {
    if (++this.#count > MOST_NODES) throw new UpgradeError(`The model has more than ${MOST_NODES} nodes.`);
    if (node.domain === "" && node.operator === "Upsample")
      throw new UpgradeError(`${called(node)} is no operator of set ${version}.`);
    // What a change wrote may read inputs that the node did not have.
    if (!node.inputs.every((input) => typeof input === "string"))
      throw new ShapeError(`${called(node)} has too few inputs.`);
    const upgraded = mapSubgraphs(node, (graph) => this.graph(graph, version, scope, calls));
    const constant = node.operator === "Constant" && node.domain === "" ? tensorIn(node) : undefined;
    if (constant) scope.constant(node.outputs[0], constant);
    scope.inference.add(upgraded);
    scope.nodes.push(upgraded);
  }

  #call(node: Node, local: LocalFunction, version: number, scope: Scope, calls: readonly LocalFunction[]): void {
    if (calls.includes(local)) throw new UpgradeError(`The function ${local.name} calls itself.`);
    if (calls.length >= DEEPEST) throw new UpgradeError(`Functions call functions more than ${DEEPEST} deep.`);
    for (const [domain, other] of Object.entries(local.opsets)) {
      if (domain === "") continue;
      this.#opsets[domain] ??= other;
      if (this.#opsets[domain] !== other) {
        throw new UpgradeError(
          `The function ${local.name} is of version ${other} of '${domain}', and the model of ${this.#opsets[domain]}.`,
        );
      }
    }
    const body = inlined(node, local, this.#unique);
    for (const inner of body) this.#take(inner);
    for (const inner of body) this.#node(inner, local.opsets[""] ?? version, scope, [...calls, local]);
  }

  #rewriter(node: Node, version: number, { inference, constantOf }: Scope, write: Rewriter["write"]): Rewriter {
    const { inputs, outputs } = node;
    const place = node.name || outputs[0];
    const initializer = (value: Tensor): string => {
      const name = this.#unique(`${place}/constant`);
      this.constants.set(name, value);
      inference.initializer(name, value);
      return name;
    };
    const value = (what: string): string => {
      const name = this.#unique(`${place}/${what}`);
      this.#read.add(name);
      return name;
    };
    const op: Rewriter["op"] = (name, from, more = {}) => {
      const output = value(name);
      write({
        operator: name,
        domain: "",
        name: output,
        inputs: from,
        outputs: [output],
        attributes: attributes(more),
      });
      return output;
    };
    const type = (i: number) => inference.typeOf(inputs[i] ?? "")?.type;
    return {
      node,
      type,
      shape: (i) => inference.typeOf(inputs[i] ?? "")?.shape,
      shapeMade: (i) => inference.declared(outputs[i] ?? "")?.shape,
      value,
      constant: (i) => this.constants.get(inputs[i] ?? "") ?? constantOf(inputs[i] ?? ""),
      isRead: (i) => (outputs[i] ?? "") !== "" && this.#read.has(outputs[i]),
      initializer,
      number: (value) => {
        const single = initializer(float32([value]));
        const wanted = type(0);
        if (wanted === "float32") return single;
        return wanted ? op("Cast", [single], { to: codeOf(wanted) }) : op("CastLike", [single, inputs[0]]);
      },
      op,
      write,
      refuse: (reason) => {
        throw new UpgradeError(`${called(node)} of operator set ${version} cannot be written in ${OPSET}: ${reason}.`);
      },
    };
  }

  /** The versions of the other domains that nodes are of. */
  domains(nodes: readonly Node[]): Opsets {
    const used = new Set(domainsOf(nodes));
    return Object.fromEntries(Object.entries(this.#opsets).filter(([domain]) => used.has(domain)));
  }
}

/** What is next to be done with a node of some version, and the version that it is of then; undefined where it is of ours. */
function stepOf(node: Node, version: number): { readonly change: Change; readonly reached: number } | undefined {
  if (node.domain !== "") return undefined;
  const versions = Object.hasOwn(CHANGES, node.operator) ? CHANGES[node.operator] : undefined;
  if (!versions) throw new UpgradeError(`${called(node)} is no operator of ONNX.`);
  const since = numberOf(versions[0]);
  if (since > version) {
    throw new UpgradeError(`${called(node)} came with operator set ${since}, and its model is of ${version}.`);
  }
  const changes = versions.filter((other) => typeof other !== "number");
  const next = changes.find(([number]) => number > version && number <= OPSET);
  if (next) return { change: next[1], reached: next[0] };
  const newer = changes.findLast(([number]) => number <= version && number > OPSET);
  return newer && { change: newer[1], reached: newer[0] - 1 };
}

/** What is known where a node stands, and the nodes before it. */
interface Scope {
  readonly inference: Inference;
  readonly nodes: Node[];
  /** the tensor behind a name, here or around */
  constantOf(name: string): Tensor | undefined;
  /** Takes a constant. */
  constant(name: string, value: Tensor): void;
}

const domainsOf = (nodes: readonly Node[]): readonly string[] =>
  nodes.flatMap((node) => [node.domain, ...subgraphs(node).flatMap((graph) => domainsOf(graph.nodes))]);

const numberOf = (version: Version): number => (typeof version === "number" ? version : version[0]);

const called = ({ operator, name, outputs }: Node): string => `${operator} '${name || outputs[0]}'`;
