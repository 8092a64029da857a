import { describe, expect, it } from 'vitest';
import { isUnder, parseRegistryScope } from '../../../packages/cli/src/audit/scope.ts';
import { namesCatalogue, namesSignatures } from '../../../packages/cli/src/audit/walk.ts';

describe('parseRegistryScope', () => {
  it.each([
    ['localhost:5000', { registry: 'localhost:5000' }],
    ['R.Example.com/', { registry: 'r.example.com' }],
    ['r.example.com/team/app', { registry: 'r.example.com', prefix: 'team/app' }],
  ])('reads %s', (text, scope) => {
    expect(parseRegistryScope(text)).toEqual({ kind: 'registry', ...scope });
  });

  it.each(['', 'team', 'r.example.com/Team', 'r.example.com/app:1', 'r.example.com/a//b', 'r.example.com/../x'])(
    'refuses %j',
    (text) => {
      expect(() => parseRegistryScope(text)).toThrow(/^not (?:a registry|an image|the beginning)/);
    },
  );
});

it('a prefix is whole components', () => {
  expect(['team', 'team/app'].every((name) => isUnder(name, 'team'))).toBe(true);
  expect(['teammate', 'tea', 'a/team'].some((name) => isUnder(name, 'team'))).toBe(false);
  expect(isUnder('anything', undefined)).toBe(true);
});

it('tags of signatures are told from tags of images', () => {
  const hex = 'a'.repeat(64);
  for (const tag of [`sha256-${hex}`, `sha256-${hex}.sig`, `sha256-${hex}.att`, `sha256-${hex}.sbom`])
    expect(namesSignatures(tag), tag).toBe(true);
  for (const tag of ['latest', 'sha256-abc', `sha256-${hex}.exe`, `x-sha256-${hex}`, `sha256-${hex.toUpperCase()}`])
    expect(namesSignatures(tag), tag).toBe(false);
});

it('tags of catalogues are those of the head, the journal and kept heads alone', () => {
  const ulid = '01JDM6Y3C8Q4RZ8W2V5T7X9KPN';
  for (const tag of ['signet-tags', `signet-tags.j.${ulid}`, `signet-tags.h.${ulid}`])
    expect(namesCatalogue(tag), tag).toBe(true);
  for (const tag of ['signet-tags2', 'signet-tags.evil', `signet-tags.x.${ulid}`, `signet-tags.j.${ulid}x`, 'v1'])
    expect(namesCatalogue(tag), tag).toBe(false);
});
