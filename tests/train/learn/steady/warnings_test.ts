import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { MovieFacts } from "../../../../train/images/quality/movie_facts.ts";
import type { Judgement } from "../../../../train/learn/steady/judge.ts";
import {
  describeMovie,
  emptyFrames,
  emptyWarning,
  warningsOn,
} from "../../../../train/learn/steady/warnings.ts";

const MOVIE: MovieFacts = {
  ...{ contrast: 500, contrastToNoise: 40, fading: 1, drift: { x: 3, y: -4 } },
  ...{ jumps: [], blurred: [], clipped: [], isLabelFree: false },
};
const FOUND: Judgement = {
  ...{ objects: 50, persistence: 0.9, agreement: 0.9, score: 40 },
  ...{ areaChange: 0.01, diceInstability: 0.1, diameter: 18 },
};
const SCALE = { median: 20, low: 12, high: 30 };
const NUMBERS = [10, 11, 12, 13, 14];

function warned(movie: Partial<MovieFacts>, found: Partial<Judgement> = {}): string[] {
  const parts = {
    movie: { ...MOVIE, ...movie },
    found: { ...FOUND, ...found },
    numbers: NUMBERS,
    scale: SCALE,
  };
  return warningsOn(parts);
}

Deno.test("warningsOn() says nothing of a good movie", () => {
  assertEquals(warned({}), []);
});

Deno.test("warningsOn() says each fault in a sentence with its frames, as a user numbers them", () => {
  const cases: [string[], string][] = [
    [warned({ blurred: [1] }), "Frame 11: out of focus"],
    [warned({ clipped: [0, 1, 2] }), "Frames 10–12: overexposed"],
    [warned({ jumps: [4] }), "Frame 14: the movie jumps"],
    [warned({ contrastToNoise: 6 }), "underexposed: its contrast is 6.0 times the noise"],
    [warned({ fading: 0.4 }), "bleaches: in the end 40 % of its contrast"],
    [warned({}, { objects: 0.5 }), "Hardly any object is found"],
    [warned({}, { diameter: 60 }), "Objects are 60 pixels in diameter, and the model learned from"],
    [warned({}, { diameter: 7 }), "try --rescale 2.9 with another --out"],
    [warned({}, { persistence: 0.3 }), "Objects move far between frames: 30 %"],
  ];
  for (const [warnings, words] of cases) {
    assertEquals(warnings.length, 1, words);
    assertStringIncludes(warnings[0], words);
    assertMatch(warnings[0], /^[A-Z].*; .*[^.]$/s, "a sentence with a remedy");
  }
});

Deno.test("warningsOn() doubts no movement where the model is not sure of what it sees", () => {
  assertEquals(warned({}, { persistence: 0.3, agreement: 0.4 }), []);
});

Deno.test("warningsOn() says of a label-free movie that it is one, and nothing else", () => {
  const warnings = warned({ isLabelFree: true, jumps: [1, 2], fading: 0.1 }, { objects: 0 });
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0], "looks label-free (phase contrast, DIC or bright field)");
});

Deno.test("describeMovie() tells size, noise, and drift of more than an object", () => {
  const [text] = describeMovie({ movie: MOVIE, found: FOUND, numbers: NUMBERS, scale: SCALE });
  assertEquals(
    text,
    "Objects of 18 pixels in diameter, 50 in a frame; a contrast of 40 times the noise, steady",
  );
  const movie = { ...MOVIE, drift: { x: -30, y: 4 }, fading: 0.7 };
  const [drifting] = describeMovie({ movie, found: FOUND, numbers: NUMBERS, scale: SCALE });
  assertStringIncludes(drifting, "fading to 70 %, drifting by 30 pixels along x and 4 along y");
});

Deno.test("emptyFrames() finds frames where objects are lost, not those of a movie with few", () => {
  assertEquals(emptyFrames([20, 22, 3, 21, 0, 23]), [2, 4]);
  assertEquals(emptyFrames([1, 0, 2, 1, 0]), []);
  assertEquals(emptyFrames([0, 0, 0, 12, 14, 15]), [], "cells come in");
  assertStringIncludes(emptyWarning([20, 22, 3, 21, 20], NUMBERS)[0], "in frame 12, but many");
  assertEquals(emptyWarning([20, 22, 23, 21, 20], NUMBERS), []);
});
