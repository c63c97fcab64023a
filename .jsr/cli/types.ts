/** Names given as one string or several; `undefined` when the option is left out. */
export type Names = string | undefined;
/** Names by which an option is also known. */
export type Aliases = Record<string, string | readonly string[]>;

type Flags<B extends Names, S extends Names, C extends Names, N extends Names> =
  & { [K in Exclude<S, C | "_" | undefined>]?: K extends N ? string | false : string }
  & { [K in Extract<S, C & string>]: string[] }
  & { [K in Exclude<B, C | undefined>]: boolean }
  & { [K in Extract<B, C & string>]: boolean[] }
  & { [K in Exclude<C, S | B | undefined>]: unknown[] };

type WithDefaults<T, D> = D extends Record<string, unknown> ?
    & Omit<T, keyof D>
    & { [K in keyof D]: K extends keyof T ? D[K] | NonNullable<T[K]> : unknown }
  : T;

type AliasesOf<K, A> = K extends keyof A
  ? A[K] extends string ? A[K] : A[K] extends readonly string[] ? A[K][number] : never
  : never;

type WithAliases<T, A> = { [K in keyof T as K | AliasesOf<K, A>]: T[K] };

/** What `parseArgs` returns: the named options, everything else as `unknown`, and the rest in `_`. */
export type Args<
  B extends Names,
  S extends Names,
  C extends Names,
  N extends Names,
  D,
  A,
  R extends boolean | undefined,
> =
  & Record<string, unknown>
  & WithAliases<WithDefaults<Flags<B, S, C, N>, D>, A>
  & { _: (string | number)[] }
  & (R extends true ? { "--": string[] } : Record<never, never>);

/** The options of `parseArgs`. */
export interface ParseOptions<
  B extends Names = Names,
  S extends Names = Names,
  C extends Names = Names,
  N extends Names = Names,
  D extends Record<string, unknown> | undefined = Record<string, unknown> | undefined,
  A extends Aliases | undefined = Aliases | undefined,
  R extends boolean | undefined = boolean | undefined,
> {
  /** Put what follows `--` into the result's `"--"` (else it is added to `_`). */
  "--"?: R;
  /** Other names of an option; all of them get its value. */
  alias?: A;
  /** Options without a value, `false` unless given. */
  boolean?: B | readonly Extract<B, string>[];
  /** Options that may be given several times: an array of all values, `[]` unless given. */
  collect?: C | readonly Extract<C, string>[];
  /** Values of options that are not given. */
  default?: D;
  /** Options that `--no-NAME` sets to `false`. */
  negatable?: N | readonly Extract<N, string>[];
  /** Options whose value stays text; `"_"` keeps the numbers among the rest as text. */
  string?: S | readonly Extract<S, string>[];
  /** Called for each unnamed option and each word of the rest; `false` drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}
