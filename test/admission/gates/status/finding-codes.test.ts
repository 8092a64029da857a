import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

it('what gate status finds is explained in docs/gates.md, each code once', () => {
  const [union = ''] =
    /type GateFindingCode =[^;]*;/.exec(read('packages/admission/src/gates/status/finding.ts')) ?? [];
  const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map((match) => match[1]);
  const explained = [...read('docs/gates.md').matchAll(/^\| ([A-Z_]{4,}) \| /gm)].map((match) => match[1]);
  expect(codes.length).toBeGreaterThan(20);
  expect(explained.toSorted()).toEqual(codes.toSorted());
});
