import { describe, expect, it } from 'vitest';
import { lint, problemsOf } from './policy-data.ts';

const rules = 'rules: [{ images: ["x.io/**"], mode: skip }]\n';
const policy = (rename: string): string => `version: 1\nrename: [${rename}]\n${rules}`;

describe('renames', () => {
  it.each([
    ['m.io', 'x.io', { from: 'm.io', to: 'x.io' }],
    ['M.io:443/Hub'.toLowerCase(), 'docker.io', { from: 'm.io/hub', to: 'docker.io' }],
    ['M.IO.:443', 'X.io/', { from: 'm.io', to: 'x.io' }],
    ['localhost:5000/a/b', 'x.io/c', { from: 'localhost:5000/a/b', to: 'x.io/c' }],
    ['localhost', '[::1]:5000', { from: 'localhost', to: '[::1]:5000' }],
    ['index.docker.io', 'x.io', { from: 'docker.io', to: 'x.io' }],
    ['m.io/library', 'docker.io/library', { from: 'm.io/library', to: 'docker.io/library' }],
  ])('from %s to %s are folded', async (from, to, expected) => {
    const { policy: loaded, problems } = await lint(policy(`{ from: "${from}", to: "${to}" }`));
    expect(problems).toEqual([]);
    expect(loaded?.renames).toEqual([expected]);
  });

  const form = 'is not HOST or HOST/PATH, without tag, digest or *';
  it.each([
    [
      '{ from: hub, to: x.io }',
      '2:18 "hub" does not begin with the host of a registry [for Docker Hub: docker.io/hub]',
    ],
    [
      '{ from: m.io, to: team/a }',
      '2:28 "team/a" does not begin with the host of a registry [for Docker Hub: docker.io/team/a]',
    ],
    ['{ from: "m.io/*", to: x.io }', `2:18 "m.io/*" ${form}`],
    ['{ from: "*.io", to: x.io }', `2:18 "*.io" ${form}`],
    ['{ from: "m.io/a:1", to: x.io }', `2:18 "m.io/a:1" ${form}`],
    ['{ from: m.io, to: "x.io/A" }', `2:28 "x.io/A" ${form}`],
    ['{ from: m.io//a, to: x.io }', `2:18 "m.io//a" ${form}`],
    ['{ from: "M.io:443", to: m.io }', '2:18 "from" and "to" are the same'],
    [
      '{ from: m.io, to: x.io }, { from: "m.io:443", to: y.io }',
      '2:44 images from "m.io" are renamed already: policy.yaml:2:18',
    ],
  ])('%s is refused', async (rename, fault) => {
    expect(await problemsOf(policy(rename))).toEqual([`error POLICY_INVALID ${fault}`]);
  });

  it('with both sides wrong are told twice', async () => {
    expect(await problemsOf(policy('{ from: a, to: b }'))).toEqual([
      expect.stringContaining('2:18 "a" does not begin'),
      expect.stringContaining('2:25 "b" does not begin'),
    ]);
  });
});
