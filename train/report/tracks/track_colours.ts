/**
 * The colours of tracks on dark pictures: a track keeps its own over all frames.
 *
 * @module
 */

/**
 * Colours by Okabe and Ito (2008), which colour-blind people can tell apart, without black, and with a
 * lighter blue, as they lie on dark ground.
 */
export const TRACK_COLOURS: readonly string[] = [
  "#e69f00",
  "#56b4e9",
  "#2fc79b",
  "#f0e442",
  "#7fa4ff",
  "#ff7a2f",
  "#cc79a7",
  "#e6e6e6",
];

/** The colour of a track. */
export function trackColour(track: number): string {
  return TRACK_COLOURS[(track - 1) % TRACK_COLOURS.length];
}
