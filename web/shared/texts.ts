/**
 * All that the page says, in one place.
 *
 * @module
 */

import { wordFor } from "../../train/counted.ts";

/** `1 frame`, `2,000 frames`. */
function counted(count: number, one: string, many?: string): string {
  return `${count.toLocaleString("en")} ${wordFor(count, one, many)}`;
}

/** A time as people say it: `40 s`, `3 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return "less than a second";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `${Math.round(minutes)} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** Bytes as people say them. */
export function byteSize(bytes: number): string {
  if (bytes < 2 ** 20) return `${Math.ceil(bytes / 1024)} KiB`;
  return bytes < 2 ** 30
    ? `${Math.round(bytes / 2 ** 20)} MiB`
    : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** A mean with four digits, and more only where that many stand before the point. */
export function fourDigits(mean: number): string {
  if (Math.abs(mean) < 1) return mean.toPrecision(4);
  const whole = String(Math.trunc(Math.abs(mean))).length;
  return mean.toFixed(Math.max(0, 4 - whole));
}

/** The texts. */
export const texts = {
  title: "Kymo",
  subtitle: "Find, follow and measure the cells of a microscopy movie",
  how:
    "Kymo outlines the cells of each frame, can learn from your movie so that outlines no longer " +
    "flicker, follows each cell over time, and saves labels and tables.",
  privacy: "Your images never leave this computer: this page has no connection.",

  // Beginning.
  dropTitle: "Drop a movie here",
  dropHint: "A TIFF stack, or a folder or selection of PNG or TIFF frames",
  chooseFiles: "Choose files",
  chooseFolder: "Choose a folder",
  tryExample: "Try the example",
  otherMovie: "Open another movie",
  opening: "Opening the movie",
  lookingAtFiles: (done: number, total: number) =>
    `Looking at the files: ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`,
  restoring: "Looking for what was found in it before",
  openingStopped: "Stopped; the movie was not opened",
  handingOver: (done: number, total: number) =>
    `Taking files: ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`,
  noImages:
    "There is no PNG or TIFF file in what was dropped; drop a TIFF stack or a folder of frames",
  movieFacts: (frames: number, width: number, height: number) =>
    `${counted(frames, "frame")} of ${width} × ${height} pixels`,
  exampleName: "example",

  // The machine.
  machineLooking: "Looking for a GPU",
  machineFound: (adapter: string) => `GPU: ${adapter}`,
  machineSoftware: (adapter: string) => `${adapter}: no GPU`,
  softwareTitle: "This browser computes on the processor",
  softwareText:
    "It works, and slowly. Look whether graphics acceleration is switched on in the browser's " +
    "settings, or run the same on the command line, in the folder of Kymo, which may find the GPU:",
  noGpuTitle: "This browser has no WebGPU",
  noGpuText: "The movie can be looked at, but not segmented here. Take a newer Chrome, Edge, " +
    "Firefox or Safari, or run the same on the command line, in the folder of Kymo:",
  command: (name: string) => `sh setup.sh steady ${name}`,
  because: (message: string) => `What the browser says: ${message}`,
  dismiss: "Close this message",

  // Viewer.
  viewer:
    "The movie. Arrow keys: frame before and after; space: play; plus, minus: zoom; 0: all of it",
  frame: "Frame",
  frameOf: (frame: number, frames: number) => `${frame} of ${frames}`,
  play: "Play",
  pause: "Pause",
  previous: "Frame before",
  next: "Next frame",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  zoomFit: "Show all of it",
  black: "Black",
  white: "White",
  brightness: "Brightness",
  auto: "Auto",
  channel: "Channel",
  objectsDrawn: "Objects",
  outlines: "Outlines",
  filled: "Filled",
  hidden: "Hidden",
  opacity: "Opacity",
  wipe: "From the results before to those after adapting",
  before: "Before",
  after: "After",
  objectsInFrame: (count: number | null) =>
    count === null ? "not segmented" : counted(count, "object"),

  // Work.
  work: "Work",
  segmentTitle: "Find the objects",
  segmentText: "With the built-in model, of fluorescent nuclei, or your own.",
  segment: "Segment",
  segmentAgain: "Segment again",
  cancel: "Cancel",
  stopping: "Stopping",
  jobs: {
    open: "Opening a movie",
    segment: "Segmenting",
    steady: "Making it steady",
    teach: "Learning from stills",
    link: "Linking tracks",
  },
  busy: (job: string) => `${job} goes on: wait for its end, or cancel it first.`,
  model: "Model",
  builtin: "Built-in: fluorescent nuclei",
  loadModel: "Load a model",
  needs: (bytes: string) => `Results will take about ${bytes} of memory.`,
  needsGpu: (bytes: string) => `Segmenting will take about ${bytes} of GPU memory.`,
  segmenting: (done: number, total: number) => `Segmented ${done} of ${counted(total, "frame")}`,
  reading: (done: number, total: number) => `Reading the range of intensities: ${done} of ${total}`,
  exposing: "Choosing the exposure",
  timeLeft: (seconds: number) => `about ${duration(seconds)} left`,
  segmented: (objects: number, frames: number, seconds: number) =>
    `${counted(objects, "object")} in ${counted(frames, "frame")}, in ${duration(seconds)}`,
  exposureNote: (gain: number) => `The movie is seen at exposure ${gain.toFixed(2)}.`,
  cancelled: (done: number) => `Stopped; ${counted(done, "frame")} kept`,
  failed: (message: string) => message,
  lost: "The GPU was lost. What was found so far is kept; press the button again to go on.",
  outOfMemory: (message: string) =>
    `${message}. What was found so far is kept; press the button again to go on with less memory, in ` +
    "smaller pieces, and close other pages and programs if that does not help.",

  // Make it steady.
  steadyTitle: "Make it steady",
  steadyText:
    "The model learns from this movie what it is sure of over time and in turned views, with " +
    "labelled stills in between. No labels are needed. It is taken only if it helps.",
  steady: "Make it steady",
  steadyFirst: "Segment the movie first: then there is something to compare with.",
  rounds: "Rounds",
  looking: (done: number, total: number | null) =>
    total === null ? "Looking at the movie" : `Looking at the movie: ${done} of ${total}`,
  readingStills: "Reading the built-in stills",
  teaching: (done: number, total: number | null) =>
    total === null ? "Preparing to learn" : `Labelling for the student: frame ${done} of ${total}`,
  comparing: "Comparing the models, without labels",
  learning: (done: number, total: number) => `Learning: step ${done} of ${total}`,
  learningNeeds: (bytes: string) => `Learning takes ${bytes} of GPU memory.`,
  learningCurve: "Losses on stills and on the movie by step of learning",
  step: "Step",
  lossStills: "Loss on stills",
  lossMovie: "Loss on the movie",
  adaptedModel: (movie: string) => `adapted to ${movie}`,
  isAdapted: "The adapted model was taken. The movie is segmented with it now.",
  isCompared:
    "The adapted model was taken. Drag the line in the movie to compare before and after.",
  isUnadapted: "The model was taken as it was.",
  reasons: "What was seen, and why",
  stopped: "Stopped. What was learned so far is kept; press the button again to go on.",

  // Tracks and measurements.
  tabs: "Parts of the work",
  tracksTab: "Tracks",
  tracking: (done: number, total: number) => `Linking objects: frame ${done} of ${total}`,
  noTracks: "Objects are linked to tracks and measured once frames are segmented.",
  trackSummary: (tracks: number, divisions: number, putBack: number) =>
    `${counted(tracks, "track")}, ${counted(divisions, "division")}` +
    (putBack > 0 ? `; ${counted(putBack, "object")} put back that single frames miss` : ""),
  follow: "Click an object to follow it.",
  following: (track: number) => `Following track ${track}`,
  followNone: "Follow none",
  meanOfAll: "mean of all objects",
  trackNamed: (track: number) => `track ${track}`,
  plotOf: (what: string, of: string) => `${what} by frame, ${of}`,
  area: "Area",
  areaUnit: "Area in pixels",
  intensity: "Intensity",
  intensityUnit: "Mean intensity",
  tableOfTracks: "Tracks, with mean area and intensity",
  columns: {
    track: "Track",
    first: "First",
    last: "Last",
    area: "Area",
    intensity: "Intensity",
  },
  sortBy: (column: string) => `Sort by ${column}`,
  fromMother: (parent: number) => `from ${parent}`,
  moreRows: (shown: number, all: number) => `Show more (${shown} of ${all})`,

  // Corrections.
  correctTab: "Correct",
  correctTitle: "Correct by hand",
  nothingToCorrect: "There is nothing to correct yet: segment the movie first.",
  correctText: "Choose a tool, then click or draw in the movie. Tracks are linked anew afterwards.",
  tools: "Tools",
  toolNames: {
    look: "Look",
    delete: "Delete",
    merge: "Merge",
    split: "Split",
    paint: "Paint",
    erase: "Erase",
  },
  toolHints: {
    look: "Click an object to follow it; drag to move the picture.",
    delete: "Click an object to take it out.",
    merge: "Click one object, then another: they become one.",
    split: "Draw a line across an object to part it.",
    paint: "Draw: the stroke is added to the object that is followed, or makes a new one.",
    erase: "Draw over what does not belong to an object.",
  },
  mergeWith: (object: number) => `Object ${object}: click the one to merge with it`,
  penWidth: "Width of the pen",
  undo: "Undo",
  linkAgain: "Link tracks again",
  corrected: "Corrected. Press “Link tracks again” when you are done.",
  useAsStill: "Use this frame as a still",
  usedAsStill: (count: number) => `${counted(count, "corrected frame")} to learn from`,

  // Learning from stills.
  teachTitle: "Learn from labelled stills",
  teachText:
    "Drop a folder with images/ and masks/ (same names, one number per object), or use frames " +
    "that you corrected.",
  teach: "Learn",
  stillsGiven: (folders: number, frames: number) =>
    `${counted(folders, "folder")} of stills, ${counted(frames, "corrected frame")}`,
  noStills: "There are no stills yet.",
  withBuiltin: "Also learn from the built-in stills, so that nothing is forgotten",
  batches: "Batches",
  taughtModel: "The model has learned and is chosen now. Segment again to see what it finds.",
  stillsDropped: (path: string) => `${path}: labelled stills, ready to learn from`,

  // What was kept.
  keptTitle: (name: string, frames: number) =>
    `Results of ${name} (${
      counted(frames, "frame")
    }) are kept from your last visit: open it again to go on.`,
  forget: "Forget them",
  restored: "What was found before is here again.",
  notKept: (message: string) => `The browser cannot keep the results for a next visit: ${message}`,

  // Files.
  saveTab: "Save",
  saveTitle: "Take the results with you",
  saveText: "Files as the command line writes them; they go to your downloads, and nowhere else.",
  nothingToSave: "There is nothing to save yet: segment the movie first.",
  downloads: {
    labels: "Label images (TIFF)",
    tracks: "Table of tracks (CSV)",
    objects: "Table of objects (CSV)",
    rois: "ImageJ regions (ZIP)",
    geojson: "Outlines (GeoJSON)",
  },
  saveModel: "The model (safetensors)",
  saving: (name: string) => `Making ${name}`,
  saved: (name: string, size: string) => `${name}, ${size}`,

  theme: "Light or dark",
} as const;
