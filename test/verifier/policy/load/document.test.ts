import { describe, expect, it } from 'vitest';
import { Budget } from '../../../../packages/verifier/src/policy/load/budget.ts';
import { parseDocument } from '../../../../packages/verifier/src/policy/load/document.ts';
import { policyLimits } from '../../../../packages/verifier/src/policy/load/limits.ts';
import { nodeAt, placeOfName, toPlain } from '../../../../packages/verifier/src/policy/load/node.ts';
import { Problems } from '../../../../packages/verifier/src/policy/load/problems.ts';
import { told } from './policy-data.ts';

function parse(content: string | Uint8Array, budget = new Budget()) {
  const problems = new Problems();
  const node = parseDocument(typeof content === 'string' ? Buffer.from(content) : content, 'policy.yaml', {
    problems,
    budget,
  });
  return { node, plain: node === undefined ? undefined : toPlain(node), faults: problems.list().map(told) };
}

describe('a document', () => {
  it.each([
    ['YAML', 'a: [1, x, "y", true, null]\nb: { c: "t\\n" }\n'],
    ['YAML in blocks', 'a:\n  - 1\n  - x\n  - y\n  - true\n  -\nb:\n  c: "t\\n"\n'],
    ['JSON', '{"a": [1, "x", "y", true, null], "b": {"c": "t\\n"}}'],
    ['JSON with tabs', '{\n\t"a": [1, "x", "y", true, null],\n\t"b": {"c": "t\\n"}\n}'],
    ['with a byte order mark', '\ufeffa: [1, x, "y", true, null]\nb: { c: "t\\n" }\n'],
    ['with line ends of Windows', 'a: [1, x, "y", true, null]\r\nb: { c: "t\\n" }\r\n'],
    ['with an alias', 'b: &b { c: "t\\n" }\na: [1, x, "y", true, null]\n'],
  ])('is read: %s', (_what, text) => {
    const { plain, faults } = parse(text);
    expect(faults).toEqual([]);
    expect(plain).toEqual({ a: [1, 'x', 'y', true, null], b: { c: 't\n' } });
  });

  it('is YAML 1.2: yes, on and times are text', () => {
    expect(parse('a: [yes, on, 12:30:00, 2026-01-01, 0o7, 010, ~]').plain).toEqual({
      a: ['yes', 'on', '12:30:00', '2026-01-01', 7, 10, null],
    });
  });

  it('has the places of names and values, from 1', () => {
    const { node } = parse('# c\na:\n  - x\n  - { b: "y" }\n');
    if (node === undefined) throw new TypeError('not read');
    expect(nodeAt(node, ['a', 0]).place).toEqual({ file: 'policy.yaml', line: 3, column: 5 });
    expect(placeOfName(node, ['a', 1, 'b'])).toEqual({ file: 'policy.yaml', line: 4, column: 7 });
    expect(nodeAt(node, ['a', 1, 'b']).place).toEqual({ file: 'policy.yaml', line: 4, column: 10 });
    expect(nodeAt(node, ['a', 7]).place).toEqual(nodeAt(node, ['a']).place);
  });

  it('repeats what aliases name', () => {
    expect(parse('a: &x [1, 2]\nb: *x\nc: &y { d: *x }\ne: *y').plain).toEqual({
      a: [1, 2],
      b: [1, 2],
      c: { d: [1, 2] },
      e: { d: [1, 2] },
    });
    expect(parse('a: &x 1\nb: *x\nc: &x 2\nd: *x').plain).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  });
});

