import { type Digest, digestOf, parseReference, type Resolved } from '@signet/oci';
import { type Asked, askedImage, chooseRule, toAsked } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { policyOf } from '../policies.ts';
import { testKey } from '../signatures.ts';

const bytes = Buffer.from('image');
const digest: Digest = digestOf(bytes);
const resolved: Resolved = { bytes, descriptor: { mediaType: 'x/y', digest, size: bytes.length } };
const policy = policyOf(testKey('p256'), {
  'r.example/app': {},
  'r.example/app:dev-*': { mode: 'skip' },
  [`r.example/x@${digest}`]: {},
});

async function chosen(text: string) {
  const asked: string[] = [];
  const { rule, ...rest } = await chooseRule(policy, toAsked(parseReference(text)), async (tag) => {
    asked.push(tag);
    return resolved;
  });
  return { rule: rule?.name, asked, ...rest };
}

describe('chooseRule', () => {
  it('asks for the tag only where the rule turns on it', async () => {
    expect(await chosen('r.example/app:1')).toEqual({ rule: 'r.example/app', asked: [] });
    expect(await chosen(`r.example/app:dev-1@${digest}`)).toEqual({ rule: 'r.example/app:dev-*', asked: ['dev-1'] });
  });

  it('hands on what the tag named, but only where no digest was asked', async () => {
    expect(await chosen('r.example/x:1')).toEqual({ rule: `r.example/x@${digest}`, asked: ['1'], resolved });
    expect(await chosen(`r.example/app:dev-1@${digest}`)).not.toHaveProperty('resolved');
  });
});

describe('askedImage', () => {
  const layout: Asked = { reference: 'oci:dir:1', tag: '1' };

  it('is what was asked of a registry', () => {
    const asked = toAsked(parseReference(`r.example/team/app:1@${digest}`));
    expect(askedImage(asked)).toEqual({ registry: 'r.example', repository: 'team/app', tag: '1', digest });
  });

  it('of a layout is the name that the caller says, its tag too, or none', () => {
    expect(askedImage(layout)).toBeUndefined();
    expect(askedImage({ ...layout, name: { repository: 'r.example/team/app' } })).toStrictEqual({
      registry: 'r.example',
      repository: 'team/app',
    });
    expect(askedImage({ ...layout, name: { repository: 'r.example/app', tag: '2' } })).toStrictEqual({
      registry: 'r.example',
      repository: 'app',
      tag: '2',
    });
  });
});
