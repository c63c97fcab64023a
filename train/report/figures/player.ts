/**
 * A player: the frames of a video with the outlines of what was found, one after the other.
 *
 * @module
 */

import { traceContours } from "../../objects/contours.ts";
import type { LabelImage, Plane } from "../../images/image.ts";
import { contourPath } from "../drawing/contour_path.ts";
import { Markup, markup } from "../drawing/markup.ts";
import { type GreyRange, pictureAddress, shrinkPlane } from "../drawing/picture.ts";

/** A frame of a player. */
export interface PlayerFrame {
  /** The number by which a user knows it. */
  readonly number: number;
  /** Its picture, small. */
  readonly picture: string;
  /** Columns and rows of the picture. */
  readonly width: number;
  readonly height: number;
  /** Path data of the outlines by object, in pixels of the picture. */
  readonly outlines: ReadonlyMap<number, string>;
}

/** The widest a picture is, in pixels. */
const WIDEST = 400;
/** Grey levels of a picture: fewer take less space. */
const LEVELS = 40;

/** A frame as a player shows it: small, with few grey levels. */
export function playerFrame(
  { number, image, labels }: { number: number; image: Plane; labels: LabelImage },
  range: GreyRange,
): PlayerFrame {
  const factor = Math.ceil(Math.max(image.width, image.height) / WIDEST);
  const small = shrinkPlane(image, factor);
  const step = (range.high - range.low) / (LEVELS - 1);
  const data = step > 0
    ? small.data.map((value) => range.low + step * Math.round((value - range.low) / step))
    : small.data;
  const outlines = new Map(
    Array.from(
      traceContours(thinned(labels, factor)),
      ([id, loops]) => [id, contourPath(loops)] as const,
    ),
  );
  const { width, height } = small;
  return { number, picture: pictureAddress({ ...small, data }, range), width, height, outlines };
}

/** The labels at the middles of squares of `factor` pixels. */
function thinned({ width, height, data }: LabelImage, factor: number): LabelImage {
  const small = { width: Math.floor(width / factor), height: Math.floor(height / factor) };
  const middle = factor >> 1;
  const ids = new Uint32Array(small.width * small.height);
  for (let y = 0, at = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++, at++) {
      ids[at] = data[(y * factor + middle) * width + x * factor + middle];
    }
  }
  return { ...small, data: ids };
}

/** What the script of {@linkcode drawPlayer} is allowed by, in the page's content security policy. */
export const PLAYER_POLICY = "script-src 'nonce-player'";

/**
 * The player: without scripts, as in a print, its first frame.
 *
 * @param options.areTracked Whether the numbers of objects are those of tracks, so that each has a colour.
 */
export function drawPlayer(
  frames: readonly PlayerFrame[],
  { areTracked }: { areTracked: boolean },
): Markup {
  const [first] = frames;
  if (!first) return markup``;
  const { width, height } = first;
  const drawn = frames.map(({ number, picture, outlines }, i) =>
    markup`<g data-number="${number}" ${i > 0 && new Markup('style="display:none"')}>\
<image width="${width}" height="${height}" href="${picture}"/>\
${
      areTracked
        ? Array.from(outlines, ([id, path]) => markup`<path d="${path}" stroke="${colourOf(id)}"/>`)
        : markup`<path d="${[...outlines.values()].join("")}" stroke="#56b4e9"/>`
    }</g>
`
  );
  return markup`<figure class="player" id="player">
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="The frames of the video with outlines">
${drawn}</svg>
<p><button type="button">Play</button>
<input type="range" min="0" max="${frames.length - 1}" value="0" aria-label="Frame">
<label><input type="checkbox" checked> outlines</label> <output>Frame ${first.number}</output></p>
</figure>
<script nonce="player">${new Markup(SCRIPT)}</script>
`;
}

/** Colours far apart for numbers that are close. */
function colourOf(id: number): string {
  return `hsl(${id * 137.508 % 360 | 0} 90% 62%)`;
}

const SCRIPT = /* js */ `
const player = document.getElementById("player");
const frames = player.querySelectorAll("g"), output = player.querySelector("output");
const [place, outlines] = player.querySelectorAll("input"), button = player.querySelector("button");
let timer = 0, shown = 0;
const show = (i) => {
  frames[shown].style.display = "none";
  shown = i;
  frames[i].style.display = "";
  place.value = i;
  output.value = "Frame " + frames[i].dataset.number;
};
place.oninput = () => show(Number(place.value));
outlines.onchange = () => player.classList.toggle("bare", !outlines.checked);
button.onclick = () => {
  button.textContent = timer ? "Play" : "Pause";
  if (timer) { clearInterval(timer); timer = 0; }
  else timer = setInterval(() => show((shown + 1) % frames.length), 120);
};
`;

/** The style of a player. */
export const PLAYER_STYLE = /* css */ `
.player svg { background: #000; border-radius: 2px; }
.player path { fill: none; stroke-width: 1.2; vector-effect: non-scaling-stroke; }
.player.bare path { display: none; }
.player p { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; margin: .6rem 0; max-width: none; }
.player input[type="range"] { flex: 1 1 12rem; }
.player button { font: inherit; padding: .2rem .9rem; }
@media print { .player p { display: none; } }
`;
