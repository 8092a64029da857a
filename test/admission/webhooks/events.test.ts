import { type Digest, digestOf } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdmissionError } from '../../../packages/admission/src/index.ts';
import { acrEvents } from '../../../packages/admission/src/webhooks/acr.ts';
import { distributionEvents } from '../../../packages/admission/src/webhooks/distribution.ts';
import { harborEvents } from '../../../packages/admission/src/webhooks/harbor.ts';
import { acrEvent, distributionEvent, harborCloudEvent, harborEvent } from './notifications.ts';

const digest: Digest = digestOf(Buffer.from('image'));
const registry = 'r.example';

describe('acrEvents', () => {
  it('reads a push, a quarantined push and a deletion', () => {
    expect(acrEvents(acrEvent({ tag: '1.4', digest }))).toEqual([
      { action: 'push', registry, repository: 'app', tag: '1.4', digest },
    ]);
    const { mediaType: _, ...quarantined } = acrEvent({ tag: '1.4', digest }).target;
    expect(acrEvents({ ...acrEvent(), action: 'quarantine', target: quarantined })).toMatchObject([{ action: 'push' }]);
    expect(acrEvents({ ...acrEvent({ digest }), action: 'delete' })).toEqual([
      { action: 'delete', registry, repository: 'app', digest },
    ]);
  });

  it('passes over what is no image or index: layers, charts of old, a ping', () => {
    expect(acrEvents(acrEvent({ mediaType: 'application/octet-stream' }))).toEqual([]);
    expect(acrEvents({ ...acrEvent(), action: 'chart_push' })).toEqual([]);
    expect(acrEvents({ id: '1', timestamp: '2026-11-01T00:00:00Z', action: 'ping' })).toEqual([]);
  });

  it('passes over an event that does not say where', () => {
    expect(acrEvents({ ...acrEvent(), request: {} })).toEqual([]);
    expect(acrEvents({ ...acrEvent(), target: { digest } })).toEqual([]);
  });
});

describe('distributionEvents', () => {
  it('reads pushes and deletions, by the host that clients use', () => {
    const [push] = distributionEvents(distributionEvent({ tag: '1.4', digest }));
    expect(push).toEqual({ action: 'push', registry: 'r.example:5000', repository: 'app', tag: '1.4', digest });
    const bare = distributionEvents(distributionEvent({ url: '' }));
    expect(bare).toMatchObject([{ registry: 'internal:5000' }]);
    expect(distributionEvents(distributionEvent({ mediaType: '', tag: 'old' }, 'delete'))).toMatchObject([
      { action: 'delete', tag: 'old' },
    ]);
  });

  it('passes over pulls, layers, mounts and what it cannot read, and keeps the rest of a delivery', () => {
    const { events: good } = distributionEvent({ tag: '1' });
    const { events: layer } = distributionEvent({ mediaType: 'application/octet-stream' });
    const { events: pull } = distributionEvent({ tag: '1' }, 'pull');
    const { events: mount } = distributionEvent({ tag: '1' }, 'mount');
    const all = { events: [...layer, ...pull, ...mount, null, 7, { action: 'push' }, ...good] };
    expect(distributionEvents(all)).toMatchObject([{ tag: '1' }]);
  });
});

describe('harborEvents', () => {
  it('reads both of its forms', () => {
    const event = { action: 'push', registry: 'harbor.example', repository: 'team/app', tag: '1.4', digest };
    expect(harborEvents(harborEvent({ tag: '1.4', digest }))).toEqual([event]);
    expect(harborEvents(harborCloudEvent({ tag: '1.4', digest }))).toEqual([event]);
    expect(harborEvents({ ...harborEvent({ digest }), type: 'DELETE_ARTIFACT' })).toMatchObject([{ action: 'delete' }]);
  });

  it('reads the digest that stands in the place of a tag where there is none', () => {
    expect(harborEvents(harborEvent({ tag: digest, digest }))).toEqual([
      { action: 'push', registry: 'harbor.example', repository: 'team/app', digest },
    ]);
  });

  it('passes over scans, pulls and resources without an address', () => {
    expect(harborEvents({ ...harborEvent(), type: 'SCANNING_COMPLETED' })).toEqual([]);
    expect(harborEvents({ ...harborEvent(), type: 'PULL_ARTIFACT' })).toEqual([]);
    const { event_data: data } = harborEvent();
    expect(harborEvents({ ...harborEvent(), event_data: { ...data, resources: [{}, null] } })).toEqual([]);
  });
});

describe('any body', () => {
  it.each([
    ['acr', acrEvents, acrEvent({ tag: '1', digest })],
    ['distribution', distributionEvents, distributionEvent({ tag: '1', digest })],
    ['harbor', harborEvents, harborEvent({ tag: '1', digest })],
  ])('%s: gives events or REQUEST_INVALID, nothing else', (_name, parse, good) => {
    const events = (body: unknown): void => {
      try {
        for (const { tag = 'x', digest: given = digest } of parse(body)) {
          expect(tag).toMatch(/^[\w.-]{1,128}$/);
          expect(given).toMatch(/^sha(256|512):[0-9a-f]+$/);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(AdmissionError);
        expect(error).toMatchObject({ code: 'REQUEST_INVALID' });
      }
    };
    fc.assert(fc.property(fc.jsonValue(), events));
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...placesOf(good)), (value, at) => events(withAt(good, at, value))),
    );
    for (const body of [null, [], 'text', 7, {}]) expect(() => parse(body)).toThrow(AdmissionError);
  });
});

/** The ways to all values within a value. */
function placesOf(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, member]) => placesOf(member).map((way) => [key, ...way]))];
}

function withAt(value: unknown, [step, ...rest]: readonly string[], replacement: unknown): unknown {
  if (step === undefined) return replacement;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[step] = withAt(copy[step], rest, replacement);
  return copy;
}
