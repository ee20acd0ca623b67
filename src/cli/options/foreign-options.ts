/** How the options are given that say what a model file of another toolbox does not. */
export const FOREIGN_OPTIONS = { classes: "file", prepare: "rule", size: "pixels", network: "name" } as const;
