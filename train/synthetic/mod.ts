/**
 * Synthetic fluorescence microscopy of cell nuclei: labelled stills, and a video with truth.
 *
 * @module
 */

export { type SyntheticStill, syntheticStills } from "./stills.ts";
export {
  type SyntheticVideo,
  syntheticVideo,
  type SyntheticVideoOptions,
  type Track,
} from "./video.ts";
