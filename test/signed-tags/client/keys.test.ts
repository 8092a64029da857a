import type { Entry } from '@signet/signed-tags';
import type { Requirement } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import {
  anyOf,
  at,
  collection,
  entry,
  type How,
  image,
  keyIdOf,
  newClient,
  newStore,
  publish,
  source,
  told,
} from './client-world.ts';

const images = ['old', 'new'];
const [old, now] = [await entry('v1', 'old', at(0)), await entry('v1', 'new', at(5))];
const asked: How = { now: at(12) };
const two: Requirement = { kind: 'atLeast', count: 2, of: [source('alice'), source('bob')] };

async function clientOf(...entries: Parameters<typeof publish>[1][]) {
  const client = newClient(await newStore(...images));
  for (const each of entries) await publish(client.store, each);
  return client;
}

/** Somebody who has seen that `v1` is `new`, in a catalogue of `publisher`. */
async function warmClient() {
  const client = await clientOf({ issued: at(6), tags: { v1: { entries: [now, old] } } });
  expect(told(await client.ask(':v1', asked), ...images)).toBe('new');
  return client;
}

describe("who has the catalogue's key", () => {
  it('can show an older statement to who has seen nothing, and not to who has seen the newer', async () => {
    const client = await warmClient();
    await publish(client.store, { issued: at(8), tags: { v1: { entries: [old] } } });
    expect(told(await client.ask(':v1', asked), ...images)).toBe('new');
    const cold = await newClient(client.store).ask(':v1', asked);
    expect(told(cold, ...images)).toBe('old');
    expect(cold.facts.cold).toBe(true);
  });

  it.each<[string, string, () => Entry | Promise<Entry>]>([
    ['date an old statement anew', 'NOT_TRUSTED', () => ({ ...old, atMs: at(7) })],
    ['bring in a digest without a statement', 'NOT_TRUSTED', () => ({ ...old, atMs: at(7), statements: [] })],
    [
      'use the statement of another tag',
      'TAG_MISMATCH',
      () => entry('v1', 'old', at(7), { at: at(7), reference: `${collection}:v2` }),
    ],
    [
      'use the statement of another collection',
      'TAG_MISMATCH',
      () => entry('v1', 'old', at(7), { at: at(7), reference: 'registry.example/shop/web:v1' }),
    ],
    [
      'use the statement of another digest',
      'NOT_TRUSTED',
      () => entry('v1', 'old', at(7), { at: at(7), digest: image('new').digest }),
    ],
    ['use the statement of anybody', 'NOT_TRUSTED', () => entry('v1', 'old', at(7), { at: at(7), by: 'mallory' })],
    ['stand for the signers himself', 'NOT_TRUSTED', () => entry('v1', 'old', at(7), { at: at(7), by: 'publisher' })],
  ])('cannot %s', async (_, code, forge) => {
    const forged = await forge();
    const published = { issued: at(8), tags: { v1: { entries: [forged, now] } } };
    if (forged.statements.length === 0) {
      // Not even a catalogue, so that who has seen the newer goes on with that.
      expect(told(await (await clientOf(published)).ask(':v1', asked))).toBe('denied CATALOGUE_MALFORMED');
      return;
    }
    const client = await warmClient();
    await publish(client.store, published);
    expect(told(await client.ask(':v1', asked))).toBe(`denied ${code}`);
    expect(told(await newClient(client.store).ask(':v1', asked))).toBe(`denied ${code}`);
  });

  it('can deny all, until his key is replaced: then what he alone removed and revoked is forgotten without a reset', async () => {
    const client = await warmClient();
    const successor: How = { ...asked, catalogue: { signedBy: source('successor') } };
    const revoked = new Map([[image('new').digest, { atMs: at(8), reason: '' }]]);
    await publish(client.store, { issued: at(9), revoked, tags: { v1: { removedMs: at(8), entries: [] } } });
    expect(told(await client.ask(':v1', asked))).toBe('denied TAG_NOT_SIGNED');
    expect(told(await client.ask(`@${image('new').digest}`, asked))).toBe('denied DIGEST_REVOKED');
    await publish(client.store, { issued: at(10), by: ['successor'], tags: { v1: { entries: [now, old] } } });
    expect(told(await client.ask(':v1', asked))).toBe('denied TAG_NOT_SIGNED');
    expect(told(await client.ask(':v1', successor), ...images)).toBe('new');
    expect(told(await client.ask(`@${image('new').digest}`, successor), ...images)).toBe('new');
  });

  it('leaves behind no removal that was only gone by while another published', async () => {
    const client = await warmClient();
    const both: How = { ...asked, catalogue: { signedBy: anyOf('publisher', 'successor') } };
    await publish(client.store, { issued: at(8), tags: { v1: { removedMs: at(7), entries: [] } } });
    expect(told(await client.ask(':v1', both))).toBe('denied TAG_NOT_SIGNED');
    await publish(client.store, { issued: at(9), by: ['successor'], tags: { v1: { entries: [now, old] } } });
    const answer = await client.ask(':v1', both);
    expect(told(answer)).toBe('denied TAG_NOT_SIGNED');
    expect(answer.facts).toMatchObject({ staleSource: true, atMs: at(7) });
    const successor: How = { ...asked, catalogue: { signedBy: source('successor') } };
    expect(told(await client.ask(':v1', successor), ...images)).toBe('new');
  });

  it('leaves behind what others vouched for, too', async () => {
    const client = await warmClient();
    const both = { signedBy: anyOf('publisher', 'successor') };
    const revoked = new Map([[image('new').digest, { atMs: at(8), reason: '' }]]);
    for (const [issued, by] of [
      [at(8), 'publisher'],
      [at(9), 'successor'],
    ] as const) {
      await publish(client.store, { issued, by: [by], revoked, tags: {} });
      await client.ask(':v1', { ...asked, catalogue: both });
    }
    await publish(client.store, { issued: at(10), by: ['successor'], tags: { v1: { entries: [now, old] } } });
    const only: How = { ...asked, catalogue: { signedBy: source('successor') } };
    expect(told(await client.ask(':v1', only))).toBe('denied DIGEST_REVOKED');
  });

  it('leaves behind what cannot be less: an entry is proven by its own signers', async () => {
    const client = await warmClient();
    const successor: How = { ...asked, catalogue: { signedBy: source('successor') } };
    await publish(client.store, { issued: at(7), by: ['successor'], tags: { v1: { entries: [old] } } });
    // Nobody who may publish has vouched for the newer: it denies, and is no answer.
    expect(told(await client.ask(':v1', successor))).toBe('denied ROLLBACK');
    const anew = await entry('v1', 'old', at(8));
    await publish(client.store, { issued: at(9), by: ['successor'], tags: { v1: { entries: [anew] } } });
    expect(told(await client.ask(':v1', successor), ...images)).toBe('old');
  });
});

