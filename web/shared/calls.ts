/// <reference lib="dom" />
/**
 * Calls from the page to a worker: each has a name, something to work on, events on the way, and a result
 * or an error in the end. What may be handed over without a copy is named.
 *
 * @module
 */

/** What a call does, on the worker's side: events on the way, then a result. */
export type Work = AsyncGenerator<unknown, unknown> | Promise<unknown> | unknown;

/** What a worker can do, by name. */
export type Handlers = Readonly<Record<string, (input: never, stop: AbortSignal) => Work>>;

/** What a call takes. */
type InputOf<F> = F extends (input: infer I, ...rest: never[]) => unknown ? I : never;
/** What a call gives in the end. */
type ResultOf<F> = F extends (...given: never[]) => infer R
  ? R extends AsyncGenerator<unknown, infer T> ? T : Awaited<R>
  : never;
/** What a call tells on the way. */
type EventOf<F> = F extends (...given: never[]) => infer R
  ? R extends AsyncGenerator<infer E, unknown> ? E : never
  : never;

interface Request {
  readonly id: number;
  /** Left out where the call is to stop. */
  readonly name?: string;
  readonly input?: unknown;
}

/** An error on its way between threads. */
interface Failure {
  readonly name: string;
  readonly message: string;
}

type Answer =
  & { readonly id: number }
  & (
    | { readonly event: unknown }
    | { readonly result: unknown }
    | { readonly error: Failure }
  );

/** Where messages go and come from: a worker, seen from either side. */
export interface Port {
  /** Sends. */
  postMessage(message: unknown, transfer: Transferable[]): void;
  /** Receives. */
  onmessage: ((event: MessageEvent) => void) | null;
}

const handedOver = new WeakMap<object, Transferable[]>();

/** Marks what is handed over with a value: it is gone here afterwards. */
export function handingOver<T extends object>(value: T, transfer: Transferable[]): T {
  handedOver.set(value, transfer);
  return value;
}

function transferOf(value: unknown): Transferable[] {
  return typeof value === "object" && value !== null ? handedOver.get(value) ?? [] : [];
}

/** Answers the calls that come from a page. */
export function answerCalls(port: Port, handlers: Handlers): void {
  const running = new Map<number, AbortController>();
  const send = (answer: Answer, value: unknown) => port.postMessage(answer, transferOf(value));
  const run = async ({ id, name, input }: Request): Promise<void> => {
    const control = new AbortController();
    running.set(id, control);
    try {
      const work = handlers[name!](input as never, control.signal);
      const result = isGenerator(work)
        ? await tellAll(work, (event) => send({ id, event }, event))
        : await work;
      send({ id, result }, result);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      send({ id, error: { name, message } }, null);
    } finally {
      running.delete(id);
    }
  };
  port.onmessage = ({ data }: MessageEvent<Request>) => {
    if (data.name === undefined) running.get(data.id)?.abort();
    else void run(data);
  };
}

function isGenerator(work: Work): work is AsyncGenerator<unknown, unknown> {
  return typeof work === "object" && work !== null && Symbol.asyncIterator in work;
}

async function tellAll(
  work: AsyncGenerator<unknown, unknown>,
  tell: (event: unknown) => void,
): Promise<unknown> {
  for (;;) {
    const step = await work.next();
    if (step.done) return step.value;
    tell(step.value);
  }
}

/** How a call is made. */
export interface CallOptions<E> {
  /** Told of events. */
  readonly onEvent?: (event: E) => void;
  /** Says when to stop. */
  readonly stop?: AbortSignal;
}

interface Waiting {
  readonly onEvent: (event: never) => void;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A worker seen from the page.
 *
 * @typeParam H What it can do.
 */
export class Caller<H extends Handlers> {
  readonly #port: Port;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /** Listens to a worker. */
  constructor(port: Port) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.id);
      if (!waiting) return;
      if ("event" in data) return waiting.onEvent(data.event as never);
      this.#waiting.delete(data.id);
      if ("result" in data) waiting.resolve(data.result as never);
      else waiting.reject(Object.assign(new Error(data.error.message), { name: data.error.name }));
    };
  }

  /**
   * Calls.
   *
   * @throws {Error} What the work throws; an error named `WorkerLost` if the worker ends before.
   */
  call<N extends keyof H & string>(
    name: N,
    input: InputOf<H[N]>,
    { onEvent = () => {}, stop }: CallOptions<EventOf<H[N]>> = {},
  ): Promise<ResultOf<H[N]>> {
    const id = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<ResultOf<H[N]>>();
    this.#waiting.set(id, { onEvent, resolve, reject } as unknown as Waiting);
    this.#port.postMessage({ id, name, input }, transferOf(input));
    stop?.addEventListener("abort", () => this.#port.postMessage({ id }, []));
    return promise;
  }

  /** Ends all calls, because the worker has ended. */
  lose(message: string): void {
    const error = Object.assign(new Error(message), { name: "WorkerLost" });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