describe('a document is refused', () => {
  it.each([
    ['', '1:1 the file is empty [it begins with: version: 1]'],
    ['# nothing\n', '1:1 the file is empty [it begins with: version: 1]'],
    ['a: 1\na: 2', '2:1 "a" stands twice, first in line 1'],
    ['{"a": 1, "\\u0061": 2}', '1:10 "a" stands twice, first in line 1'],
    ['a: !!str 1', '1:10 tags ("tag:yaml.org,2002:str") are not read in a policy'],
    ['a: !x 1', '1:4 not YAML: Unresolved tag: !x'],
    ['%YAML 1.1\n---\na: yes', '1:1 directives (%) are not read in a policy'],
    [
      'a: 1\n---\na: 2',
      '2:1 a second document begins here: a policy is one [remove the line ---, or keep the documents in files of their own]',
    ],
    ['1: a', '1:1 the name of a field is not text [put it in quotes: "1"]'],
    ['true: a', '1:1 the name of a field is not text [put it in quotes: "true"]'],
    ['[a]: b', '1:1 the name of a field is not text'],
    ['? \n: b', '1:3 the name of a field is not text'],
    ['__proto__: 1', '1:1 "__proto__" cannot be a name in a policy'],
    ['{"x": {"constructor": 1}}', '1:8 "constructor" cannot be a name in a policy'],
    ['a: "\\u0007"', '1:4 the text holds a character that cannot be seen, or half of one [write it without]'],
    ['a: x\u202ey', '1:4 the text holds a character that cannot be seen, or half of one [write it without]'],
    ['{"a": "\\ud800"}', '1:7 the text holds a character that cannot be seen, or half of one [write it without]'],
    [
      'a: *x',
      '1:4 the alias "*x" names nothing: nothing before it has this anchor [a pattern that begins with * stands in quotes: "*.example.com/**"]',
    ],
    ['a: &x [*x]', '1:8 the alias "*x" names nothing: it stands inside of what it repeats'],
    ['a: [', '1:5 not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['a: b\n\tc: d', '2:1 not YAML: Tabs are not allowed as indentation'],
    [`a: ${'['.repeat(40)}`, `1:${3 + policyLimits.maxDepth} nested deeper than 32 levels`],
  ])('%j', (text, fault) => {
    const { node, faults } = parse(text);
    expect(node).toBeUndefined();
    expect(faults[0]).toBe(`error POLICY_INVALID ${fault}`);
  });

  it('that is not UTF-8, or too large', () => {
    expect(parse(Uint8Array.of(0x61, 0xff)).faults).toEqual(['error POLICY_INVALID 1:1 the file is not UTF-8 text']);
    const large = Buffer.alloc(policyLimits.maxFileBytes + 1, '#');
    expect(parse(large).faults).toEqual([
      'error POLICY_INVALID 1:1 the file has 1048577 bytes, at most 1048576 are read',
    ]);
    expect(parse(large.subarray(1)).faults).toEqual([expect.stringContaining('the file is empty')]);
  });

  it('whose aliases multiply', () => {
    const levels = Array.from(
      { length: 20 },
      (_, n) => `a${n}: &a${n} [${n === 0 ? 'x' : `*a${n - 1}, *a${n - 1}, *a${n - 1}`}]`,
    );
    const { node, faults } = parse(levels.join('\n'));
    expect(node).toBeUndefined();
    expect(faults).toEqual([
      expect.stringMatching(/POLICY_INVALID \d+:\d+ more than 300000 values in all files, with what aliases repeat$/),
    ]);
    expect(parse(levels.slice(0, 8).join('\n')).faults).toEqual([]);
  });

  it('that is made of too many parts, with those of the files before it', () => {
    const budget = new Budget();
    budget.spend('tokens', policyLimits.maxTokens - 10);
    expect(parse('[a, b]', budget).faults).toEqual([]);
    expect(parse('[a, b]', budget).faults).toEqual([
      'error POLICY_INVALID 1:2 more than 600000 lexical tokens in all files',
    ]);
  });

  it('whose aliases repeat a long text', () => {
    const text = (times: number): string => `a: &a ${'x'.repeat(1_000_000)}\nb: [${'*a,'.repeat(times)}]`;
    expect(parse(text(7)).faults).toEqual([]);
    expect(parse(text(8)).faults).toEqual([
      'error POLICY_INVALID 2:26 more than 8388608 characters in all files, with what aliases and variables repeat',
    ]);
  });

  it('with as many faults as it has room for: the first hundred are told, and none of them says where in the library it was noticed', () => {
    const { stackTraceLimit } = Error;
    const { faults } = parse('"" '.repeat(20_000));
    expect(faults).toHaveLength(policyLimits.maxProblems);
    expect(faults[0]).toBe('error POLICY_INVALID 1:4 not YAML: Unexpected double-quoted-scalar at node end');
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });

  it.each([
    ['a tag', `a: !${'x'.repeat(500_000)} 1`],
    ['an alias', `a: *${'x'.repeat(500_000)}`],
    ['a block', `a: |${'x'.repeat(500_000)}`],
    ['a name', `${'x'.repeat(500_000)}: 1`],
    ['a quoted text', `"${'x'.repeat(500_000)}": { `],
  ])('with a message of one line and a length that can be read, whatever it quotes: %s', (_what, text) => {
    const { faults } = parse(text);
    for (const fault of faults) expect(fault.length).toBeLessThan(400);
    expect(faults.join('')).not.toContain('\n');
  });
});
