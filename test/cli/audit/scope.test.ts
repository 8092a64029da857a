import { describe, expect, it } from 'vitest';
import { isUnder, parseRegistryScope } from '../../../packages/cli/src/audit/scope.ts';
import { namesSignatures } from '../../../packages/cli/src/audit/walk.ts';

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
