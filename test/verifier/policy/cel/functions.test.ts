import { describe, expect, it } from 'vitest';
import { functions } from '../../../../packages/verifier/src/policy/cel/functions.ts';
import { answer, factsWith, outcome } from './condition-facts.ts';

const at = 'timestamp("2026-01-31T23:30:15.25Z")';

/** By name of the function or operator: expressions that hold. One for each way to call it. */
const holding: Readonly<Record<string, readonly string[]>> = {
  '!_': ['!false'],
  '_&&_': ['true && true'],
  '_||_': ['false || true', 'true || 1 / 0 == 1', '1 / 0 == 1 || true'],
  '_?_:_': ['(true ? 1 : 2) == 1', '(false ? 1 : 2) == 2', 'true ? true : 1 / 0 == 1'],
  '_==_': [
    '1 == 1',
    '"a" == "a"',
    'b"a" == b"a"',
    '[[1], [2]] != [[1], [3]]',
    '{"a": [1]} == {"a": [1]}',
    'duration("60s") == duration("1m")',
    'null == null',
    'dyn(1) == dyn(1.0) && dyn(1) == dyn(1u)',
    '!(dyn(9007199254740993) == dyn(9007199254740992.0))',
    '!(0.0 / 0.0 == 0.0 / 0.0)',
    '!(dyn("1") == dyn(1))',
    '!(dyn([1]) == dyn({1: 1}))',
    '{1: "a"} == {1: "a"} && {1u: "a"} == {1u: "a"}',
  ],
  '_!=_': ['1 != 2', 'image.tag != ""', '{"a": 1} != {"b": 1}', '[1] != [1, 1]', 'b"a" != b"b"', 'b"a" != b"aa"'],
  '_<_': [
    '1 < 2',
    '1u < 2u',
    '1.0 < 1.5',
    '"a" < "b"',
    '"a" < "aa"',
    'b"a" < b"b"',
    'b"" < b"a"',
    'false < true',
    'timestamp(0) < timestamp(1)',
    'duration("1s") < duration("1m")',
    r`"\uffff" < "\U00010000"`,
  ],
  '_<=_': [
    '1 <= 1',
    '1u <= 1u',
    '1.5 <= 1.5',
    '"a" <= "a"',
    'b"a" <= b"a"',
    'true <= true',
    'timestamp(1) <= timestamp(1)',
    'duration("1s") <= duration("1s")',
  ],
  '_>_': [
    '2 > 1',
    '2u > 1u',
    '1.5 > 1.0',
    '"b" > "a"',
    'b"b" > b"a"',
    'true > false',
    'timestamp(1) > timestamp(0)',
    'duration("1m") > duration("1s")',
  ],
  '_>=_': [
    '2 >= 2',
    '2u >= 2u',
    '1.5 >= 1.5',
    '"a" >= "a"',
    'b"a" >= b"a"',
    'true >= true',
    'timestamp(1) >= timestamp(1)',
    'duration("1s") >= duration("1s")',
  ],
  '@in': [
    '2 in [1, 2]',
    '!("c" in ["a"])',
    '"team" in signature.annotations',
    '!("x" in {"a": 1})',
    '1 in {1: 2} && 1u in {1u: 2} && true in {true: 1}',
  ],
  '_[_]': ['[1, 2][1] == 2', 'signature.annotations["team"] == "web"', '{1: "a"}[1] == "a"', '{1u: "a"}[1u] == "a"'],
  '_+_': [
    '1 + 2 == 3',
    '1u + 2u == 3u',
    '0.5 + 0.5 == 1.0',
    '"a" + "b" == "ab"',
    'b"a" + b"b" == b"ab"',
    '[1] + [2] == [1, 2]',
    '[] + [1] == [1]',
    'timestamp(0) + duration("1s") == timestamp(1)',
    'duration("1s") + timestamp(0) == timestamp(1)',
    'duration("1s") + duration("1s") == duration("2s")',
  ],
  '_-_': [
    '3 - 2 == 1',
    '3u - 2u == 1u',
    '1.5 - 0.5 == 1.0',
    'timestamp(60) - timestamp(0) == duration("1m")',
    'timestamp(60) - duration("1m") == timestamp(0)',
    'duration("1m") - duration("1s") == duration("59s")',
  ],
  '_*_': ['2 * 3 == 6', '2u * 3u == 6u', '1.5 * 2.0 == 3.0'],
  '_/_': ['7 / 2 == 3', '7u / 2u == 3u', '7.0 / 2.0 == 3.5'],
  '_%_': ['7 % 2 == 1', '7u % 2u == 1u'],
  '-_': ['-(1) == 0 - 1', '-(1.5) == 0.0 - 1.5'],
  size: [
    'size("äb😀") == 3',
    '"äb😀".size() == 3',
    'size(b"ab") == 2',
    'b"ab".size() == 2',
    'size([1, 2]) == 2',
    '[1].size() == 1',
    'size(signature.annotations) == 3',
    '{"a": 1}.size() == 1',
  ],
  contains: ['image.tag.contains("1.")', 'image.tag.contains("")'],
  startsWith: ['image.tag.startsWith("v")', '!image.tag.startsWith("x")'],
  endsWith: ['image.tag.endsWith(".2")', '!image.tag.endsWith("v")'],
  matches: [r`image.tag.matches(r"^v\d+\.\d+$")`, 'image.tag.matches("1")', '!image.tag.matches("^1")'],
  bool: ['bool(true)', 'bool("true") && !bool("false")'],
  int: [
    'int(5) == 5',
    'int(5u) == 5',
    'int(5.9) == 5',
    'int("-17") == -17',
    'int(signature.annotations.build) == 17',
    'int(timestamp("1970-01-01T00:01:00Z")) == 60',
    'int(duration("1m")) == 60',
  ],
  uint: ['uint(5u) == 5u', 'uint(5) == 5u', 'uint(5.9) == 5u', 'uint("18446744073709551615") == 18446744073709551615u'],
  double: ['double(1.5) == 1.5', 'double(1) == 1.0', 'double(1u) == 1.0', 'double("-1.5e3") == -1500.0'],
  string: [
    'string("a") == "a"',
    'string(true) == "true"',
    'string(-5) == "-5"',
    'string(5u) == "5"',
    'string(1.5) == "1.5"',
    'string(b"\\xc3\\xa4") == "ä"',
    'string(timestamp(0)) == "1970-01-01T00:00:00Z"',
    'string(duration("1m")) == "60s"',
    'string(b"\\xef\\xbb\\xbfa") == "\\ufeffa"',
  ],
  bytes: ['bytes(b"a") == b"a"', 'bytes("ä") == b"\\xc3\\xa4"'],
  timestamp: [
    'timestamp(timestamp(0)) == timestamp(0)',
    'timestamp("1970-01-01T00:00:01Z") == timestamp(1)',
    'timestamp(60) == timestamp("1970-01-01T00:01:00Z")',
  ],
  duration: [
    'duration(duration("1s")) == duration("1s")',
    'duration("1h30m") == duration("90m")',
    'duration(60) == duration("1m")',
  ],
  dyn: ['dyn(1) == 1', 'dyn(image.tag).size() == 4'],
  getFullYear: [`${at}.getFullYear() == 2026`, `${at}.getFullYear("UTC") == 2026`],
  getMonth: [`${at}.getMonth() == 0`, `${at}.getMonth("+01:00") == 1`],
  getDate: [`${at}.getDate() == 31`, `${at}.getDate("+01:00") == 1`],
  getDayOfMonth: [`${at}.getDayOfMonth() == 30`, `${at}.getDayOfMonth("+01:00") == 0`],
  getDayOfWeek: [`${at}.getDayOfWeek() == 6`, `${at}.getDayOfWeek("+01:00") == 0`],
  getDayOfYear: [`${at}.getDayOfYear() == 30`, `${at}.getDayOfYear("+01:00") == 31`],
  getHours: [`${at}.getHours() == 23`, `${at}.getHours("-01:30") == 22`, 'duration("90m").getHours() == 1'],
  getMinutes: [`${at}.getMinutes() == 30`, `${at}.getMinutes("+00:45") == 15`, 'duration("90m").getMinutes() == 90'],
  getSeconds: [`${at}.getSeconds() == 15`, `${at}.getSeconds("Z") == 15`, 'duration("90m").getSeconds() == 5400'],
  getMilliseconds: [`${at}.getMilliseconds() == 250`, `${at}.getMilliseconds("Z") == 250`],
};

