import { parseReference } from '@signet/oci';
import { toAsked } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { image } from '../evidence-data.ts';

const ask = (text: string, options?: Parameters<typeof toAsked>[1]) => toAsked(parseReference(text), options);
const repository = 'r.example/app';

describe('toAsked', () => {
  it.each<[string, object]>([
    ['r.example/app', { tag: 'latest', name: { repository, tag: 'latest' } }],
    ['r.example/app:1', { tag: '1', name: { repository, tag: '1' } }],
    [`r.example/app@${image}`, { digest: image, name: { repository } }],
    [`r.example/app:1@${image}`, { digest: image, tag: '1', name: { repository, tag: '1' } }],
    ['app', { tag: 'latest', name: { repository: 'docker.io/library/app', tag: 'latest' } }],
  ])('%s', (text, wanted) => {
    const { image: of, reference: _, ...asked } = ask(text);
    expect(asked).toEqual(wanted);
    expect(`${of?.registry}/${of?.repository}`).toBe(asked.name?.repository);
  });

  it('the repository that it is asked of is folded, and stays what it is under renames and signedReference', () => {
    const of = (text: string, options?: Parameters<typeof ask>[1]) => ask(text, options).image;
    expect(of('R.example:443/app')).toEqual({ registry: 'r.example', repository: 'app' });
    expect(of('m.example/app', { signedReference: 'r.example/app:2' })?.registry).toBe('m.example');
    expect(of('m.example/app', { renames: [{ from: 'm.example', to: 'r.example' }] })?.registry).toBe('m.example');
  });

  it('renames change what a signature must name, unless the caller said it', () => {
    const renames = [{ from: 'm.example', to: 'r.example' }];
    expect(ask('m.example/app:1', { renames }).name).toEqual({ repository, tag: '1' });
    expect(ask('m.example/app:1', { renames, signedReference: 'm.example/b:2' }).name?.repository).toBe('m.example/b');
  });

  it('a layout has no name unless one is said', () => {
    expect(ask('oci:./dir:1')).toEqual({ reference: 'oci:./dir:1', tag: '1' });
    expect(ask('oci:./dir:1', { signedReference: 'r.example/app:2' }).name).toEqual({ repository, tag: '2' });
  });

  it('what is said to be signed counts, not the reference', () => {
    const of = (signedReference: string) => ask('mirror.example/app:1', { signedReference }).name;
    expect(of('r.example/app:2')).toEqual({ repository, tag: '2' });
    expect(() => of(`r.example/app:2@${image}`)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
    expect(() => of('no reference')).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
  });

  it.each([
    ['mirror.example/app:1', '1'],
    ['mirror.example/app', 'latest'],
    [`mirror.example/app:1@${image}`, '1'],
    [`mirror.example/app@${image}`, undefined],
    ['oci:./dir:1', undefined],
  ])('a repository alone is said to be signed: of %s the tag %s counts', (text, tag) => {
    expect(ask(text, { signedReference: 'r.example/app' }).name).toEqual({ repository, ...(tag && { tag }) });
  });

  it('keeps the platform', () => {
    expect(ask('r.example/app', { platform: 'linux/amd64' }).platform).toBe('linux/amd64');
  });
});
