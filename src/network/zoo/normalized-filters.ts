/** Filters for a layer that a batch normalisation follows: no biases, begun as He et al. (2015) do. */
export const NORMALIZED = { biases: false, initialization: { type: "he" } } as const;
