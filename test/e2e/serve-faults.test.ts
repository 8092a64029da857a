import { describe, expect, it } from 'vitest';
import type { Answer } from './serve-faults/ask.ts';
import type { Asked } from './serve-faults/images.ts';
import { faultsOf, type Moment } from './serve-faults/oracle.ts';
import { policiesFor } from './serve-faults/policies.ts';
import { tryServer } from './serve-faults/run.ts';

/** `npm run trial -- serve-faults` tries the same for longer, and looks at the time of each answer. */
describe('signet serve under load, whatever fails', () => {
  it('allows nothing that should not be and leaves nothing unanswered; afterwards all is as before', async () => {
    const met: string[] = [];
    const result = await tryServer({
      seed: 1,
      answersEach: 12,
      isEnough: (combinations) => combinations >= 2,
      workers: 8,
      largeBodies: 4,
      troubledMs: [300, 600],
      isPunctual: false,
      onPart: (what) => void met.push(what),
    });
    expect(result.faults).toEqual([]);
    expect(met.length).toBeGreaterThan(25);
  }, 300_000);
});

describe('what is held against the answers', () => {
  const { usual, strict, lax } = policiesFor('r', ['sha256:1']);
  const image = (changes: Partial<Asked> = {}): Asked => ({
    reference: 'r/prod/app@sha256:2',
    rule: 'prod',
    truth: 'signed',
    isPinned: true,
    ...changes,
  });
  const known = { asked: [], signed: new Set(['sha256:2']), bound: new Map() };
  const faults = (asked: Asked, answer: Partial<Answer>, moment: Partial<Moment> = {}): string =>
    faultsOf(
      {
        endpoint: '/mutate',
        images: [asked],
        answer: { status: 200, isAllowed: true, said: [{ isAllowed: true }], ms: 1, text: 'x', ...answer },
      },
      { policies: [usual], isCalm: true, isLiedTo: false, isDown: false, timeoutMs: 10, ...moment },
      known,
    ).join('\n');
  const refused = (verdict: string) => ({ isAllowed: false, said: [{ isAllowed: false, verdict }] });
  const tag = image({ isPinned: false });

  it.each<readonly [string, string, RegExp | '']>([
    ['a signed image that is allowed', faults(image(), {}), ''],
    ['an unsigned one that is', faults(image({ truth: 'unsigned' }), {}), /^ALLOWED by usual/],
    ['by a policy that is not in force', faults(image(), {}, { policies: [strict] }), /^ALLOWED by strict/],
    ['by one that may be', faults(image(), {}, { policies: [strict, usual], isCalm: false }), ''],
    ['a tag that is not pinned', faults(tag, {}), /^ALLOWED/],
    ['one that is, to what was signed', faults(tag, { said: [{ isAllowed: true, digest: 'sha256:2' }] }), ''],
    ['to something else', faults(tag, { said: [{ isAllowed: true, digest: 'sha256:3' }] }), /^ALLOWED/],
    ['no answer', faults(image(), { status: 0 }), /^no answer/],
    ['none while the server is gone', faults(image(), { status: 0 }, { isDown: true }), ''],
    ['a failure', faults(image(), { status: 500 }), /^status 500/],
    ['a late answer', faults(image(), { ms: 11 }), /^late/],
    ['a refusal for nothing', faults(image(), refused('undecided')), /^refused in a calm moment/],
    ['one because the registry is gone', faults(image(), refused('undecided'), { isCalm: false }), ''],
    ['one that says unsigned', faults(image(), refused('denied'), { isCalm: false }), /^said to be denied/],
    [
      'a warning',
      faults(image({ truth: 'unsigned' }), { said: [{ isAllowed: true, warned: 'denied' }] }, { policies: [lax] }),
      '',
    ],
    ['none', faults(image({ truth: 'unsigned' }), {}, { policies: [lax] }), /^allowed without a warning/],
  ])('%s', (_what, found, expected) => {
    if (expected === '') expect(found).toBe('');
    else expect(found).toMatch(expected);
  });
});
