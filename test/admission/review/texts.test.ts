import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Outcome, type PlacedOutcome, refusalMessage, warningsOf } from '../../../packages/admission/src/index.ts';

const denied: Outcome = {
  isAllowed: false,
  isWarning: false,
  isUnpinned: false,
  verdict: 'denied',
  code: 'NO_SIGNATURE',
  why: 'no signature is attached to this image',
  remedy: 'sign the image',
  rule: 'prod',
};
const undecided: Outcome = { ...denied, verdict: 'undecided', code: 'UNRESOLVED', why: 'the registry is down' };
const warned: Outcome = { ...denied, isAllowed: true, isWarning: true };
const at = (image: string, outcome: Outcome, name = 'web', index = 0): PlacedOutcome => ({
  image,
  outcome,
  where: { name: `container "${name}"`, path: `spec.containers[${index}].image` },
});

describe('refusalMessage', () => {
  it('says nothing where nothing is refused', () => {
    expect(refusalMessage([at('r.example/a', warned)])).toBeUndefined();
    expect(refusalMessage([])).toBeUndefined();
  });

  it('names container, path, image, verdict, code, reason, rule and remedy of the one that is refused', () => {
    expect(refusalMessage([at('r.example/good', { ...denied, isAllowed: true }), at('r.example/a:1', denied)])).toBe(
      'container "web" (spec.containers[0].image): r.example/a:1: denied (NO_SIGNATURE): no signature is attached to this image [rule prod]; to do: sign the image',
    );
  });

  it('has the worst first, an image once with all its places, and counts', () => {
    const message = refusalMessage([
      at('r.example/slow', undecided),
      at('r.example/a', denied, 'one', 1),
      at('r.example/a', denied, 'two', 2),
    ]);
    const [head, first, second, ...rest] = (message ?? '').split('\n');
    expect(head).toBe('2 images are refused:');
    expect(first).toMatch(
      /^container "one" \(spec\.containers\[1\]\.image\), container "two" \(.*: r\.example\/a: denied/,
    );
    expect(second).toMatch(/^container "web" .*r\.example\/slow: undecided \(UNRESOLVED\): the registry is down/);
    expect(rest).toEqual([]);
  });

  it('needs no place', () => {
    const { where: _, ...bare } = at('r.example/a', denied);
    expect(refusalMessage([bare])).toMatch(/^r\.example\/a: denied/);
  });

  it('names as many as there is room for in 4096 characters, and counts the rest by verdict', () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      at(`r.example/${index}`, index % 2 === 0 ? denied : undecided, 'c', index),
    );
    const message = refusalMessage(many) ?? '';
    const lines = message.split('\n');
    const named = lines.slice(1, -1).length;
    expect(message.length).toBeLessThanOrEqual(4096);
    expect(named).toBeGreaterThan(15);
    expect(lines[0]).toBe('200 images are refused:');
    expect(lines.at(-1)).toBe(`and ${200 - named} more: ${100 - named} denied, 100 undecided`);
  });

  it('has reason and remedy of one image in the 1024 characters of an event, however long the texts are', () => {
    const long = 'x'.repeat(100_000);
    const places = Array.from({ length: 50 }, (_, index) => at(`r.example/${long}:end`, denied, long, index));
    const message =
      refusalMessage(places.map((each) => ({ ...each, outcome: { ...denied, why: long, rule: long } }))) ?? '';
    expect(message.length).toBeLessThanOrEqual(900);
    for (const part of ['container "x', 'r.example/x', 'x:end: denied (NO_SIGNATURE): x', 'to do: sign the image'])
      expect(message).toContain(part);
  });

  it('stays within its limits, on lines of its own making, for any text', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '\u{1F600}', '\u202E', '\n', '\u001b'), maxLength: 800 }),
      fc.constant('\u202E\n\u001b[31m'.repeat(400)),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ image: text, why: text, name: text }), { maxLength: 6 }), (all) => {
        const outcomes = all.map(({ image, why, name }, index) =>
          at(image, { ...denied, why, rule: why }, name, index),
        );
        const message = refusalMessage(outcomes) ?? '';
        const warnings = warningsOf(
          outcomes.map((each) => ({ ...each, outcome: { ...each.outcome, ...warned, why: each.outcome.why } })),
        );
        expect(message.length).toBeLessThanOrEqual(4096);
        expect(message.split('\n').length).toBeLessThanOrEqual(outcomes.length + 2);
        for (const each of [message.replaceAll('\n', ''), ...warnings]) {
          expect(each).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
          expect(each.isWellFormed()).toBe(true);
        }
        for (const warning of warnings) expect(warning.length).toBeLessThanOrEqual(256);
      }),
      { numRuns: 50 },
    );
  });
});

describe('warningsOf', () => {
  it('warns of what is let through where people should see it, and of nothing else', () => {
    expect(warningsOf([at('r.example/a', denied), at('r.example/b', { ...denied, isAllowed: true })])).toEqual([]);
    expect(warningsOf([at('r.example/a:1', warned)])).toEqual([
      'signet: denied (NO_SIGNATURE): container "web": r.example/a:1: no signature is attached to this image',
    ]);
  });

  it('tells of an image once', () => {
    expect(warningsOf([at('r.example/a', warned), at('r.example/a', warned, 'other', 1)])).toEqual([
      'signet: denied (NO_SIGNATURE): container "web": r.example/a (and in 1 more places): no signature is attached to this image',
    ]);
  });

  it('has verdict, container and image in the first 120 characters, which is what some clients show', () => {
    const image = `r.example/team/service@sha256:${'a'.repeat(64)}`;
    const [warning = ''] = warningsOf([at(image, { ...warned, why: 'x'.repeat(1000) }, 'n'.repeat(63))]);
    expect(warning).toHaveLength(256);
    expect(warning.slice(0, 120)).toMatch(/denied \(NO_SIGNATURE\): container "n{63}": r\.example/);
  });

  it('is at most 16 of 256 characters, which together are the 4096 that the API server takes', () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      at(`r.example/${'y'.repeat(300)}${index}`, warned, 'c', index),
    );
    const warnings = warningsOf(many);
    expect(warnings).toHaveLength(16);
    expect(warnings.join('').length).toBeLessThanOrEqual(4096);
    expect(warnings.at(-1)).toBe('signet: and 25 more images: 25 denied');
  });
});
