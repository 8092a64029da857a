/** A policy that was made to take all time or memory there is. */
export interface PolicyBomb {
  readonly text: () => string;
  /** Of the first fault: its place and message. */
  readonly fault: RegExp;
  /** Files beside it. */
  readonly files?: () => Readonly<Record<string, string>>;
}

const megabyte = 1024 * 1024;
const fill = (piece: string, length: number = megabyte): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
const many = (count: number, make: (at: number) => string, between = '\n'): string =>
  Array.from({ length: count }, (_, at) => make(at)).join(between);
const rules = (count: number, image: (at: number) => string, more = 'mode: skip'): string =>
  `version: 1\nrules:\n${many(count, (at) => ` - { images: ["${image(at)}"], ${more} }`)}\n`;

const tokens = /:\d+:\d+ more than 600000 lexical tokens in all files$/;
const values = /:\d+:\d+ more than 300000 values in all files, with what aliases repeat$/;
const characters = /:\d+:\d+ more than 8388608 characters in all files, with what aliases and variables repeat$/;
const deep = /:\d+:\d+ nested deeper than 32 levels$/;
const noMap = /:1:1 a map \(name: value\) is expected here, not /;
const notYaml = /:\d+:\d+ not YAML: /;

/** One sign or word over and over: a megabyte of it, as large as a policy may be. */
const repeated: readonly (readonly [piece: string, fault: RegExp])[] = [
  ['[', deep],
  ['{', deep],
  [']', tokens],
  ['- ', deep],
  ['? ', deep],
  [': ', deep],
  [':', notYaml],
  [',', notYaml],
  ['"', notYaml],
  ["'", noMap],
  ['"" ', tokens],
  ['"a": ', deep],
  ['- "\\q"\n', notYaml],
  ['\\', noMap],
  ['&a', /:1:1048577 a map \(name: value\) is expected here, not nothing$/],
  ['&a ', tokens],
  ['*a', /:1:1 the alias /],
  ['!!x', notYaml],
  ['!!x ', notYaml],
  ['!', notYaml],
  ['|', notYaml],
  ['- |\n', tokens],
  ['>\n ', noMap],
  ['#', /:1:1 the file is empty$/],
  ['---\n', /:2:1 a second document begins here/],
  [' ', /:1:1 the file is empty$/],
  ['a', noMap],
  ['a\n', noMap],
  ['\0', /:1:1 the text holds a character that cannot be seen/],
  ['😀', noMap],
];

