/**
 * A worker that is busy for so many turns of a loop.
 *
 * @module
 */

const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<number>) => void;
  postMessage(message: number): void;
};

port.onmessage = ({ data: turns }) => {
  let sum = 0;
  for (let i = 0; i < turns; i++) sum += Math.sqrt(i);
  port.postMessage(sum);
};
