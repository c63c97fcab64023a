/**
 * The rules of the house: who may import whom here, what a file may hold in `text_rules.ts`.
 *
 * @module
 */
import { readImports, resolveImport } from "./fixtures/imports.ts";
import { type Arrow, INNER_ROOMS, wrongArrowsInside } from "./rooms.ts";
import { wrongArrowsOfTests } from "./test_rooms.ts";
import {
  BESIDE,
  crowdedFolders,
  isHouse,
  longFiles,
  machinePaths,
  moreThanReexports,
  ownPlurals,
  printing,
  roomOf,
  ROOMS,
  type Sources,
  systemCalls,
  unnamedExports,
} from "./text_rules.ts";

export type { Sources } from "./text_rules.ts";

/** What must not know what, besides all that stands above it. */
const STRANGERS: readonly { files: RegExp; never: RegExp; because: string }[] = [
  {
    files: /^train\/(?:(?:images|synthetic|objects)\/|(?:counted|settings)\.ts$)/,
    never: /^(?:kernels|nn)\//,
    because: "pixels and objects know neither the GPU nor a network",
  },
  {
    files: /^web\//,
    never: /^(?:cli\.ts$|mod\.ts$|train\/(?:mod\.ts$|jobs\/|console\/))/,
    because: "a page has no disk and no command line",
  },
  {
    files: /^train\/console\//,
    never: /^(?:kernels|nn|train\/(?:images|synthetic|learn|jobs\/outputs))\//,
    because: "the console has its work done by jobs",
  },
];

/** All complaints about the sources; none when the house is in order. */
export function complaints(sources: Sources): string[] {
  return [
    wrongArrows(sources),
    wrongArrowsInRooms(sources),
    wrongArrowsOfTests(arrowsOf(sources), ROOMS),
    missingFiles(sources),
    circles(sources),
    strangers(sources),
    packagesBelow(sources),
    operationsWithoutTest(sources),
    longFiles(sources),
    crowdedFolders(sources),
    machinePaths(sources),
    systemCalls(sources),
    printing(sources),
    ownPlurals(sources),
    moreThanReexports(sources),
    unnamedExports(sources),
  ].flat();
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
 * beside the house, bench/ and web/, may name its rooms too, and itself.
 */
function wrongArrows(sources: Sources): string[] {
  const found: string[] = [];
  for (const { from, to, line } of arrowsOf(sources)) {
    const room = roomOf(from);
    const isBeside = BESIDE.includes(room);
    if (!isHouse(from) && !isBeside) continue;
    if (isBeside && (roomOf(to) === room || !to.endsWith(".ts"))) continue;
    const highest = ROOMS.indexOf(isHouse(from) && from !== "mod.ts" ? room : "train");
    const rank = ROOMS.indexOf(roomOf(to));
    if (rank < 0 || rank > highest) found.push(`${from}:${line} imports ${to}: a wrong arrow`);
  }
  return found;
}

/** What is imported is there; in tests/ imports are also talked about. */
function missingFiles(sources: Sources): string[] {
  const isRoom = (path: string) => [...BESIDE, ...ROOMS].includes(roomOf(path));
  return arrowsOf(sources)
    .filter(({ from, to }) => isRoom(from) && isRoom(to) && !sources.has(to))
    .map(({ from, to, line }) => `${from}:${line} imports ${to}: there is no such file`);
}

/** Inside some rooms, too, imports run one way: gpu <- parts <- choice <- ops and so on. */
function wrongArrowsInRooms(sources: Sources): string[] {
  const imports = { files: [...sources.keys()], arrows: arrowsOf(sources) };
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

/** Some rooms have nothing to do with others, although these stand no higher. */
function strangers(sources: Sources): string[] {
  return arrowsOf(sources).flatMap(({ from, to, line }) =>
    STRANGERS.filter(({ files, never }) => files.test(from) && never.test(to))
      .map(({ because }) => `${from}:${line} imports ${to}: ${because}`)
  );
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
  const list = "kernels/ops/all.ts";
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
