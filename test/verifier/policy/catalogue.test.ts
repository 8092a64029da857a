import { describe, expect, it } from 'vitest';
import { collectionOf } from '../../../packages/verifier/src/policy/catalogue.ts';
import { catalogueOf } from './catalogue-data.ts';

const shop = catalogueOf({
  collections: { name: 'registry.example/shop', isTree: true },
  mirrors: [
    { name: 'mirror.local/shop', isTree: true },
    { name: 'mirror.local/shop/inner', isTree: true },
  ],
});

describe('the collection of a repository', () => {
  it('is the repository itself', () => {
    const place = { collection: 'registry.example/shop/api', location: 'registry.example/shop/api' };
    expect(collectionOf(shop, 'registry.example/shop/api')).toEqual(place);
    expect(collectionOf(shop, 'Registry.Example:443/shop/api')).toEqual(place);
  });

  it('is found by a mirror: what stands before its /** is replaced, and the catalogue lies in the mirror', () => {
    const place = { collection: 'registry.example/shop/a/b', location: 'mirror.local/shop/a/b' };
    expect(collectionOf(shop, 'mirror.local/shop/a/b')).toEqual(place);
  });

  it('is that of the longest pattern', () => {
    const place = { collection: 'registry.example/shop/api', location: 'mirror.local/shop/inner/api' };
    expect(collectionOf(shop, 'mirror.local/shop/inner/api')).toEqual(place);
  });

  it('has its catalogue where the policy says', () => {
    const located = { ...shop, location: { name: 'registry.example/trust', isTree: true } };
    const location = 'registry.example/trust/api';
    expect(collectionOf(located, 'mirror.local/shop/api')?.location).toBe(location);
    expect(collectionOf(located, 'registry.example/shop/api')?.location).toBe(location);
  });

  it('is one repository where the pattern is one', () => {
    const one = catalogueOf({ collections: { name: 'registry.example/api', isTree: false } });
    expect(collectionOf(one, 'registry.example/api')?.collection).toBe('registry.example/api');
    expect(collectionOf(one, 'registry.example/api/v2')).toBeUndefined();
    expect(collectionOf(one, 'registry.example/api2')).toBeUndefined();
  });

  it('is none for what only begins alike', () => {
    for (const name of ['registry.example/shop', 'registry.example/shop2/api', 'registry.example/other', 'else/shop/a'])
      expect(collectionOf(shop, name)).toBeUndefined();
  });
});
