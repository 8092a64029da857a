import { type ResultEntry, toJunit } from '@signet/verifier';
import { DOMParser, type Element } from '@xmldom/xmldom';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  denied,
  everything,
  evil,
  failed,
  hostile,
  notChecked,
  undecided,
  useAt,
  verified,
  warned,
} from './entries.ts';

interface Case {
  readonly name: string;
  readonly classname: string;
  readonly file: string | null;
  readonly line: string | null;
  readonly outcome: string;
  readonly type: string | null;
  readonly message: string | null;
  readonly text: string;
}

/** The document as a parser reads it that stops at the first fault. */
function parse(xml: string): {
  readonly root: Element;
  readonly suites: readonly Element[];
  readonly cases: readonly Case[];
} {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 cannot hold; the parser lets some of it pass.
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  expect(xml.isWellFormed()).toBe(true);
  const stop = (_level: string, message: string): never => {
    throw new SyntaxError(message);
  };
  const { documentElement: root } = new DOMParser({ onError: stop }).parseFromString(xml, 'text/xml');
  if (root === null) throw new SyntaxError('no element');
  const suites = [...root.getElementsByTagName('testsuite')];
  return { root, suites, cases: [...root.getElementsByTagName('testcase')].map(caseOf) };
}

function caseOf(element: Element): Case {
  const inner = [...element.childNodes].find((node): node is Element => node.nodeType === 1);
  return {
    name: element.getAttribute('name') ?? '',
    classname: element.getAttribute('classname') ?? '',
    file: element.getAttribute('file'),
    line: element.getAttribute('line'),
    outcome: inner?.tagName ?? 'passed',
    type: inner?.getAttribute('type') ?? null,
    message: inner?.getAttribute('message') ?? null,
    text: inner?.textContent ?? '',
  };
}

const junit = (entries: readonly ResultEntry[], strict = false) =>
  parse(toJunit(entries, { version: '0.1.0', strict }));
const counts = (element: Element | undefined) =>
  ['tests', 'failures', 'errors', 'skipped'].map((name) => Number(element?.getAttribute(name)));

describe('cases', () => {
  it.each<[string, ResultEntry, string]>([
    ['verified', verified, 'passed'],
    ['denied', denied, 'failure'],
    ['undecided', undecided, 'error'],
    ['allowed by the mode', warned, 'skipped'],
    ['not checked', notChecked, 'skipped'],
    ['no reference', failed, 'error'],
  ])('%s', (_what, entry, outcome) => {
    expect(junit([entry]).cases).toMatchObject([{ outcome }]);
  });

  it('fail by the verdict alone under strict', () => {
    expect(junit([warned, notChecked, verified], true).cases.map(({ outcome }) => outcome)).toEqual([
      'failure',
      'error',
      'passed',
    ]);
  });

  it('name the image, what holds it, its file and line, the reason, and what to do', () => {
    expect(junit([verified]).cases).toMatchObject([
      { name: 'r.example/app:1 (Deployment web, container app)', classname: 'deploy/web.yaml', line: '7' },
    ]);
    const [shown] = junit([denied]).cases;
    expect(shown).toMatchObject({ type: 'NO_SIGNATURE', message: 'no signature is attached to this image' });
    expect(shown?.text.split('\n')).toEqual([
      'no signature is attached to this image',
      expect.stringMatching(/^what to do: sign/),
      expect.stringMatching(/^digest: sha256:/),
      'rule: prod',
      'at: deploy/web.yaml:17:16',
    ]);
    expect(junit([failed]).cases).toMatchObject([{ type: 'REFERENCE_INVALID', text: 'upper case' }]);
    expect(junit([evil]).cases[0]?.text).toContain('(policy.yaml:4)');
  });

  it('say why something was let through', () => {
    const [first, second] = junit([warned, notChecked]).cases;
    expect(first?.message).toMatch(/^allowed \(warn\): NO_SIGNATURE: /);
    expect(second?.message).toBe('NOT_CHECKED: exempt');
  });
});

describe('suites', () => {
  it('are the files, with their counts, and one for images that no file names', () => {
    const { root, suites } = junit(everything);
    expect(counts(root)).toEqual([9, 3, 2, 3]);
    expect(suites.map((suite) => suite.getAttribute('name')).slice(0, 4)).toEqual([
      'deploy/web.yaml',
      'images',
      './a dir/ü:x.yaml',
      'standard input',
    ]);
    expect(counts(suites[0])).toEqual([3, 1, 1, 0]);
  });

  it('are none where there is nothing', () => {
    expect(counts(junit([]).root)).toEqual([0, 0, 0, 0]);
  });
});

describe('texts from outside', () => {
  it('break out of nothing, and stay readable', () => {
    const { cases } = junit([evil]);
    expect(cases).toHaveLength(1);
    expect(cases[0]?.message).toBe(`\\u{1b}[2J\\u{0}\\u{8}\\u{202e}]]></failure>"'&\\u{a}\\u{d800} end`);
  });

  it('are the same again when read, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 40 }), (text, plain) => {
        const outcome = { ...evil.outcome, summary: plain };
        const { cases } = junit([{ reference: text, use: useAt(text, 1, hostile), outcome }]);
        expect(cases).toHaveLength(1);
        expect(cases[0]?.message).toBe(plain);
      }),
    );
  });
});