describe('one of two keys that have to sign', () => {
  it('makes no old digest new, and adding a statement makes nothing older', async () => {
    const how = { ...asked, require: two };
    const [byAlice, byBob] = [
      { by: 'alice', at: at(5) },
      { by: 'bob', at: at(6) },
    ] as const;
    const signed = await entry('v1', 'new', at(5), byAlice, byBob);
    const client = await clientOf({ issued: at(7), tags: { v1: { entries: [signed] } } });
    expect(told(await client.ask(':v1', how), ...images)).toBe('new');
    const fresh = await entry('v1', 'old', at(9), { by: 'alice', at: at(9) }, { by: 'bob', at: at(1) });
    await publish(client.store, { issued: at(9), tags: { v1: { entries: [fresh, signed] } } });
    expect(told(await client.ask(':v1', how))).toMatch(/^denied /);
    expect(told(await newClient(client.store).ask(':v1', how))).toMatch(/^denied /);
    const added = await entry('v1', 'new', at(5), byAlice, byBob, { by: 'bob', at: at(1) });
    await publish(client.store, { issued: at(10), tags: { v1: { entries: [added] } } });
    const answer = await client.ask(':v1', how);
    expect(told(answer, ...images)).toBe('new');
    expect(answer.facts.atMs).toBe(at(5));
  });

  it('does not suffice once the rule asks for both; it does when the other has signed, too', async () => {
    const client = await warmClient();
    expect(told(await client.ask(':v1', { ...asked, require: two }))).toMatch(/^denied /);
    const signed = await entry('v1', 'new', at(5), { by: 'alice', at: at(5) }, { by: 'bob', at: at(8) });
    await publish(client.store, { issued: at(9), tags: { v1: { entries: [signed, old] } } });
    expect(told(await client.ask(':v1', { ...asked, require: two }), ...images)).toBe('new');
  });
});

