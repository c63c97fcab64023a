/**
 * Synthetic fluorescence microscopy of cell nuclei: labelled stills, and a video with truth.
 *
 * @module
 */

export { type Still, syntheticStills } from "./synthetic/stills.ts";
export {
  type SyntheticVideo,
  syntheticVideo,
  type Track,
  type VideoOptions,
} from "./synthetic/video.ts";
