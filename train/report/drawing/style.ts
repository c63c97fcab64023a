/**
 * The style sheet of the report: light, dark, narrow and printed.
 *
 * @module
 */

/** Colours are those of Okabe and Ito (2008), lightened on dark ground. */
export const STYLE = /* css */ `
:root {
  color-scheme: light dark;
  --ground: #fff; --panel: #f5f7f9; --ink: #1c2126; --muted: #5b646d; --rule: #dfe4e9;
  --baseline: #d55e00; --control: #009e73; --consistent: #0072b2; --truth: #1c2126; --warn: #e69f00;
  --plain: #8a8f94; --filtered: #cc79a7; --voted: #e69f00; --views: #56b4e9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --panel: #1d2328; --ink: #e8ebee; --muted: #a3adb7; --rule: #343c44;
    --baseline: #f0904a; --control: #2fc79b; --consistent: #56b4e9; --truth: #e8ebee;
    --plain: #9aa1a8; --filtered: #dd99c0; --voted: #f0bb4a; --views: #8fd0f2;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 63rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; text-wrap: balance; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .3rem; }
p, li { max-width: 46rem; }
p { margin: .4rem 0 1rem; }
figure { margin: 0; }
figcaption, .about, .hint, .by { color: var(--muted); font-size: .875rem; line-height: 1.4; }
figcaption { max-width: 44rem; margin-top: .25rem; }
svg { display: block; width: 100%; height: auto; }
.by { margin: 0; }
.by b { font-weight: 600; color: var(--ink); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.scroll { overflow-x: auto; }

.notes { margin: 1.5rem 0 0; padding: .75rem 1rem; background: var(--panel); border-left: .3rem solid var(--warn); }
.notes h2 { font-size: 1rem; margin: 0; }
.notes ul { margin: .25rem 0 0; padding-left: 1.1rem; }

.headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14.5rem), 1fr)); gap: 1rem; margin: 1.75rem 0 0; }
.headlines div { padding: .8rem 1rem; background: var(--panel); border-top: .2rem solid var(--consistent); }
.headlines dt { font-weight: 600; }
.headlines dt .hint { display: block; font-weight: 400; }
.headlines dd { margin: .3rem 0 0; }
.headlines b { display: block; white-space: nowrap; font-size: 1.6rem; line-height: 1.25; font-weight: 600; }
.headlines dd span { color: var(--muted); font-size: .875rem; }

.models { margin: 0 0 1.2rem; font-size: .925rem; }
.models div { display: flex; gap: .3rem .8rem; padding: .12rem 0; }
.models dt { flex: none; width: 7rem; font-weight: 600; }
.models dd { margin: 0; }

table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.results { width: 100%; }
.results th, .results td { padding: .5rem .35rem; text-align: right; vertical-align: top; }
.results th:first-child { text-align: left; padding-left: 0; min-width: 11rem; }
.results td:last-child, .results thead th:last-child { padding-right: 0; }
.results thead th { vertical-align: bottom; border-bottom: 2px solid var(--ink); font-size: .9rem; line-height: 1.3; }
.results tbody tr { border-bottom: 1px solid var(--rule); }
.results tbody th { font-weight: 500; }
.results .group { padding-top: 1.1rem; font-weight: 700; }
.results td, .results thead th { white-space: nowrap; }
.results .change { color: var(--muted); }
.change small { display: block; font-size: .85em; }
.results .about { display: block; font-weight: 400; max-width: 22rem; }
.results th .hint { display: block; font-weight: 400; }
.results .sd { display: block; font-weight: 400; font-size: .85em; }
.results .best { font-weight: 700; }
.chip { display: inline-block; width: .7em; height: .7em; margin-right: .35em; border-radius: 50%; background: var(--source); }
.chip.truth { background: none; border: 2px dotted var(--truth); }
.baseline { --source: var(--baseline); } .control { --source: var(--control); }
.consistent { --source: var(--consistent); } .truth { --source: var(--truth); }
.plain { --source: var(--plain); } .filtered { --source: var(--filtered); }
.voted { --source: var(--voted); } .views { --source: var(--views); }

.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin: .6rem 0 .8rem; padding: 0; list-style: none; font-size: .9rem; }
.legend li { display: flex; align-items: center; gap: .45rem; }
.legend svg { width: 2rem; height: .9rem; flex: none; }
.finders .dark, .legend .dark { background: #23292e; border-radius: 2px; width: 1.6rem; height: 1.2rem; }
.time, .curve { break-inside: avoid; }
.time { margin-top: 1.6rem; }
.narrow { display: none; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1.8rem 2rem; }

.finders { margin: 1rem 0; font-size: .9rem; }
.finders th, .finders td { padding: .25rem .8rem .25rem 0; text-align: left; font-weight: 400; }
.finders td, .finders thead th:not(:first-child) { text-align: right; padding: .25rem .6rem; }
.finders thead th { color: var(--muted); font-size: .875rem; border-bottom: 1px solid var(--rule); }
.finders svg { display: inline-block; width: 1.6rem; height: 1.2rem; margin-right: .5rem; vertical-align: middle; }
.findings { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1rem; align-items: start; }
.findings .overview { margin: 0; }

.strip {
  display: grid; grid-auto-flow: column; gap: .6rem;
  grid-template: repeat(var(--rows), auto) / repeat(var(--columns), minmax(0, 1fr));
  margin-top: 1rem;
}
.frame, .overview { break-inside: avoid; }
.frame svg, .overview svg { background: #000; border-radius: 2px; }
.frame image { image-rendering: pixelated; }
.frame figcaption span { display: block; }
.frame figcaption b { color: var(--ink); font-weight: 600; }
.overview { margin: 1.2rem 0 2rem; max-width: 36rem; }
.frame path, .overview path, .overview rect, .dark path { fill: none; stroke-width: 1.6; vector-effect: non-scaling-stroke; }
.overview path { stroke-width: 1; }
.object { stroke: var(--line); }
.frame, .overview, .legend .dark { --line: #e6e6e6; }
.frame.baseline, .overview.baseline, .dark.baseline { --line: #e69f00; }
.frame.control, .overview.control, .dark.control { --line: #2fc79b; }
.frame.consistent, .overview.consistent, .dark.consistent { --line: #56b4e9; }
.frame .appeared, .legend .appeared { stroke: #f0e442; stroke-width: 2.5; fill: #f0e442; fill-opacity: .2; }
.frame .vanished, .legend .vanished { stroke: #ff8fd0; stroke-width: 2; stroke-dasharray: 2 3; fill: #ff8fd0; fill-opacity: .15; }
.frame .truth, .legend .dark .truth { stroke: #fff; stroke-width: 1; stroke-dasharray: 4 3; }
.by-both, .by-consistent, .by-baseline, .by-neither { stroke: var(--line); }
.by-both { --line: #e6e6e6; } .by-consistent { --line: #56b4e9; }
.by-baseline { --line: #e69f00; } .by-neither { --line: #ff8fd0; stroke-dasharray: 5 3; }
.frame .by-neither, .finders .by-neither { stroke-width: 2.5; }
.frame .by-consistent, .frame .by-baseline, .finders .by-consistent, .finders .by-baseline { stroke-width: 2.5; fill: var(--line); fill-opacity: .2; }
.overview .window { stroke: #fff; stroke-width: 2; }

details { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: 1rem; }
summary { cursor: pointer; font-weight: 600; }
.settings { columns: 2 24rem; column-gap: 2rem; margin-top: 1rem; font-size: .85rem; }
.settings table { width: 100%; margin-bottom: 1.2rem; break-inside: avoid; table-layout: fixed; }
.settings caption { text-align: left; font-weight: 700; padding-bottom: .2rem; }
.settings th { text-align: left; font-weight: 400; color: var(--muted); padding-right: 1rem; width: 45%; }
.settings th, .settings td { border-top: 1px solid var(--rule); padding-block: .15rem; vertical-align: top; overflow-wrap: anywhere; }

@media (max-width: 60rem) {
  .results td, .results th { padding-inline: .4rem; }
}
@media screen and (max-width: 44rem) {
  body { padding-top: 1.5rem; }
  .wide { display: none; }
  .narrow { display: block; }
  .strip { grid-auto-flow: row; grid-template: none / repeat(var(--rows), minmax(0, 1fr)); }
  .models div { display: block; padding: .3rem 0; }
  .results tr { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); font-size: .8rem; }
  .results th:first-child { grid-column: 1 / -1; font-size: .925rem; padding-bottom: 0; }
  .results .about { max-width: none; }
  .results th, .results td { padding: .35rem .15rem; }
  .results td:nth-child(2), .results thead th:nth-child(2) { padding-left: 0; }
  .results td, .results thead th { text-align: left; white-space: normal; font-size: .8rem; }
  .results thead th:not(:first-child) { font-size: .62rem; }
  .results .chip { display: block; margin-bottom: .15rem; }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #fff; --panel: #fff; --ink: #000; --muted: #444; --rule: #ccc;
    --baseline: #d55e00; --control: #009e73; --consistent: #0072b2; --truth: #000;
    --plain: #8a8f94; --filtered: #cc79a7; --voted: #e69f00; --views: #56b4e9;
  }
  @page { size: A4; margin: 15mm; }
  body { padding: 0; max-width: none; font-size: 10pt; }
  h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; }
  figcaption, .about, .hint, .by { font-size: 8.5pt; }
  .results td, .results thead th { font-size: 9.5pt; }
  .results th:first-child { min-width: 10rem; }
  .results td, .results th { padding-inline: .3rem; }
  .headlines { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); }
  .curves { grid-template-columns: 1fr 1fr; }
  .headlines div { border: 1px solid var(--rule); border-top: .2rem solid var(--consistent); }
  .frame svg, .overview svg, .chip, .dark { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
`;
