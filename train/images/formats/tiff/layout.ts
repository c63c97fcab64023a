/**
 * Where the planes of a TIFF stack are: which page of which file holds time t, slice z, channel c.
 *
 * @module
 */

/** Where one plane is. */
export interface PlanePlace {
  /** The name of the file beside this one that holds it; null for this one. */
  readonly file: string | null;
  /** The page, from 0. */
  readonly page: number;
}

/** Sizes of a stack, and where its planes are. */
export interface StackLayout {
  /** Number of frames in time. */
  readonly t: number;
  /** Number of slices in depth. */
  readonly z: number;
  /** Number of channels. */
  readonly c: number;
  /** Place of frame t, slice z, channel c at `(t * layout.z + z) * layout.c + c`. */
  readonly places: readonly PlanePlace[];
  /** Names of the channels, as far as they have any. */
  readonly channelNames?: readonly string[];
  /** The axis, else of one place, along which the samples of a pixel lie; left out where they are colours. */
  readonly sampleAxis?: StackAxis;
  /** What a user should know about how the pages are read. */
  readonly notes: readonly string[];
}

/** What is known of the pages that a description is about. */
export interface DescribedFile {
  /** The file's path. */
  readonly path: string;
  /** Its number of pages. */
  readonly pages: number;
  /** Samples of a pixel. */
  readonly samples: number;
  /** Names of its pages, where its program gives them any. */
  readonly labels?: readonly string[];
}

/** An axis of a stack. */
export type StackAxis = "T" | "Z" | "C";

/** Pages as frames in time, for want of a description. */
export function pagesAsFrames(pages: number, notes: readonly string[] = []): StackLayout {
  const places = Array.from({ length: pages }, (_, page) => ({ file: null, page }));
  return { t: pages, z: 1, c: 1, places, notes };
}

/**
 * Pages that follow each other, the first axis fastest.
 *
 * @param order The three axes, or fewer where the others have one place.
 */
export function pagesInOrder(
  sizes: Readonly<Record<StackAxis, number>>,
  { order, notes = [] }: { order: readonly StackAxis[]; notes?: readonly string[] },
): StackLayout {
  const { T: t, Z: z, C: c } = sizes;
  const steps: Record<StackAxis, number> = { T: 0, Z: 0, C: 0 };
  let step = 1;
  for (const axis of order) {
    steps[axis] = step;
    step *= sizes[axis];
  }
  const places = Array.from({ length: t * z * c }, (_, i) => ({
    file: null,
    page: Math.floor(i / (z * c)) * steps.T + Math.floor(i / c) % z * steps.Z + i % c * steps.C,
  }));
  return { t, z, c, places, notes };
}
