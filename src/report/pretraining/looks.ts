/** What is shown of a network that has learned without labels, as plain data. */

import type { Image } from "../../data/pictures/image.js";

/** A picture and what a network makes of it. */
export interface Remade {
  readonly picture: Image;
  readonly made: Image;
}

/** What is shown of a network. */
export interface Looks {
  /** pictures that were kept out, with what is made of them; none where nothing is */
  readonly reconstructions: readonly Remade[];
  /** those of which the network makes least */
  readonly outliers: readonly Remade[];
  /** rows: a picture, then those whose codes are nearest to its code */
  readonly nearest: readonly (readonly Image[])[];
  /** pictures that were drawn */
  readonly drawn?: readonly Image[];
  /** of each picture that was looked at: the mean of (y − x)², normalised */
  readonly errors?: Float32Array;
}
