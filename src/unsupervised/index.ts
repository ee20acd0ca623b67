/** Networks that learn without labels: `bellpepper/unsupervised`. */

export { type Autoencoder, type AutoencoderOptions, autoencoder } from "./autoencoder.js";
export { type FilterKind, type FirstFilterOptions, type FirstFilters, firstFilters } from "./first-filters.js";
export { type Clusters, kMeans } from "./k-means.js";
export { layerWise, type Stage, type StageOptions } from "./layer-wise.js";
export { drawPatches, type PatchOptions, type Whitening, whiten, whitening } from "./patches.js";
export { drawPictures, embed, picturesOf, type Reconstructions, reconstruct } from "./use.js";
