import { describe, expect, it } from 'vitest';
import { policyTemplate } from '../../../packages/cli/src/policy/template.ts';

const answers = {
  keys: ['keys/a b.pub'],
  images: ['*.example/**', 'x: y'],
  mode: 'warn',
  tagBound: false,
  fallback: 'allow',
} as const;

describe('policyTemplate', () => {
  it('holds what was answered, quoted, and comments', () => {
    const text = policyTemplate(answers, 'policy.yaml');
    for (const line of [
      '      - "keys/a b.pub"',
      '      - "*.example/**"',
      '      - "x: y"',
      '    mode: warn',
      '    tag: any',
      'default: allow',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toContain('signet verify --policy policy.yaml IMAGE');
  });

  it('puts no strange file name into a comment', () => {
    expect(policyTemplate(answers, 'a\nrules: []')).not.toContain('a\nrules: []');
  });
});
