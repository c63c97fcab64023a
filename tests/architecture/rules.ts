/**
 * The rules of the house, each a function from the project's sources to complaints.
 *
 * @module
 */
import { readImports, resolveImport } from "./fixtures/imports.ts";
import { type Arrow, INNER_ROOMS, wrongArrowsInside } from "./rooms.ts";
import { wrongArrowsOfTests } from "./test_rooms.ts";

/** The text of every source by its path from the top of the project. */
export type Sources = ReadonlyMap<string, string>;

/** The rooms from the bottom up: a file may import from its own room and from those before it. */
const ROOMS = ["kernels", "nn", "train", "cli.ts"];
/** No file is longer. */
const MOST_LINES = 600;
/** No file of these rooms is longer than this. */
const SHORT_ROOMS = ["kernels", "bench"];
const MOST_LINES_SHORT = 400;
/** Rooms whose faces name what they export, one by one. */
const NAMING_ROOMS = ["kernels"];

/** All complaints about the sources; none when the house is in order. */
export function complaints(sources: Sources): string[] {
  return [
    wrongArrows(sources),
    wrongArrowsInRooms(sources),
    wrongArrowsOfTests(arrowsOf(sources), ROOMS),
    missingFiles(sources),
    circles(sources),
    packagesBelow(sources),
    operationsWithoutTest(sources),
    longFiles(sources),
    machinePaths(sources),
    printing(sources),
    moreThanReexports(sources),
    unnamedExports(sources),
  ].flat();
}

function roomOf(path: string): string {
  return path.split("/")[0];
}

function isHouse(path: string): boolean {
  return ROOMS.includes(roomOf(path)) || path === "mod.ts";
}

/** All files, each with the files that it imports. */
function edges(sources: Sources): Map<string, { to: string; line: number }[]> {
  const result = new Map();
  for (const [file, source] of sources) {
    const targets = readImports(source).flatMap(({ specifier, line }) => {
      const to = resolveImport(file, specifier);
      return to === undefined ? [] : [{ to, line }];
    });
    result.set(file, targets);
  }
  return result;
}

function arrowsOf(sources: Sources): Arrow[] {
  return [...edges(sources)].flatMap(([from, targets]) =>
    targets.map((target) => ({ from, ...target }))
  );
}

/**
 * kernels <- nn <- train <- cli.ts; mod.ts may name the rooms, and nobody names mod.ts. What stands
 * beside the house, bench/, may name its rooms too, and itself.
 */
function wrongArrows(sources: Sources): string[] {
  const found: string[] = [];
  for (const { from, to, line } of arrowsOf(sources)) {
    const room = roomOf(from);
    if (!isHouse(from) && room !== "bench") continue;
    if (room === "bench" && (roomOf(to) === room || !to.endsWith(".ts"))) continue;
    const highest = ROOMS.indexOf(isHouse(from) && from !== "mod.ts" ? room : "train");
    const rank = ROOMS.indexOf(roomOf(to));
    if (rank < 0 || rank > highest) found.push(`${from}:${line} imports ${to}: a wrong arrow`);
  }
  return found;
}

/** What is imported is there; in tests/ imports are also talked about. */
function missingFiles(sources: Sources): string[] {
  const isRoom = (path: string) => ["bench", ...ROOMS].includes(roomOf(path));
  return arrowsOf(sources)
    .filter(({ from, to }) => isRoom(from) && isRoom(to) && !sources.has(to))
    .map(({ from, to, line }) => `${from}:${line} imports ${to}: there is no such file`);
}

/** Inside some rooms, too, imports run one way: gpu <- parts <- choice <- ops and so on. */
function wrongArrowsInRooms(sources: Sources): string[] {
  const imports = { files: sources.keys(), arrows: arrowsOf(sources) };
  return INNER_ROOMS.flatMap((rooms) => wrongArrowsInside(rooms, imports));
}