describe('a signer who leaves the policy', () => {
  it('takes his item with him, and no earlier one takes its place', async () => {
    const byBob = await entry('v1', 'new', at(5), { by: 'bob', at: at(5) });
    const client = await clientOf({ issued: at(6), tags: { v1: { entries: [byBob, old] } } });
    expect(told(await client.ask(':v1', { ...asked, require: anyOf('alice', 'bob') }), ...images)).toBe('new');
    const without: How = { ...asked, require: source('alice') };
    expect(told(await client.ask(':v1', without))).toBe('denied NOT_TRUSTED');
    expect(told(await newClient(client.store).ask(':v1', without))).toBe('denied NOT_TRUSTED');
    const refused: How = { ...asked, require: anyOf('alice', 'bob'), refuse: { keyIds: new Set([keyIdOf('bob')]) } };
    expect(told(await client.ask(':v1', refused))).toMatch(/^denied /);
    // What was remembered of him is judged by the policy of the day as well.
    await publish(client.store, { issued: at(7), tags: { v1: { entries: [old] } } });
    expect(told(await client.ask(':v1', without))).toBe('denied NOT_TRUSTED');
    const anew = await entry('v1', 'old', at(8));
    await publish(client.store, { issued: at(9), tags: { v1: { entries: [anew, byBob] } } });
    expect(told(await client.ask(':v1', without), ...images)).toBe('old');
  });
});

describe('another publisher', () => {
  it('takes over without a gap where both may sign for a while', async () => {
    const client = await warmClient();
    const both: How = { ...asked, catalogue: { signedBy: anyOf('publisher', 'successor') } };
    expect(told(await client.ask(':v1', both), ...images)).toBe('new');
    await publish(client.store, { issued: at(8), by: ['successor'], tags: { v1: { entries: [now, old] } } });
    expect(told(await client.ask(':v1', both), ...images)).toBe('new');
    expect(told(await client.ask(':v1', { ...asked, catalogue: { signedBy: source('successor') } }), ...images)).toBe(
      'new',
    );
  });

  it('is waited for where he alone may sign', async () => {
    const client = await warmClient();
    const successor: How = { ...asked, catalogue: { signedBy: source('successor') } };
    expect(told(await client.ask(':v1', successor))).toBe('denied CATALOGUE_NOT_TRUSTED');
    await publish(client.store, { issued: at(5), by: ['successor'], tags: { v1: { entries: [now, old] } } });
    expect(told(await client.ask(':v1', successor), ...images)).toBe('new');
  });

  it('has to be as many as the policy asks for', async () => {
    const signedBy: Requirement = { kind: 'atLeast', count: 2, of: [source('publisher'), source('successor')] };
    const client = await warmClient();
    const how: How = { ...asked, catalogue: { signedBy } };
    expect(told(await client.ask(':v1', how))).toBe('denied CATALOGUE_NOT_TRUSTED');
    await publish(client.store, { issued: at(8), by: ['publisher', 'successor'], tags: { v1: { entries: [now] } } });
    expect(told(await client.ask(':v1', how), ...images)).toBe('new');
  });
});
