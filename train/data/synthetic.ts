/**
 * Synthetic fluorescence microscopy of cell nuclei: labelled stills, and a video with truth.
 *
 * @module
 */

export { type SyntheticStill, syntheticStills } from "./synthetic/stills.ts";
export {
  type SyntheticVideo,
  syntheticVideo,
  type SyntheticVideoOptions,
  type Track,
} from "./synthetic/video.ts";
