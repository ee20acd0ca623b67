// What every JavaScript platform has but the language's own library does not declare.
// Where Node's or the browser's types are present, these agree with theirs.

declare var performance: { now(): number };
