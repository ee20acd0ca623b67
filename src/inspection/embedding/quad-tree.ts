/** Points of a plane in squares within squares, each of which has four parts, down to single points. Those of a square follow it. */
export interface QuadTree {
  readonly size: number;
  /** of each square, four numbers: x and y of the middle of its points, how many they are, and its side squared, or 0 where it is not divided */
  readonly squares: Float64Array;
  /** the square that comes after all that are in it */
  readonly after: Int32Array;
  /** the points, those of a square one after the other */
  readonly order: Int32Array;
}

/** Points that are one after so many halvings of the side count as one. */
const DEEPEST = 40;

/**
 * Divides points of a plane.
 *
 * @param places point × coordinate
 * @param into a tree of as many points, whose arrays are used again
 */
export function quadTree(places: Float64Array, into?: QuadTree): QuadTree {
  const count = places.length / 2;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < count; i++) {
    left = Math.min(left, places[2 * i]);
    right = Math.max(right, places[2 * i]);
    top = Math.min(top, places[2 * i + 1]);
    bottom = Math.max(bottom, places[2 * i + 1]);
  }
  const side = Math.max(right - left, bottom - top);
  const divider = new Divider(places, into ?? emptyTree(count));
  divider.divide(0, count, (left + right) / 2, (top + bottom) / 2, side, 0);
  return divider.tree();
}

function emptyTree(count: number, room = 2 * count + 16): QuadTree {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  return { size: 0, squares: new Float64Array(4 * room), after: new Int32Array(room), order };
}

class Divider {
  #tree: QuadTree;
  #size = 0;

  constructor(
    readonly places: Float64Array,
    tree: QuadTree,
  ) {
    this.#tree = tree;
  }

  tree(): QuadTree {
    return { ...this.#tree, size: this.#size };
  }

  /** Makes the square of the points `from` to before `end` of the order, around a centre, and all in it. */
  divide(from: number, end: number, x: number, y: number, side: number, depth: number): void {
    if (this.#size === this.#tree.after.length) this.#grow();
    const own = this.#size++;
    const { places } = this;
    const { order } = this.#tree;
    let [sumX, sumY] = [0, 0];
    for (let at = from; at < end; at++) {
      sumX += places[2 * order[at]];
      sumY += places[2 * order[at] + 1];
    }
    const isWhole = end - from === 1 || side === 0 || depth === DEEPEST;
    this.#tree.squares[4 * own] = sumX / (end - from);
    this.#tree.squares[4 * own + 1] = sumY / (end - from);
    this.#tree.squares[4 * own + 2] = end - from;
    this.#tree.squares[4 * own + 3] = isWhole ? 0 : side * side;
    if (!isWhole) {
      const middle = this.#part(from, end, 1, y);
      const upper = this.#part(from, middle, 0, x);
      const lower = this.#part(middle, end, 0, x);
      const [half, step] = [side / 2, side / 4];
      if (upper > from) this.divide(from, upper, x - step, y - step, half, depth + 1);
      if (middle > upper) this.divide(upper, middle, x + step, y - step, half, depth + 1);
      if (lower > middle) this.divide(middle, lower, x - step, y + step, half, depth + 1);
      if (end > lower) this.divide(lower, end, x + step, y + step, half, depth + 1);
    }
    this.#tree.after[own] = this.#size;
  }

  /** Puts the points below a border before the others. @returns where the others begin */
  #part(from: number, end: number, axis: 0 | 1, border: number): number {
    const { order } = this.#tree;
    let [low, high] = [from, end];
    while (low < high) {
      const point = order[low];
      if (this.places[2 * point + axis] < border) low++;
      else {
        order[low] = order[--high];
        order[high] = point;
      }
    }
    return low;
  }

  #grow(): void {
    const bigger = emptyTree(0, 2 * this.#tree.after.length);
    const { squares, after, order } = this.#tree;
    bigger.squares.set(squares);
    bigger.after.set(after);
    this.#tree = { ...bigger, order };
  }
}
