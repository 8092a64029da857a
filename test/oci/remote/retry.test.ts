import type { ServerResponse } from 'node:http';
import {
  createRegistryClient,
  type Descriptor,
  digestOf,
  encodeManifest,
  RegistryError,
  type RegistryErrorCode,
  type RetryOptions,
  type Store,
} from '@signet/oci';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { toSettings } from '../../../packages/oci/src/remote/options.ts';
import { delayAfter, parseRetryAfter } from '../../../packages/oci/src/remote/retry.ts';
import { type HostileRegistry, type SeenRequest, startHostileRegistry } from '../../support/hostile-registry.ts';
import { codeOf } from '../code-of.ts';

const blob = Buffer.from('a blob');
const target: Descriptor = { mediaType: 'application/octet-stream', digest: digestOf(blob), size: blob.length };
const image = encodeManifest({ kind: 'manifest', artifactType: 'application/x.test' });
const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

interface World {
  readonly registry: HostileRegistry;
  readonly store: Store;
  readonly methods: () => readonly string[];
}

/** `answers` are given one after the other, the last one from then on. */
async function world(
  answers: readonly ((response: ServerResponse, request: SeenRequest) => void)[],
  retries: Partial<RetryOptions> = {},
): Promise<World> {
  let count = 0;
  const registry = await startHostileRegistry((request, response) => {
    const answer = answers[Math.min(count, answers.length - 1)];
    count += 1;
    answer?.(response, request);
  });
  const client = createRegistryClient({ retries: { baseMs: 1, maxMs: 2, ...retries } });
  left.push(() => client.close(), registry.stop);
  const store = client.repository({ registry: registry.host, repository: 'a/b' });
  return { registry, store, methods: () => registry.seen.map(({ method }) => method) };
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(code, headers).end();
const broken = (response: ServerResponse): void => void response.destroy();
const withBlob = (response: ServerResponse): void => void response.end(blob);

describe('an answer', () => {
  it.each([429, 500, 502, 503, 504])('of %i is asked for again', async (code) => {
    const { store, methods } = await world([status(code), status(code), withBlob]);
    expect(await codeOf(store.fetch(target))).toBe('resolved');
    expect(methods()).toHaveLength(3);
  });

  it.each([
    [400, 'REFUSED'],
    [404, 'NOT_FOUND'],
    [403, 'FORBIDDEN'],
    [405, 'UNSUPPORTED'],
    [412, 'CONFLICT'],
    [501, 'SERVER_ERROR'],
    [206, 'UNEXPECTED_ANSWER'],
    [418, 'REFUSED'],
  ] as const)('of %i is final: %s', async (code, expected: RegistryErrorCode) => {
    const { store, methods } = await world([status(code)]);
    expect(await codeOf(store.fetch(target))).toBe(expected);
    expect(methods()).toHaveLength(1);
  });

  it.each([
    [429, 'THROTTLED'],
    [503, 'SERVER_ERROR'],
  ] as const)('of %i again and again is told after the last try', async (code, expected) => {
    const { store, methods } = await world([status(code)], { maxAttempts: 4 });
    expect(await codeOf(store.fetch(target))).toBe(expected);
    expect(methods()).toHaveLength(4);
  });

  it('is waited for as long as Retry-After says, and no longer than is allowed', async () => {
    const { store } = await world([status(503, { 'retry-after': '1' }), withBlob]);
    const began = performance.now();
    await store.fetch(target);
    expect(performance.now() - began).toBeGreaterThan(990);
    const long = await world([status(503, { 'retry-after': '31' }), withBlob]);
    expect(await codeOf(long.store.fetch(target))).toBe('SERVER_ERROR');
    expect(long.methods()).toHaveLength(1);
  });
});

describe('a broken connection', () => {
  it('is tried again for what may be done twice', async () => {
    const reading = await world([broken, broken, withBlob]);
    expect(await codeOf(reading.store.fetch(target))).toBe('resolved');
    const writing = await world([broken, status(201)]);
    expect(await codeOf(writing.store.push(image.bytes, image.descriptor))).toBe('resolved');
    expect(writing.methods()).toEqual(['PUT', 'PUT']);
  });

  it('is not tried again for a POST that may have taken effect; a 429 says that it has not', async () => {
    const mount = await world([broken]);
    expect(await codeOf(mount.store.mount(target, 'other'))).toBe('UNREACHABLE');
    expect(mount.methods()).toEqual(['POST']);
    const refused = await world([status(503)]);
    expect(await codeOf(refused.store.mount(target, 'other'))).toBe('SERVER_ERROR');
    expect(refused.methods()).toEqual(['POST']);
    const busy = await world([status(429), status(201)]);
    expect(await busy.store.mount(target, 'other')).toBe(true);
    expect(busy.methods()).toEqual(['POST', 'POST']);
  });

  it('after a deletion took effect: the 404 of the second try is a success, of the first try not', async () => {
    const put = encodeManifest({ kind: 'index', manifests: [] });
    const withIndex = (response: ServerResponse): void =>
      void response.writeHead(200, { 'content-type': put.descriptor.mediaType }).end(put.bytes);
    const twice = await world([withIndex, broken, status(404)]);
    expect(await codeOf(twice.store.delete(put.descriptor))).toBe('resolved');
    expect(twice.methods()).toEqual(['GET', 'DELETE', 'DELETE']);
    const once = await world([withIndex, status(404)]);
    expect(await codeOf(once.store.delete(put.descriptor))).toBe('NOT_FOUND');
  });

  it('after a conditional write took effect: the refusal of the second try is a success when the tag names ours', async () => {
    const condition = { expected: null };
    const withImage = (response: ServerResponse): void =>
      void response.writeHead(200, { 'content-type': image.descriptor.mediaType }).end(image.bytes);
    const other = encodeManifest({ kind: 'index', manifests: [] });
    const withOther = (response: ServerResponse): void =>
      void response.writeHead(200, { 'content-type': other.descriptor.mediaType }).end(other.bytes);
    const ours = await world([status(404), broken, status(412), withImage]);
    expect(await codeOf(ours.store.tag(image, 'v1', { condition }))).toBe('resolved');
    expect(ours.registry.seen[1]?.headers['if-none-match']).toBe('*');
    const theirs = await world([status(404), broken, status(412), withOther]);
    expect(await codeOf(theirs.store.tag(image, 'v1', { condition }))).toBe('CONFLICT');
    const first = await world([status(404), status(412), withImage]);
    expect(await codeOf(first.store.tag(image, 'v1', { condition }))).toBe('CONFLICT');
    expect(first.methods()).toEqual(['HEAD', 'PUT']);
  });

  it('is not tried again for a write that is sent once, nor is any answer', async () => {
    const passing = JSON.stringify({ errors: [{ code: 'DIGEST_INVALID' }] });
    const invalid = (response: ServerResponse): void => void response.writeHead(400).end(passing);
    for (const [answer, code] of [
      [broken, 'UNREACHABLE'],
      [status(500), 'SERVER_ERROR'],
      [status(429), 'THROTTLED'],
      [invalid, 'REFUSED'],
    ] as const) {
      const { store, methods } = await world([answer, status(201)]);
      expect(await codeOf(store.tag(image, 'v1', { once: true }))).toBe(code);
      expect(methods()).toEqual(['PUT']);
    }
  });

  it('to a port where nobody listens is tried again, whatever the request', async () => {
    const events: number[] = [];
    const client = createRegistryClient({
      retries: { maxAttempts: 3, baseMs: 1, maxMs: 2 },
      onRequest: ({ attempt }) => void events.push(attempt),
    });
    left.push(() => client.close());
    const store = client.repository({ registry: '127.0.0.1:1', repository: 'a/b' });
    expect(await codeOf(store.mount(target, 'other'))).toBe('UNREACHABLE');
    expect(events).toEqual([1, 2, 3]);
  });
});

describe('waits', () => {
  const settings = (random: number) =>
    toSettings({ random: () => random, now: () => 0, retries: { maxAttempts: 100, baseMs: 100, maxMs: 3000 } });

  it('double with each try up to their bound, at least half of it, whatever the jitter', () => {
    const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fraction, (count, random) => {
        const delay = delayAfter({ status: 503 }, count, { idempotent: true }, settings(random)) ?? -1;
        const ceiling = Math.min(3000, 100 * 2 ** (count - 1));
        expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
        expect(delay).toBeLessThanOrEqual(ceiling);
      }),
    );
  });

  it('never go below Retry-After', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 20 }), (seconds, count) => {
        const outcome = { status: 429, retryAfter: String(seconds) };
        expect(delayAfter(outcome, count, { idempotent: false }, settings(0.5))).toBeGreaterThanOrEqual(seconds * 1000);
      }),
    );
  });

  it('are not made for a stream, for errors that say no, nor beyond the last try', () => {
    const rule = { idempotent: true };
    expect(delayAfter({ status: 503 }, 1, { ...rule, once: true }, settings(0))).toBeUndefined();
    expect(delayAfter({ status: 503 }, 100, rule, settings(0))).toBeUndefined();
    const error = new RegistryError('DIGEST_MISMATCH', 'no');
    expect(delayAfter({ error }, 1, rule, settings(0))).toBeUndefined();
    expect(delayAfter({ status: 404 }, 1, rule, settings(0))).toBeUndefined();
    expect(delayAfter({ status: 404 }, 2, { ...rule, retryNotFound: 2 }, settings(0))).toBeDefined();
    expect(delayAfter({ status: 404 }, 3, { ...rule, retryNotFound: 2 }, settings(0))).toBeUndefined();
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');

  it.each([
    ['0', 0],
    [' 120 ', 120_000],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    ['99999999999', undefined],
    [undefined, undefined],
  ] as const)('%j is %s ms', (text, ms) => {
    expect(parseRetryAfter(text, now)).toBe(ms);
  });

  it('of any text is no negative number and no error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ms = parseRetryAfter(text, now);
        expect(ms === undefined || ms >= 0).toBe(true);
      }),
    );
  });
});
