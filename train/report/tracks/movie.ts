/**
 * A player of a tracked video as one self-contained page: pictures with the outlines of tracks, to be played,
 * stepped and scrubbed by keyboard. Written frame by frame, so that a long video need not be in memory.
 *
 * @module
 */

import type { LabelImage, Plane } from "../../images/image.ts";
import { traceContours } from "../../objects/contours.ts";
import { contourPath } from "../drawing/contour_path.ts";
import { markup } from "../drawing/markup.ts";
import { pageHead } from "../drawing/page.ts";
import { type GreyRange, pictureAddress, shrinkPlane } from "../drawing/picture.ts";
import { TRACK_COLOURS } from "./track_colours.ts";

/** Pixels across in a picture; outlines are as sharp as they come. */
const LARGEST_PICTURE = 1024;

/** A frame of a movie. */
export interface MovieFrame {
  /** What it is called. */
  readonly name: string;
  /** Labels whose numbers are tracks. */
  readonly labels: LabelImage;
  /** The picture beneath; if left out, objects are filled on black. */
  readonly image?: Plane;
  /** Tracks that were put back in it, whose outlines are dashed. */
  readonly putBack?: ReadonlySet<number>;
}

const STYLE = /* css */ `
:root { color-scheme: dark; }
body { margin: 0; background: #14181c; color: #e8ebee; font: 1rem/1.4 system-ui, sans-serif; }
main { display: grid; grid-template-rows: auto 1fr auto; height: 100vh; }
header, footer { padding: .5rem 1rem; }
header { color: #a3adb7; }
h1 { font-size: 1rem; margin: 0; display: inline; color: #e8ebee; }
#stage { min-height: 0; display: grid; place-items: center; background: #000; }
#stage svg { width: 100%; height: 100%; }
#stage image { image-rendering: pixelated; }
#stage path { fill-opacity: .45; fill-rule: evenodd; stroke-width: 1.6; vector-effect: non-scaling-stroke; }
#stage path.back { stroke-dasharray: 4 3; }
#stage text { font: 600 11px system-ui, sans-serif; paint-order: stroke; stroke: #000; stroke-width: 3px; }
.off { display: none; }
footer { display: flex; gap: .8rem; align-items: center; }
input { flex: 1; }
button { font: inherit; min-width: 5rem; }
kbd { border: 1px solid #5b646d; border-radius: 3px; padding: 0 .3em; }
`;

/** The player. It reads one frame's text at a time out of the page. */
const SCRIPT = /* js */ `
const frames = document.querySelectorAll("script.frame");
const $ = (id) => document.getElementById(id);
const svg = $("picture"), slider = $("slider"), button = $("play"), caption = $("caption");
const NS = "http://www.w3.org/2000/svg";
const make = (name, attributes) => {
  const element = document.createElementNS(NS, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  return element;
};
let at = 0, timer = 0, rate = 8, outlines = true, numbers = false;
slider.max = frames.length - 1;
function show(i) {
  at = Math.max(0, Math.min(frames.length - 1, i));
  const { name, picture, paths } = JSON.parse(frames[at].textContent);
  const parts = [];
  if (picture) parts.push(make("image", { width: "100%", height: "100%", preserveAspectRatio: "none", href: picture }));
  for (const [track, d, back, x, y] of outlines ? paths : []) {
    const stroke = COLOURS[(track - 1) % COLOURS.length];
    const fill = picture ? "none" : stroke;
    parts.push(make("path", { d, stroke, fill, class: back ? "back" : "" }));
    if (!numbers) continue;
    const text = make("text", { x, y, fill: stroke });
    text.textContent = track;
    parts.push(text);
  }
  svg.replaceChildren(...parts);
  slider.value = at;
  caption.textContent = name + ", frame " + (at + 1) + " of " + frames.length + ", " + paths.length + " objects, " + rate + " frames a second";
}
function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => show((at + 1) % frames.length), 1000 / rate) : 0;
  button.textContent = on ? "Pause" : "Play";
}
const KEYS = {
  " ": () => play(!timer), k: () => play(!timer),
  ArrowRight: () => { play(false); show(at + 1); }, ArrowLeft: () => { play(false); show(at - 1); },
  PageDown: () => { play(false); show(at + 10); }, PageUp: () => { play(false); show(at - 10); },
  Home: () => show(0), End: () => show(frames.length - 1),
  "+": () => { rate = Math.min(60, rate * 2); show(at); if (timer) play(true); },
  "-": () => { rate = Math.max(1, rate / 2); show(at); if (timer) play(true); },
  o: () => { outlines = !outlines; show(at); }, n: () => { numbers = !numbers; show(at); },
};
addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});
slider.addEventListener("input", () => { play(false); show(Number(slider.value)); });
button.addEventListener("click", () => play(!timer));
show(0);
`;

/**
 * The text before the first frame.
 *
 * @param options The title, and the size of frames in pixels.
 */
export function movieHead(
  { title, width, height }: { title: string; width: number; height: number },
): string {
  return markup`${pageHead({ title, style: STYLE, policy: "script-src 'unsafe-inline'" })}<main>
<header><h1>${title}</h1> · <span id="caption"></span> · <kbd>space</kbd> play, <kbd>←</kbd> \
<kbd>→</kbd> step, <kbd>+</kbd> <kbd>-</kbd> speed, <kbd>o</kbd> outlines, <kbd>n</kbd> numbers</header>
<div id="stage"><svg id="picture" viewBox="0 0 ${width} ${height}" role="img" \
aria-labelledby="caption"></svg></div>
<footer><button id="play">Play</button><input id="slider" type="range" min="0" value="0" \
aria-label="Frame"></footer>
</main>
`.toString();
}

/**
 * The text of a frame.
 *
 * @param range Which intensities are black and white.
 */
export function movieFrame({ name, labels, image, putBack }: MovieFrame, range: GreyRange): string {
  const paths = [...traceContours(labels)].map(([track, loops]) => {
    const [x, y] = loops[0][0];
    return [track, contourPath(loops), putBack?.has(track) ? 1 : 0, x, y];
  });
  const factor = image ? Math.ceil(Math.max(image.width, image.height) / LARGEST_PICTURE) : 1;
  const picture = image && pictureAddress(shrinkPlane(image, factor), range);
  // Nothing in a name may end the script that holds it.
  const text = JSON.stringify({ name, picture, paths }).replaceAll("<", "\\u003c");
  return `<script class="frame" type="application/json">${text}</script>\n`;
}

/** The text behind the last frame. */
export function movieEnd(): string {
  return `<script>const COLOURS = ${
    JSON.stringify(TRACK_COLOURS)
  };${SCRIPT}</script>\n</body>\n</html>\n`;
}
