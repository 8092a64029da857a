import { expect, it } from 'vitest';
import { foldHost } from '../../../../packages/verifier/src/policy/match/fold-host.ts';

it.each([
  ['r.example', 'r.example'],
  ['R.Example:443', 'r.example'],
  ['r.example.', 'r.example'],
  ['r.example.:443', 'r.example'],
  ['r.example.:5000', 'r.example:5000'],
  ['r.example:4430', 'r.example:4430'],
  ['[::1]:443', '[::1]'],
  ['[::443]', '[::443]'],
  ['index.docker.io', 'docker.io'],
  ['registry-1.docker.io:443', 'docker.io'],
  ['*.Example:*', '*.example:*'],
])('the host %s is %s', (host, folded) => {
  expect(foldHost(host)).toBe(folded);
  expect(foldHost(folded)).toBe(folded);
});
