/**
 * Synthetic holotomography: z-stacks of cells by refractive index, with focus, masks and dots.
 *
 * @module
 */

export {
  syntheticHolotomographyMovie,
  syntheticHolotomographyStills,
  type SyntheticStack,
  type SyntheticStackOptions,
} from "./holotomography.ts";
