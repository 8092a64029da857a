import type { RuleName } from './images.ts';

/** How a rule treats what it is for; `none`: no rule is for it. */
export type Mode = 'enforce' | 'warn' | 'skip' | 'none';

/** A policy as it stands in the file, and what it means. */
export interface PolicyVersion {
  readonly name: string;
  readonly text: string;
  readonly modeOf: (rule: RuleName) => Mode;
  /** Whether a signature by the trusted key is enough for the rule. */
  readonly isMet: (rule: RuleName) => boolean;
  /** The images that are to be refused stand in its list. */
  readonly refuses: boolean;
}

/** Policies that follow one another in a file; `usual` is what a server begins with. */
export interface Policies {
  readonly usual: PolicyVersion;
  /** No image of `prod` passes, and some are refused by their digest. */
  readonly strict: PolicyVersion;
  /** As usual, with refused digests. */
  readonly barred: PolicyVersion;
  /** All of `prod` passes with warnings. */
  readonly lax: PolicyVersion;
}

/** `refused`: digests. */
export function policiesFor(host: string, refused: readonly string[]): Policies {
  const version = (name: string, { prod = '', more = '' }, isMet = true, mode: Mode = 'enforce'): PolicyVersion => ({
    name,
    text: textOf(host, prod === '' ? 'require: release' : prod, more),
    modeOf: (rule) => (rule === 'prod' ? mode : modes[rule]),
    isMet: (rule) => isMet || rule !== 'prod',
    refuses: more !== '',
  });
  const refuse = `refuse: { digests: [${refused.join(', ')}] }`;
  return {
    usual: version('usual', {}),
    strict: version('strict', { prod: 'require: { all: [release, other] }', more: refuse }, false),
    barred: version('barred', { more: refuse }),
    lax: version('lax', { prod: 'require: release, mode: warn' }, true, 'warn'),
  };
}

const modes: Readonly<Record<RuleName, Mode>> = {
  prod: 'enforce',
  bound: 'enforce',
  lenient: 'warn',
  free: 'skip',
  none: 'none',
};

function textOf(host: string, prod: string, more: string): string {
  return [
    'version: 1',
    'trust:',
    '  release: { keys: [release.pub] }',
    '  other: { keys: [other.pub] }',
    'rules:',
    `  - { name: prod, images: ["${host}/prod/**"], ${prod} }`,
    `  - { name: lenient, images: ["${host}/lenient/**"], require: release, mode: warn }`,
    `  - { name: bound, images: ["${host}/bound/**"], require: release, tag: bound }`,
    `  - { name: free, images: ["${host}/free/**"], mode: skip }`,
    more,
    '',
  ].join('\n');
}
