import { describe, expect, it } from 'vitest';
import { checkTypes } from '../../../../packages/verifier/src/policy/cel/check-types.ts';
import { parseExpression } from '../../../../packages/verifier/src/policy/cel/expression.ts';
import { conditionLimits } from '../../../../packages/verifier/src/policy/cel/limits.ts';
import { bool, dyn, listOf, string, type Type } from '../../../../packages/verifier/src/policy/cel/types.ts';
import { refusal } from './condition-facts.ts';

const { maxDepth, maxLiteralElements } = conditionLimits;

/** Each line: what is refused and how, then its twin that is loaded. */
describe('a condition is refused when loaded', () => {
  it.each([
    ['imag.tag == ""', '1:1: there is no variable imag (did you mean "image"?)', 'image.tag == ""'],
    ['tag == ""', '1:1: there is no variable tag', 'image.tag == ""'],
    ['image.tga == ""', '1:7: image has no field tga (did you mean "tag"?)', 'image.tag == ""'],
    [
      'signature.signer.keyID == ""',
      '1:18: signature.signer has no field keyID (did you mean "keyId"?)',
      'signature.signer.keyId == ""',
    ],
    ['image.tag.x == ""', '1:11: a string has no field x', 'signature.annotations.x == ""'],
    [
      'has(image.tag)',
      '1:1: image.tag is always there (write image.tag != "" to ask whether it is empty)',
      'image.tag != ""',
    ],
    ['has(signature.signer)', '1:1: signature.signer is always there', 'has(signature.claimedAt)'],
    [
      'has(signature.verified)',
      '1:1: signature has no field verified (did you mean "verifiedAt"?)',
      'has(signature.verifiedAt)',
    ],
    ['has(image)', '1:1: has takes a field or a key (write has(signature.verifiedAt))', 'has(signature.verifiedAt)'],
  ])('%s: names', (bad, message, good) => {
    expect(refusal(bad)).toBe(message);
    expect(refusal(good)).toBe('loaded');
  });

  it.each([
    ['image.tag', '1:1: a condition must be a bool, this is a string', 'image.tag == ""'],
    ['size(image.tag)', '1:1: a condition must be a bool, this is an int', 'size(image.tag) == 1'],
    [
      'dyn(true)',
      '1:1: a condition must be a bool, this is a dyn (compare it with something, such as `== true`)',
      'dyn(true) == true',
    ],
    ['image.tag == 1', '1:11: string == int is not defined (both sides must be of one type)', 'image.tag == "1"'],
    [
      '[image.tag] != [1]',
      '1:13: list<string> != list<int> is not defined (both sides must be of one type)',
      '[image.tag] != []',
    ],
    ['1 == 1.0', '1:3: int == double is not defined (both sides must be of one type)', 'double(1) == 1.0'],
    [
      'image.tag && true',
      '1:1: string && bool is not defined (it is defined for bool && bool)',
      'image.tag == "" && true',
    ],
    ['!image.tag', '1:1: !string is not defined (it is defined for !bool)', '!(image.tag == "")'],
    ['-image.tag == ""', '1:1: -string is not defined (it is defined for -int, -double)', '-1 == -1'],
    ['1 in 2', '1:3: int in int is not defined (it is defined for T in list<T>, K in map<K, V>)', '1 in [2]'],
    [
      '1 in ["a"]',
      '1:3: int in list<string> is not defined (it is defined for T in list<T>, K in map<K, V>)',
      '1 in []',
    ],
    ['1 in signature.annotations', /^1:3: int in map<string, string> is not defined/, '"1" in signature.annotations'],
    [
      'signature.annotations[1] == ""',
      /^1:22: map<string, string>\[int\] is not defined/,
      'signature.annotations["1"] == ""',
    ],
    ['[1]["a"] == 1', /^1:4: list<int>\[string\] is not defined/, '[1][0] == 1'],
    ['image.tag[0] == "v"', /^1:10: string\[int\] is not defined/, '["v"][0] == "v"'],
    ['1 + "a" == 1', /^1:3: int \+ string is not defined \(it is defined for int \+ int, /, '1 + 2 == 3'],
    ['1 < "a"', /^1:3: int < string is not defined/, '"b" < "a"'],
    ['[1] < [2]', /^1:5: list<int> < list<int> is not defined/, '1 < 2'],
    [
      'true ? 1 : "a"',
      '1:1: bool ? int : string is not defined (the first part must be a bool, the other two of one type)',
      '(true ? 1 : 2) == 1',
    ],
    ['1 ? true : false', /^1:1: int \? bool : bool is not defined/, 'true ? true : false'],
    [
      'signature.claimedAt == null',
      '1:21: timestamp == null is not defined (nothing here is ever null: has(…) tells whether it is there)',
      'null == null',
    ],
    [
      'signature == signature',
      '1:11: signature is no value (name one of its fields)',
      'signature.format == signature.format',
    ],
    ['[signature] == []', '1:2: signature is no value; name one of its fields', '[signature.format] == []'],
    [
      '[1, "a"] == []',
      '1:5: all elements of a list must be of one type: this is a string, the ones before are int',
      '[1, 2] == []',
    ],
    [
      '{1: 1, "a": 1} == {}',
      '1:8: all keys of a map must be of one type: this is a string, the ones before are int',
      '{1: 1, 2: 1} == {}',
    ],
    [
      '{1: 1, 2: "a"} == {}',
      '1:11: all values of a map must be of one type: this is a string, the ones before are int',
      '{1: 1, 2: 2} == {}',
    ],
    ['{1.5: 1} == {}', '1:2: a double cannot be the key of a map', '{1u: 1} == {}'],
  ] as const)('%s: types', (bad, message, good) => {
    if (typeof message === 'string') expect(refusal(bad)).toBe(message);
    else expect(refusal(bad)).toMatch(message);
    expect(refusal(good)).toBe('loaded');
  });

  it.each([
    [
      'image.tag.contians("x")',
      '1:11: there is no function contians (did you mean "contains"?)',
      'image.tag.contains("x")',
    ],
    [
      'image.tag.contains(1)',
      '1:11: string.contains(int) is not defined (it is defined for string.contains(string))',
      'image.tag.contains("1")',
    ],
    [
      'image.tag.contains()',
      '1:11: string.contains() is not defined (it is defined for string.contains(string))',
      'image.tag.contains("")',
    ],
    [
      'contains(image.tag, "x")',
      '1:1: contains(string, string) is not defined (it is defined for string.contains(string))',
      'size(image.tag) == 1',
    ],
    ['size(1) == 1', /^1:1: size\(int\) is not defined/, 'size("1") == 1'],
    ['size(image) == 1', '1:1: image is no value (name one of its fields)', 'size([1]) == 1'],
    ['type(1) == type(2)', '1:1: there is no function type', '1 == 2'],
    ['int == int', '1:1: there is no variable int', 'int("1") == 1'],
    ['now() > signature.claimedAt', '1:1: there is no function now', 'timestamp(0) > signature.claimedAt'],
    [
      'image.tag.matches(image.tag)',
      '1:25: the pattern of matches must be a string that is written down here',
      'image.tag.matches("x")',
    ],
    [
      'image.tag.matches("v(")',
      '1:19: this is no regular expression that RE2 takes: missing closing ): `v(`',
      'image.tag.matches("v()")',
    ],
    [
      'image.tag.matches("(?=v)")',
      /^1:19: this is no regular expression that RE2 takes: /,
      'image.tag.matches("(?:v)")',
    ],
    [
      r`image.tag.matches("(v)\\1")`,
      /^1:19: this is no regular expression that RE2 takes: /,
      r`image.tag.matches("(v)\\d")`,
    ],
    [
      'image.tag.matches("v{1001}")',
      /^1:19: this is no regular expression that RE2 takes: /,
      'image.tag.matches("v{900}")',
    ],
    [
      'image.tag.matches("(ab){600}")',
      /^1:19: the pattern compiles to \d+ instructions, more than 1000/,
      'image.tag.matches("(ab){100}")',
    ],
    [
      'timestamp("2026-02-30T00:00:00Z") == timestamp(0)',
      '1:11: "2026-02-30T00:00:00Z" is a time that does not exist',
      'timestamp("2026-02-28T00:00:00Z") == timestamp(0)',
    ],
    [
      'timestamp("yesterday") == timestamp(0)',
      '1:11: "yesterday" is no time such as 2026-01-31T12:00:00Z',
      'timestamp("2026-02-28T00:00:00+01:00") == timestamp(0)',
    ],
    [
      'duration("1d") == duration(0)',
      '1:10: "1d" is no duration such as 72h or 1h30m',
      'duration("24h") == duration(0)',
    ],
    [
      'timestamp(0).getHours("Europe/Berlin") == 1',
      '1:23: "Europe/Berlin" is no time zone: UTC, or an offset such as +02:00',
      'timestamp(0).getHours("+01:00") == 1',
    ],
    [
      'Image{tag: "x"} == 1',
      '1:1: there are no messages such as Image (a map is written {"key": value})',
      '{"tag": "x"} == {}',
    ],
    [
      '99999999999999999999 == 1',
      '1:1: 99999999999999999999 does not fit an int (64 bits)',
      '9223372036854775807 == 1',
    ],
    [
      '99999999999999999999u == 1u',
      '1:1: 99999999999999999999u does not fit a uint (64 bits)',
      '18446744073709551615u == 1u',
    ],
    ['1e999 == 1.0', '1:1: this number does not fit a double', '1e99 == 1.0'],
  ] as const)('%s: functions and literals', (bad, message, good) => {
    if (typeof message === 'string') expect(refusal(bad)).toBe(message);
    else expect(refusal(bad)).toMatch(message);
    expect(refusal(good)).toBe('loaded');
  });

  it.each([
    ['[1].all(x, x)', '1:12: all asks for a bool, this is an int', '[1].all(x, x == 1)'],
    ['[1].exists(x, "a")', '1:15: exists asks for a bool, this is a string', '[1].exists(x, true)'],
    ['[1].exists_one(x, 1)', '1:19: exists_one asks for a bool, this is an int', '[1].exists_one(x, true)'],
    ['[1].filter(x, 1) == []', '1:15: filter asks for a bool, this is an int', '[1].filter(x, true) == []'],
    ['[1].map(x, 1, x) == []', '1:12: map asks for a bool, this is an int', '[1].map(x, true, x) == []'],
    ['[1].map(x, "a") == [1]', /^1:17: list<string> == list<int> is not defined/, '[1].map(x, "a") == ["1"]'],
    [
      '["a"].filter(x, true) == [1]',
      /^1:23: list<string> == list<int> is not defined/,
      '["a"].filter(x, true) == ["1"]',
    ],
    [
      '"abc".all(x, true)',
      '1:7: all walks over a list or the keys of a map, not over a string',
      '["abc"].all(x, true)',
    ],
    ['{"a": 1}.all(x, x == 1)', /^1:19: string == int is not defined/, '{"a": 1}.all(x, x == "a")'],
    [
      '[1].all(image, true)',
      '1:5: image names something already (take another name for the elements)',
      '[1].all(i, true)',
    ],
    [
      '[1].all(x, [2].all(x, true))',
      '1:16: x names something already (take another name for the elements)',
      '[1].all(x, [2].all(y, true))',
    ],
    ['[1].all(x, true) && x == 1', '1:21: there is no variable x', '[1].all(x, x == 1)'],
    ['[1].all(1, true)', '1:5: all takes a new name and an expression (write list.all(x, …))', '[1].all(x, true)'],
    ['[1].all(x)', '1:5: all takes a new name and an expression (write list.all(x, …))', '[1].all(x, true)'],
    [
      '[1].all(x, [1].all(y, [1].all(z, true)))',
      '1:27: all, exists, exists_one, filter and map may not be nested deeper than 2',
      '[1].all(x, [1].map(y, y).all(z, true))',
    ],
    [
      '[1].map(x, [1].map(y, [1].map(z, z))) == []',
      /^1:27: .* nested deeper than 2/,
      '[[1].map(y, y)].map(x, x.map(z, z)) == []',
    ],
  ] as const)('%s: macros', (bad, message, good) => {
    if (typeof message === 'string') expect(refusal(bad)).toBe(message);
    else expect(refusal(bad)).toMatch(message);
    expect(refusal(good)).toBe('loaded');
  });

  it.each([
    [
      `[${'1,'.repeat(maxLiteralElements)}1] == []`,
      'there are more than 1000 elements',
      `[${'1,'.repeat(maxLiteralElements - 1)}1] == []`,
    ],
    [
      `${'1+'.repeat(maxDepth)}1 == 1`,
      'the expression is nested deeper than 100',
      `${'1+'.repeat(maxDepth - 2)}1 == 1`,
    ],
    [
      `${'true?true:'.repeat(maxDepth)}true`,
      'the expression is nested deeper than 100',
      `${'true?true:'.repeat(maxDepth - 1)}true`,
    ],
    [
      `${'('.repeat(33)}true${')'.repeat(33)}`,
      'brackets are nested deeper than 32',
      `${'('.repeat(32)}true${')'.repeat(32)}`,
    ],
    [`true${' '.repeat(4093)}`, 'the expression is longer than 4096 bytes', `true${' '.repeat(4092)}`],
  ])('over a bound: %#', (bad, message, good) => {
    expect(refusal(bad)).toContain(message);
    expect(refusal(good)).toBe('loaded');
  });
});

describe('the table of variables', () => {
  const check = (text: string, variables: Readonly<Record<string, Type>>) =>
    checkTypes(parseExpression(text), variables);
  const predicate: Type = { kind: 'record', name: 'attestation', fields: { predicate: { type: dyn, about: 'JSON' } } };

  it('takes further rows, also of values whose type is known only when evaluated', () => {
    const variables = { attestation: predicate, levels: listOf(string), ready: bool };
    expect(() =>
      check('attestation.predicate.build.type == "x" && has(attestation.predicate.a.b)', variables),
    ).not.toThrow();
    expect(() =>
      check('attestation.predicate.steps.all(s, s.ok == true && int(s.count) > 1)', variables),
    ).not.toThrow();
    expect(() => check('ready && "3" in levels', variables)).not.toThrow();
    expect(() => check('3 in levels', variables)).toThrow('int in list<string> is not defined');
    expect(() => check('attestation.predicat == "x"', variables)).toThrow('attestation has no field predicat');
    expect(() => check('image.tag == ""', variables)).toThrow('there is no variable image');
  });
});

/** A string whose backslashes stand for themselves. */
function r(parts: TemplateStringsArray): string {
  return parts.raw.join('');
}
