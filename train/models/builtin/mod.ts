/**
 * What is built in: a model that finds fluorescent nuclei, and a few labelled stills that hold it on its
 * way while it adapts to a video. Both are files beside this module, so that a program finds them wherever
 * the module came from: on a disk, in a package, behind a page.
 *
 * @module
 */

import { unzipSync } from "fflate";
import { heldSource, type Source } from "../../images/source.ts";
import { decodeModel, type ModelFile } from "../model_file.ts";
import type { ModelKind } from "../model_kind.ts";

/**
 * What stands for the built-in model where a run folder is asked for, and for its stills.
 *
 * @category Models
 */
export const BUILTIN = "builtin";

/** The built-in model in one sentence. */
export const BUILTIN_SENTENCE =
  "the built-in model, a StarDist for fluorescent nuclei trained on stills of the 2018 Data Science Bowl";

/**
 * Where what is built in is found.
 *
 * @category Models
 */
export interface BuiltinOptions {
  /** The address of the file, or what it holds; the file beside this module unless told. */
  readonly from?: URL | Uint8Array<ArrayBuffer>;
}

// Where a script has no address, as in a worker made of a page's text, it must not be asked for.
const weightsFile = () => new URL("./nuclei.safetensors", import.meta.url);
const stillsFile = () => new URL("./stills.zip", import.meta.url);

/**
 * The bytes of the built-in model: a weights file like that of any run.
 *
 * @throws {Error} If it cannot be loaded.
 * @category Models
 */
export async function builtinWeights(
  { from = weightsFile() }: BuiltinOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return await load(from, "the built-in model");
}

/**
 * The built-in model: a StarDist for fluorescent nuclei. What it was trained on, how, and what it is worth
 * stands in `card.md` beside its weights.
 *
 * @param options.models The kinds of models that there are; all of Kymo's unless told.
 * @throws {Error} If it cannot be loaded.
 *
 * @example
 * ```ts ignore
 * using device = await openDevice();
 * const { network, kind, decode } = buildModel(device, await builtinModel());
 * ```
 *
 * @category Models
 */
export async function builtinModel(
  { models, ...options }: BuiltinOptions & { models?: readonly ModelKind[] } = {},
): Promise<ModelFile> {
  return decodeModel(await builtinWeights(options), { file: BUILTIN, models });
}

/**
 * The built-in stills: `builtin/images/` and `builtin/masks/`, in memory.
 *
 * @throws {Error} If they cannot be loaded.
 *
 * @example
 * ```ts ignore
 * const { train } = await listStills(await builtinStills(), BUILTIN);
 * ```
 *
 * @category Models
 */
export async function builtinStills({ from = stillsFile() }: BuiltinOptions = {}): Promise<Source> {
  const files = unzipSync(await load(from, "the built-in stills"));
  return heldSource(
    new Map(Object.entries(files).map(([name, bytes]) => [`${BUILTIN}/${name}`, bytes])),
  );
}

/** The bytes at an address, also that of a file. */
async function load(
  from: URL | Uint8Array<ArrayBuffer>,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (from instanceof Uint8Array) return from;
  try {
    const response = await fetch(from);
    if (!response.ok) throw new Error(`the server says ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot load ${what} from ${from}: ${reason}; look whether this copy of Kymo is whole, or give a ` +
        "model and stills of your own",
      { cause: error },
    );
  }
}
