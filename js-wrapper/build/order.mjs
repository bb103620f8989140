/**
 * The order of a module's functions, which is free: brotli says more by reference to what stands close by, so functions
 * that are alike come one after the other.
 *
 * Owns the search for an order and the rewriting of the module. The order is found by chains: from one function on to the
 * one that is most like it and the one before it, among those that are left. Which chain is best, brotli says itself. The
 * same module gets the same order each time.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { optimize } from './optimize.mjs';
import { compressed } from './size.mjs';

/** Bytes of the runs by which functions are compared. */
const RUN = 4;
/** What likeness to the function before the last one counts. */
const SECOND = 0.3;
/** Of so many functions, one begins a chain: each takes a compression of the whole. */
const EVERY = 4;
/** So many chains are tried in full, because calls say the numbers of functions, which an order changes. */
const TRIED = 3;

const CODE_SECTION = 10;

/** The bytes of a module's functions, and what stands before and behind them. */
function functions(bytes) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  for (;;) {
    const section = bytes[at++];
    const end = number() + at;
    if (section == CODE_SECTION) {
      const bodies = [];
      const left = number();
      const head = bytes.subarray(0, at);
      while (bodies.length < left) {
        const start = at;
        const length = number();
        at += length;
        bodies.push(bytes.subarray(start, at));
      }
      return { head, bodies, tail: bytes.subarray(end) };
    }
    at = end;
  }
}

/** How much alike each two of `bodies` are: the runs that both have, of those that either has. */
function likeness(bodies) {
  const runs = bodies.map((body) => {
    const found = new Set();
    for (let at = 0; at + RUN <= body.length; at++) found.add(body.toString('latin1', at, at + RUN));
    return found;
  });
  return runs.map((one) =>
    runs.map((other) => {
      let both = 0;
      for (const run of one) if (other.has(run)) both++;
      return both / (one.size + other.size - both + 1);
    }),
  );
}

/** All functions from `first` on, each the one most like those before it. */
function chain(first, alike) {
  const order = [first];
  const left = new Set(alike.keys());
  left.delete(first);
  while (left.size) {
    const [last, second = last] = order.slice(-2).reverse();
    let next = -1;
    let most = -1;
    for (const one of left) {
      const much = alike[last][one] + SECOND * alike[second][one];
      if (much > most) [next, most] = [one, much];
    }
    order.push(next);
    left.delete(next);
  }
  return order;
}

/** Puts the functions of the module in `file` into the order in which it is smallest in brotli. */
export function order(file) {
  const { head, bodies, tail } = functions(readFileSync(file));
  const alike = likeness(bodies);
  const chains = bodies
    .flatMap((_, at) => (at % EVERY ? [] : [chain(at, alike)]))
    .map((order) => ({ order, size: compressed(Buffer.concat([head, ...order.map((at) => bodies[at]), tail])).brotli }))
    .sort((one, other) => one.size - other.size);

  // As text, where functions are called by name.
  const text = `${file}.wat`;
  optimize(file, text, ['--emit-text', '--strip-producers']);
  const [before, ...parts] = readFileSync(text, 'utf8').split(/^(?= \(func )/m);
  const last = parts.length - 1;
  const [, own, behind] = /^([^]*?^ \)\n)([^]*)$/m.exec(parts[last]);
  parts[last] = own;
  if (parts.length != bodies.length) throw new Error(`${parts.length} functions as text, ${bodies.length} in the module`);
  const written = chains.slice(0, TRIED).map(({ order }) => {
    writeFileSync(text, [before, ...order.map((at) => parts[at]), behind].join(''));
    optimize(text, file, ['--strip-producers']);
    return readFileSync(file);
  });
  rmSync(text);
  const [smallest] = written.sort((one, other) => compressed(one).brotli - compressed(other).brotli);
  writeFileSync(file, smallest);
}