/** By what they are. Each is refused, by a limit or for what it says. */
export const policyBombs: Readonly<Record<string, PolicyBomb>> = {
  ...Object.fromEntries(
    repeated.map(([piece, fault]) => [
      `a megabyte of ${JSON.stringify(piece)}`,
      { text: () => fill(piece, piece.length === 2 && !/^[ -~\n\r]*$/.test(piece) ? megabyte / 2 : megabyte), fault },
    ]),
  ),
  'aliases that multiply': {
    text: () => `a0: &a0 [x]\n${many(50, (at) => `a${at + 1}: &a${at + 1} [${many(9, () => `*a${at}`, ',')}]`)}\n`,
    fault: values,
  },
  'aliases that multiply as keys of merges': {
    text: () =>
      `a0: &a0 { x: 1 }\n${many(50, (at) => `a${at + 1}: &a${at + 1} { p: *a${at}, q: *a${at}, r: *a${at} }`)}\n`,
    fault: values,
  },
  'a chain of aliases': {
    text: () => `a0: &a0 x\n${many(40_000, (at) => `a${at + 1}: &a${at + 1} [*a${at}]`)}\n`,
    fault: values,
  },
  'an alias inside of itself': {
    text: () => 'version: 1\nrules: &r [*r]\n',
    fault: /:2:12 the alias "\*r" names nothing: it stands inside/,
  },
  'merge keys': {
    text: () => `version: 1\nx: &x { a: 1 }\n${fill('<<: *x\n', megabyte - 100)}`,
    fault: tokens,
  },
  'an alias of a long text': {
    text: () =>
      `version: 1\nrules: [{ name: &n ${fill('x', megabyte / 2)} }, ${many(30_000, () => '{ name: *n }', ', ')}]`,
    fault: characters,
  },
  'an alias of a long text in a JWKS': {
    text: () =>
      `version: 1\ntrust: { r: { keys: [{ jwks: { keys: [&k "${fill('x', megabyte / 2)}", ${many(50_000, () => '*k', ', ')}] } }] } }`,
    fault: characters,
  },
  'a number of a megabyte': {
    text: () => `version: ${fill('9', megabyte - 20)}`,
    fault: /:1:10 version 9{40}… of the policy language is not known/,
  },
  'an exponent of a megabyte': {
    text: () => `version: 1e${fill('9', megabyte - 20)}`,
    fault: /:1:10 version 1e9{38}… of the policy/,
  },
  'a duration of a megabyte': {
    text: () => rules(1, () => 'x.io/a', `maxAge: ${fill('9', megabyte - 100)}`),
    fault: /:3:\d+ text is expected here, not the number 9{40}…$/,
  },
  'a name of a megabyte': { text: () => `version: 1\n"${fill('x', megabyte - 30)}": 1\n`, fault: notYaml },
  'rules without anything': {
    text: () => `version: 1\nrules: [${many(140_000, () => '{}', ', ')}]`,
    fault: /:2:8 "rules" has more than 10000 items$/,
  },
  'unknown fields': {
    text: () => `version: 1\n${many(60_000, (at) => `imagess${at}: 1`)}\n`,
    fault: /:2:1 unknown field "imagess0"$/,
  },
  'patterns that begin alike': {
    text: () => `${rules(9_999, (at) => `*/p${at}x*/**`)} - { images: ["*/p0x*/**"], mode: skip }\n`,
    fault:
      /:10002:15 "\*\/p0x\*\/\*\*" and "\*\/p0x\*\/\*\*" \(policy\.yaml:3:15, rule "rules\[0\]"\) say equally much and have images in common/,
  },
  'patterns that nothing tells apart': {
    text: () => rules(10_000, (at) => `x.io/*${at}*`),
    fault: /say equally much and have images in common: which of their rules decides is not clear$/,
  },
  'patterns that only their middles tell apart': {
    text: () =>
      rules(10_000, (at) => {
        const [a, b] = [`a${10_000 + at}`, `b${10_000 + at}`];
        return at % 2 === 0 ? `x.io/*/${a}/*${b}*` : `x.io/*/*${a}*/${b}`;
      }),
    fault: /say equally much, and too many do to tell which of them have images in common$/,
  },
  'variables by the thousand': {
    text: () => `version: 1\nvariables:\n${many(10_000, (at) => `  V${at}: { env: E, default: x }`)}\n`,
    fault: /:3:3 "variables" has more than 1000 entries$/,
  },
  'variables in variables': {
    text: () =>
      `version: 1\nvariables: { A: { env: A, default: ${fill('x', 256)} } }\ntrust: { r: { keys: [&k "${fill('${A}', 64_000)}", ${many(60, () => '*k', ', ')}] } }\n`,
    fault: /"x{80}…" cannot be read: /,
  },
  'names that are nearly known': {
    text: () =>
      `version: 1\nvariables:\n${many(1_000, (at) => `  A_NAME_THAT_IS_AS_LONG_AS_A_VARIABLE_MAY_BE_CALLED_${at}: { env: E, default: x }`)}\n${rules(5_000, (at) => `x.io/\${A_NAME_THAT_IS_AS_LONG_AS_A_VARIABLE_MAY_BE_CALLED_X${at}}`).slice('version: 1\n'.length)}`,
    fault: /the variable "A_NAME_THAT_IS_AS_LONG_AS_A_VARIABLE_MAY_BE_CALLED_X\d+" is not declared in this file$/,
  },
  'sources by the thousand': {
    text: () => `version: 1\ntrust:\n${many(20_000, (at) => `  s${at}: { keys: [a.pub] }`)}\n`,
    fault: /:3:3 "trust" has more than 2000 entries$/,
  },
  'a JWKS of thousands of keys': {
    text: () => 'version: 1\ntrust: { r: { keys: [k.json] } }\n',
    files: () => ({ 'k.json': `{"keys":[${many(10_000, () => '{"kty":"OKP","crv":"Ed25519","x":"AA"}', ',')}]}` }),
    fault: /:2:22 k\.json: more than 100 keys in one file$/,
  },
  'a key with an exponent of a megabyte': {
    text: () => 'version: 1\ntrust: { r: { keys: [k.json] } }\n',
    files: () => ({ 'k.json': `{"kty":"RSA","n":"AQAB","e":"${fill('a', megabyte - 100)}"}` }),
    fault: /:2:22 k\.json: a public key of \d+ bytes: at most 8192 are taken$/,
  },
  'a condition that is written out': {
    text: () =>
      `version: 1\ntrust: { r: { keys: [a.pub] } }\n${rules(400, (at) => `x.io/a${at}`, `require: r, where: 'image.tag.matches("${fill('a{1000}', 980)}")'`).slice('version: 1\n'.length)}`,
    fault: /the pattern has more than 4000 parts, with what it repeats: repeat less$/,
  },
  'conditions by the thousand': {
    text: () =>
      `version: 1\nrules:\n${many(4_000, (at) => ` - { images: ["x.io/a${at}"], require: r, where: 'image.tag.matches("^v[0-9]+-${at}$") && image.repository.startsWith("prod/${at}")' }`)}\n`,
    fault: /there is no source of trust "r"$/,
  },
  'many tiny files': {
    text: () => `version: 1\nextends: [${many(32, (at) => `e${at}.yaml`, ', ')}]\n`,
    files: () => Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`e${at}.yaml`, 'version: 1\n'])),
    fault: /:2:\d+ the policy is made of more than 32 files$/,
  },
  'files that lead on': {
    text: () => 'version: 1\nextends: e0.yaml\n',
    files: () =>
      Object.fromEntries(
        Array.from({ length: 20 }, (_, at) => [`e${at}.yaml`, `version: 1\nextends: e${at + 1}.yaml\n`]),
      ),
    fault: /^e7\.yaml:2:10 "extends" leads deeper than 8 files$/,
  },
  'files that are large together': {
    text: () => 'version: 1\nextends: [a.yaml, b.yaml, c.yaml]\n',
    files: () =>
      Object.fromEntries(['a', 'b', 'c'].map((name) => [`${name}.yaml`, `version: 1\n${fill(' #\n', megabyte - 20)}`])),
    fault: tokens,
  },
};
