/** How the options are given that ask why a model says what it says. */
export const EXPLAIN_OPTIONS = { explain: "--explain", explainBy: "method" } as const;