describe('every function and operator that is offered', () => {
  it('has an example here for each way to call it', () => {
    expect(Object.keys(holding).sort()).toEqual([...functions.keys()].sort());
    for (const [name, signatures] of functions) {
      const examples = holding[name]?.length ?? 0;
      expect(examples, name).toBeGreaterThanOrEqual(name === '_==_' ? 1 : Math.min(signatures.length, 9));
    }
  });

  it.each(Object.entries(holding).flatMap(([name, texts]) => texts.map((text) => [name, text] as const)))(
    '%s: %s',
    (_name, text) => {
      expect(answer(text)).toEqual({ result: 'pass', message: 'the condition is met' });
      expect(outcome(`!(${text})`)).toBe('fail');
    },
  );
});

describe('macros', () => {
  it.each([
    '[1, 2].all(x, x > 0)',
    '[].all(x, false)',
    '![1, 2].all(x, x > 1)',
    '[1, 2].exists(x, x > 1)',
    '![].exists(x, true)',
    '[1, 2].exists_one(x, x > 1)',
    '![2, 2].exists_one(x, x > 1)',
    '[1, 2, 3].filter(x, x != 2) == [1, 3]',
    '[1, 2, 3].map(x, x * 2) == [2, 4, 6]',
    '[1, 2, 3].map(x, x != 2, x * 2) == [2, 6]',
    '[1, 2].map(x, [x, x]) == [[1, 1], [2, 2]]',
    '[1, 2].map(x, [10, 20].map(y, x + y)) == [[11, 21], [12, 22]]',
    '[1, 2].map(x, [1, 2, 3].filter(y, y > x)) == [[2, 3], [3]]',
    '[[1, 2], [3]].map(l, l.map(y, y * 2)) == [[2, 4], [6]]',
    '{"a": 1, "b": 2}.map(k, k) == ["a", "b"]',
    '[1 / 1].exists(x, 1 / (x - 1) == 0 || true)',
    'signature.annotations.exists(k, k.startsWith("org.") && signature.annotations[k] == "prod")',
    'signature.annotations.all(k, signature.annotations[k] != "")',
  ])('%s', (text) => {
    expect(answer(text).message).toBe('the condition is met');
  });
});

