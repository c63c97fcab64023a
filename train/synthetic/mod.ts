/**
 * Made-up microscopy: fluorescent cell nuclei as labelled stills and as a video with truth, and
 * holotomography of cells as z-stacks by refractive index, with focus, masks and dots.
 *
 * @module
 */

export type { LabelImage, Plane } from "../images/image.ts";
export { type SyntheticStill, syntheticStills } from "./stills.ts";
export {
  type SyntheticVideo,
  syntheticVideo,
  type SyntheticVideoOptions,
  type Track,
} from "./video.ts";
export {
  syntheticHolotomographyMovie,
  syntheticHolotomographyStills,
  type SyntheticStack,
  type SyntheticStackOptions,
} from "./holotomography/holotomography.ts";