/** No file may reach itself over its imports, also not those of types alone. */
function circles(sources: Sources): string[] {
  const graph = edges(sources);
  const found: string[] = [];
  const done = new Set<string>();
  function walk(file: string, trail: string[]): void {
    const seen = trail.indexOf(file);
    if (seen >= 0) {
      found.push(`${[...trail.slice(seen), file].join(" -> ")}: an import circle`);
      return;
    }
    if (done.has(file)) return;
    for (const { to } of graph.get(file) ?? []) walk(to, [...trail, file]);
    done.add(file);
  }
  for (const file of graph.keys()) walk(file, []);
  return found;
}

/** kernels/ and nn/ stand on nothing but the platform. */
function packagesBelow(sources: Sources): string[] {
  return [...sources].filter(([file]) => ["kernels", "nn"].includes(roomOf(file)))
    .flatMap(([file, source]) =>
      readImports(source)
        .filter(({ specifier }) => resolveImport(file, specifier) === undefined)
        .map(({ specifier, line }) => `${file}:${line} imports ${specifier}: a package`)
    );
}

/** An operation is in the list of operations and has a test of its own name. */
function operationsWithoutTest(sources: Sources): string[] {
  const list = "kernels/operations.ts";
  const listed = new Set((edges(sources).get(list) ?? []).map(({ to }) => to));
  const found: string[] = [];
  for (const [file, source] of sources) {
    const name = file.match(/^kernels\/ops\/(\w+)(?:\.ts|\/mod\.ts)$/)?.[1];
    const isOperation = listed.has(file) || /^export const \w+: Operation</m.test(source);
    if (name === undefined || !isOperation) continue;
    if (!listed.has(file)) found.push(`${file} is an operation that ${list} does not list`);
    const test = `tests/kernels/ops/${name}_test.ts`;
    if (!sources.has(test)) found.push(`${file} is an operation without a test: ${test}`);
  }
  return found;
}

function longFiles(sources: Sources): string[] {
  return [...sources]
    .map(([file, source]) => ({
      file,
      lines: source.trimEnd().split("\n").length,
      most: SHORT_ROOMS.includes(roomOf(file)) ? MOST_LINES_SHORT : MOST_LINES,
    }))
    .filter(({ lines, most }) => lines > most)
    .map(({ file, lines, most }) => `${file} has ${lines} lines, more than ${most}`);
}

/** A folder of somebody's machine: the project must work on every other one. */
const MACHINE_PATH =
  /(?:^|[^\w.$}\/-])(?:\/(?:home|Users|root|mnt|opt|srv|tmp|var|work|workspace)\/[\w.]|[A-Z]:\\\w)/;

function machinePaths(sources: Sources): string[] {
  return everyLine(sources, (file, text) => isHouse(file) && MACHINE_PATH.test(text))
    .map((place) => `${place} names a path of one machine`);
}

/** Only the console prints. */
function printing(sources: Sources): string[] {
  const prints = (file: string, text: string) =>
    isHouse(file) && !file.startsWith("train/console/") &&
    /^(?!\s*(?:\*|\/\/)).*\bconsole\.\w+\(/.test(text);
  return everyLine(sources, prints).map((place) => `${place} prints: that is for train/console/`);
}

function everyLine(sources: Sources, test: (file: string, text: string) => boolean): string[] {
  return [...sources].flatMap(([file, source]) =>
    source.split("\n").flatMap((text, at) => test(file, text) ? [`${file}:${at + 1}`] : [])
  );
}

/** mod.ts is a list of what the rooms offer. */
function moreThanReexports(sources: Sources): string[] {
  const rest = (sources.get("mod.ts") ?? "")
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    .replace(
      /export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*["'][^"']+["'];?/g,
      "",
    );
  return rest.trim() === "" ? [] : ["mod.ts does more than re-export"];
}

/** A face says what a room offers; `export *` would offer whatever its files happen to export. */
function unnamedExports(sources: Sources): string[] {
  const isFace = (file: string) => NAMING_ROOMS.includes(roomOf(file)) && /\/mod\.ts$/.test(file);
  return everyLine(sources, (file, text) => isFace(file) && /^export \*/.test(text))
    .map((place) => `${place} exports all of a file: a face names what it exports`);
}