describe('an error while evaluating fails the condition, and says why', () => {
  it.each([
    ['1 / 0 == 1', 'int divide by zero'],
    ['1 % 0 == 1', 'int modulus by zero'],
    ['9223372036854775807 + 1 == 0', 'int overflow'],
    ['-(-9223372036854775808) == 0', 'int overflow'],
    ['1u - 2u == 0u', 'uint overflow'],
    ['int(1e30) == 0', 'int overflow'],
    ['uint(-1) == 0u', 'uint overflow'],
    ['[1][1] == 1', 'has 1 elements, none at 1'],
    ['[1][-1] == 1', 'has 1 elements, none at -1'],
    ['{"a": 1}["b"] == 1', 'has no "b"'],
    ['{"a": 1, "a": 2} == {}', 'map key conflict'],
    ['string(b"\\xff") == ""', 'the bytes are not UTF-8'],
    ['timestamp(253402300800) == timestamp(0)', 'no time from the year 1 to 9999'],
    ['timestamp(253402300799) + duration("1s") == timestamp(0)', 'timestamp out of range'],
    ['duration(9223372037) == duration(0)', 'longer than 292 years'],
    ['timestamp(signature.reference) == timestamp(0)', 'is no time such as'],
    ['dyn(image.tag) + 1 == 2', '+ does not take (string, int)'],
    ['dyn(image.tag)["a"] == 2', 'does not take'],
    ['dyn(image.tag).a == 2', 'has no "a"'],
    ['dyn(1) && true', 'type mismatch'],
    ['[1].all(x, 1 / (x - 1) == 0)', 'int divide by zero'],
    ['signature.claimedAt.getHours(image.tag) == 1', 'is no time zone'],
  ])('%s: %s', (text, reason) => {
    const { result, message } = answer(text);
    expect(result).toBe('fail');
    expect(message).toContain('the condition has no answer (line 1, column ');
    expect(message).toContain(reason);
  });

  it.each(['', ' 5', '5 ', '0x10', '1e3', '1_0', '٣', '9223372036854775808', '-9223372036854775809', '--1', '1.0'])(
    'int(%j)',
    (text) => {
      expect(answer('int(signature.reference) == 0', factsWith({ reference: text })).message).toContain(
        'is not an int',
      );
    },
  );

  it.each(['', '-1', '18446744073709551616', ' 1'])('uint(%j)', (text) => {
    expect(answer('uint(signature.reference) == 0u', factsWith({ reference: text })).message).toContain(
      'is not a uint',
    );
  });

  it.each(['', 'x', 'Infinity', 'NaN', '0x1', '1.5.5', '.'])('double(%j)', (text) => {
    expect(answer('double(signature.reference) == 0.0', factsWith({ reference: text })).message).toContain(
      'is not a double',
    );
  });

  it.each(['', 'yes', 'tRUE', '2'])('bool(%j)', (text) => {
    expect(answer('bool(signature.reference)', factsWith({ reference: text })).message).toContain('is not a bool');
  });

  it('quotes no more than a part of what comes from outside', () => {
    const { message } = answer(
      'signature.annotations[signature.reference] == ""',
      factsWith({ reference: 'x'.repeat(9999) }),
    );
    expect(message).toContain(`signature.annotations has no "${'x'.repeat(100)}…"`);
    expect(message.length).toBeLessThan(400);
  });
});

it('times do not depend on the time zone of the machine', () => {
  const before = process.env.TZ;
  try {
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Pacific/Apia', 'UTC']) {
      process.env.TZ = zone;
      // 02:30 does not exist in Berlin on that day.
      expect(outcome('timestamp("2026-03-29T02:30:00Z").getHours() == 2'), zone).toBe('pass');
      expect(outcome('timestamp("2026-03-08T02:30:00Z").getHours() == 2'), zone).toBe('pass');
    }
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

/** A string whose backslashes stand for themselves. */
function r(parts: TemplateStringsArray): string {
  return parts.raw.join('');
}
