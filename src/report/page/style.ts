import { DARK, LIGHT } from "../../drawing/theme.js";

/** The page's style sheet, its fonts within it. */
export function styleSheet(fonts: readonly { readonly weight: number; readonly woff2: Uint8Array }[]): string {
  const faces = fonts.map(
    ({ weight, woff2 }) =>
      `@font-face { font-family: "Report"; font-weight: ${weight}; src: url(data:font/woff2;base64,${Buffer.from(woff2).toString("base64")}) format("woff2"); }`,
  );
  return [...faces, `:root { color-scheme: light dark; ${variables(LIGHT)} }`, RULES].join("\n");
}

const variables = (theme: Readonly<Record<string, string>>): string =>
  Object.entries(theme)
    .map(([name, value]) => `--${name}: ${value};`)
    .join(" ");

const RULES = `@media screen and (prefers-color-scheme: dark) { :root { ${variables(DARK)} } }
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); font: 16px/1.55 "Report", system-ui, sans-serif; -webkit-text-size-adjust: 100%; }
body { margin: 0; }
main { max-width: 1168px; margin: 0 auto; padding: 48px 24px 64px; }
h1 { font-size: 38px; line-height: 1.15; margin: 0 0 20px; letter-spacing: -0.01em; }
h2 { font-size: 24px; line-height: 1.25; margin: 0 0 12px; }
h3 { font-size: 16px; margin: 0 0 8px; }
p { margin: 0 0 12px; max-width: 44em; text-wrap: pretty; }
b { font-weight: 700; }
.brand { color: var(--accent); font-weight: 700; margin: 0 0 6px; }
.lead { font-size: 18px; max-width: 46em; }
.soft, .source, dt { color: var(--soft); }
.wrong { color: var(--accent); }
dl { margin: 0; }
dd { margin: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 16px 24px; margin: 28px 0; padding: 18px 0; border: solid var(--line); border-width: 1px 0; }
.figures dt { font-size: 13px; }
.figures dd { font-size: 21px; font-weight: 700; line-height: 1.3; }
.figures div:first-child dd { color: var(--accent); }
nav { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 20px; font-size: 14px; }
a { color: var(--soft); text-underline-offset: 3px; text-decoration-color: var(--line); }
a:hover { color: var(--accent); }
section { margin-top: 56px; }
figure { margin: 16px 0; }
figure img { max-width: 100%; height: auto; display: block; }
svg { max-width: 100%; height: auto; display: block; fill: var(--ink); font-family: inherit; font-variant-numeric: tabular-nums; }
.pixels { image-rendering: pixelated; }
.scroll { overflow-x: auto; }
.wide svg { min-width: 880px; width: 100%; max-width: none; }
.drawing svg { max-width: none; }
.weights { display: flex; flex-wrap: wrap; gap: 20px 24px; }
.matrix svg { min-width: 600px; }
.strips svg { min-width: 480px; }
.folds { display: flex; flex-wrap: wrap; gap: 8px 40px; }
.folds figcaption { font-size: 14px; margin-bottom: 4px; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 24px; }
.pairs { grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); }
.curves figure { margin: 8px 0; }
.curves svg { width: 100%; max-width: 480px; overflow: visible; }
.beside { display: grid; grid-template-columns: minmax(0, 1fr) fit-content(440px); gap: 16px 40px; align-items: start; }
.beside > div { padding-top: 16px; min-width: 280px; }
.beside td:not(.number) { white-space: normal; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; white-space: nowrap; }
th { text-align: left; font-weight: 400; color: var(--soft); border-bottom: 1px solid var(--quiet); padding: 4px 14px 4px 0; }
td { border-bottom: 1px solid var(--line); padding: 4px 14px 4px 0; }
tbody th { border-bottom-color: var(--line); }
th:last-child, td:last-child { padding-right: 0; }
table + table { margin-top: 20px; }
.number { text-align: right; }
.sortable button { all: unset; cursor: pointer; }
.sortable button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.sortable [aria-sort] { color: var(--ink); border-bottom-color: var(--accent); }
.totals, .settings { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 10px 32px; margin-top: 16px; font-size: 14px; }
.totals dt, .settings dt { font-size: 13px; }
.settings dd { overflow-wrap: anywhere; }
.read { font-size: 24px; font-weight: 700; line-height: 1.3; max-width: none; margin: 16px 0; }
.raw { font: 13px/1.5 ui-monospace, monospace; color: var(--soft); overflow-wrap: anywhere; max-width: none; }
details { margin-top: 12px; }
summary { cursor: pointer; color: var(--soft); font-size: 14px; margin-bottom: 8px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 24px 20px; margin-top: 20px; }
.card { margin: 0; font-size: 14px; line-height: 1.4; }
.card img { width: 96px; border: 1px solid var(--line); image-rendering: pixelated; margin-bottom: 8px; }
.guessed { grid-template-columns: repeat(auto-fill, minmax(224px, 1fr)); }
.guessed .card img { width: auto; max-width: 100%; image-rendering: auto; }
.guessed .card img.pixels { image-rendering: pixelated; }
.guessed + h3 { margin-top: 24px; }
.guesses { list-style: none; margin: 0 0 6px; padding: 0; }
.guesses li { position: relative; display: flex; justify-content: space-between; gap: 12px; padding: 2px 6px; margin: 0 0 2px; isolation: isolate; font-variant-numeric: tabular-nums; }
.guesses i { position: absolute; inset: 0 auto 0 0; background: var(--line); border-left: 3px solid var(--quiet); z-index: -1; }
.guesses li:first-child { font-weight: 700; }
.guesses li:first-child i { border-color: var(--accent); }
.next { list-style: none; margin: 20px 0 12px; padding: 0; font-size: 14px; color: var(--soft); }
.next li { margin: 0 0 4px; }
.next code { font: 13px/1.5 ui-monospace, monospace; color: var(--ink); background: var(--panel); padding: 2px 6px; overflow-wrap: anywhere; }
.cell { display: none; }
audio { display: block; width: 132px; height: 28px; margin-bottom: 8px; }
.heard { display: inline-block; margin: 0 8px 4px 0; }
.cell:target { display: block; scroll-margin-top: 40vh; }
.cell img { width: 64px; height: 64px; object-fit: contain; margin: 2px; image-rendering: pixelated; }
.findings { margin: 0; padding: 0; list-style: none; }
.findings li { border-left: 3px solid var(--quiet); padding: 2px 0 2px 14px; margin: 0 0 10px; max-width: 56em; overflow-wrap: anywhere; }
.findings .spoils { border-color: var(--accent); }
.sheet figure { margin: 14px 0; }
.sheet figcaption { font-size: 14px; margin-bottom: 4px; }
.kinds { display: flex; flex-wrap: wrap; gap: 16px 72px; }
.means { display: flex; flex-wrap: wrap; gap: 20px; }
.means figure { margin: 0; font-size: 14px; }
.set { border-top: 1px solid var(--line); padding: 12px 0 4px; }
.strip { display: flex; flex-wrap: wrap; gap: 16px; }
.strip figure { margin: 0 0 8px; width: 190px; font-size: 13px; line-height: 1.4; overflow-wrap: anywhere; }
.strip img { margin-bottom: 6px; outline: 1px solid var(--line); }
.strip + .strip { margin-top: 14px; }
.strip + table { margin-top: 20px; }
.strip.why { margin-top: 28px; }
.strip.why .card { width: 224px; overflow-wrap: normal; }
.trios { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 324px), 1fr)); gap: 20px 28px; }
.trios figure { margin: 0; font-size: 13px; line-height: 1.4; }
.trios img { margin-bottom: 6px; }
.trios + h3 { margin-top: 36px; }
.strip ~ h3 { margin-top: 32px; }
.wrap td { white-space: normal; overflow-wrap: anywhere; min-width: 120px; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 28px; margin-top: 16px; }
.maps figure { margin: 0; font-size: 14px; }
.maps figcaption { margin-bottom: 8px; min-height: 4.5em; }
.map { position: relative; aspect-ratio: 1; border: 1px solid var(--line); }
.map :is(i, input) { appearance: none; position: absolute; width: 6px; height: 6px; margin: -3px; border: 0; border-radius: 50%; color: inherit; background: currentColor; opacity: 0.75; }
.map input:is(:hover, :checked) { opacity: 1; outline: 2px solid var(--ink); z-index: 2; }
.map input:is(:hover, :checked)::after { content: ""; position: absolute; left: 8px; top: 8px; width: var(--w); height: var(--h); background: var(--sheet) var(--p); image-rendering: pixelated; transform: scale(var(--by)); transform-origin: 0 0; outline: 0.5px solid var(--ink); pointer-events: none; }
.map .left:is(:hover, :checked)::after { left: auto; right: 8px; transform-origin: 100% 0; }
.maps + h3 { margin-top: 24px; }
.map b { position: absolute; transform: translate(-50%, -50%); font-size: 13px; line-height: 1; pointer-events: none; text-shadow: 0 0 3px var(--paper), 0 0 3px var(--paper), 0 0 3px var(--paper); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; max-width: none; }
.legend i { display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: currentColor; margin-right: 5px; }
.near { display: flex; flex-wrap: wrap; gap: 8px; margin: 10px 0; }
.near figure { margin: 0; width: 72px; font-size: 12px; line-height: 1.3; text-align: center; overflow-wrap: anywhere; }
.near figure:first-child { border-right: 2px solid var(--line); padding-right: 8px; width: 82px; }
.near img { width: 64px; height: 64px; object-fit: contain; image-rendering: pixelated; }
header .scroll { margin-bottom: 12px; }
.source { font-size: 13px; overflow-wrap: anywhere; }
@media (max-width: 900px) { .beside { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 560px) { main { padding: 28px 16px 48px; } h1 { font-size: 30px; } .figures { grid-template-columns: repeat(2, 1fr); } .cards { grid-template-columns: repeat(2, 1fr); } }
@media print {
  html { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  nav, details:not([open]) { display: none; }
  section { margin-top: 28px; }
  figure, .card, tr, .figures { break-inside: avoid; }
  h2, h3, p { break-after: avoid; }
  .scroll { overflow: visible; }
  .wide svg, .matrix svg, .strips svg { min-width: 0; max-width: 100%; }
  .curves { grid-template-columns: repeat(3, 1fr); gap: 12px; }
  .beside { display: block; }
  .cards { grid-template-columns: repeat(6, 1fr); }
  table { font-size: 8pt; }
  td, th { padding-right: 8px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
