/** Looking inside a network: what its values are, what they depend on, and what it would say if they were others. */

export { batchOf } from "./batches.js";
export { type Neighbours, neighbours, sameClassShare } from "./embedding/neighbours.js";
export { type PrincipalComponents, pca } from "./embedding/pca.js";
export { type MapProgress, type TsneOptions, tsne } from "./embedding/tsne.js";
export { type Aim, type Backward, type Gradient, type GradientQuestion, gradient } from "./gradient.js";
export { activations, type Opened, openNetwork, replaced } from "./opened.js";
