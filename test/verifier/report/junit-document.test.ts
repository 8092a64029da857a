import { junitDocument } from '@signet/verifier';
import { DOMParser } from '@xmldom/xmldom';
import { expect, it } from 'vitest';

it('a document has the counts of its suites, and every kind of case', () => {
  const outcomes = [
    { kind: 'passed' },
    { kind: 'skipped', message: 'later' },
    { kind: 'failure', type: 'A', lines: ['one', 'two'] },
    { kind: 'error', type: 'B', lines: ['three'] },
  ] as const;
  const cases = outcomes.map((outcome, at) => ({ name: `case ${at}`, classname: 'c', line: at, outcome }));
  const xml = junitDocument('all', [{ name: 's', cases }]);
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  const [suite] = document.getElementsByTagName('testsuite');
  expect(['tests', 'failures', 'errors', 'skipped'].map((name) => suite?.getAttribute(name))).toEqual([
    '4',
    '1',
    '1',
    '1',
  ]);
  expect(document.getElementsByTagName('failure')[0]?.textContent).toBe('one\ntwo');
  expect(document.getElementsByTagName('testcase')[0]?.hasAttribute('file')).toBe(false);
});
