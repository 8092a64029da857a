import { readFileSync } from 'node:fs';
import { type ResultEntry, reasons, toJsonText, toSarif } from '@signet/verifier';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { denied, everything, evil, failed, useAt, verified, warned } from './entries.ts';

// OASIS's schema, which is of JSON Schema's draft 4: what it uses of that means the same in the drafts that Ajv knows, but for these two names.
const {
  id: _id,
  $schema: _draft,
  ...schema
} = JSON.parse(readFileSync(new URL('fixtures/sarif-2.1.0.json', import.meta.url), 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation?: { readonly artifactLocation: { readonly uri: string }; readonly region: object };
    readonly logicalLocations: readonly { readonly name: string; readonly fullyQualifiedName: string }[];
  }[];
  readonly relatedLocations?: readonly object[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Run {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string; readonly helpUri: string }[] } };
  readonly invocations: readonly [
    { readonly executionSuccessful: boolean; readonly toolExecutionNotifications: object[] },
  ];
  readonly results: readonly Result[];
}

/** The one run of the document, printed and read again, after the schema had its say. */
function sarif(entries: readonly ResultEntry[], strict = false): Run {
  const log = JSON.parse(toJsonText(toSarif(entries, { version: '0.1.0', strict })));
  expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
  expect(log.runs).toHaveLength(1);
  return log.runs[0];
}

const only = (entry: ResultEntry, strict = false): Result => {
  const [result, ...more] = sarif([entry], strict).results;
  expect(more).toEqual([]);
  if (result === undefined) throw new RangeError('no result');
  return result;
};

describe('the schema', () => {
  it('holds for every kind of result, and for none at all', () => {
    expect(sarif(everything).results).toHaveLength(everything.length - 2);
    expect(sarif([]).results).toEqual([]);
  });

  it('refuses what is no SARIF', () => {
    const log = JSON.parse(toJsonText(toSarif([denied], { version: '0.1.0' })));
    expect(validate({ ...log, version: '2.0.0' })).toBe(false);
    log.runs[0].results[0].level = 'bad';
    expect(validate(log)).toBe(false);
  });
});

describe('rules', () => {
  it('are the reasons, each with help, and results point to theirs', () => {
    const { tool, results } = sarif(everything);
    const ids = tool.driver.rules.map(({ id }) => id);
    expect(ids).toEqual(Object.keys(reasons).filter((code) => code !== 'VERIFIED'));
    for (const { helpUri, id } of tool.driver.rules) expect(helpUri).toMatch(new RegExp(`#${id.toLowerCase()}$`));
    for (const { ruleId, ruleIndex } of results) expect(ids[ruleIndex]).toBe(ruleId);
  });
});

describe('results', () => {
  it('are there for what is not verified alone', () => {
    expect(sarif([verified]).results).toEqual([]);
    expect(only(denied)).toMatchObject({
      ruleId: 'NO_SIGNATURE',
      level: 'error',
      message: { text: expect.stringMatching(/^r\.example\/app:2: no signature is attached.*\nWhat to do: sign/) },
      properties: { verdict: 'denied', allowed: false, rule: 'prod', digest: expect.stringMatching(/^sha256:/) },
    });
  });

  it('are no errors where the rule allows the image, unless the verdict alone counts', () => {
    const levels = (strict: boolean) => sarif(everything, strict).results.map(({ level }) => level);
    expect(levels(false)).toEqual(['error', 'error', 'error', 'warning', 'note', 'note', 'error']);
    expect(new Set(levels(true))).toEqual(new Set(['error']));
  });

  it.each([
    ['deploy/web.yaml', 'deploy/web.yaml'],
    ['./a dir/ü:x.yaml', 'a%20dir/%C3%BC%3Ax.yaml'],
    ['../x.yaml', '../x.yaml'],
    ['/abs//x#1.yaml', 'file:///abs/x%231.yaml'],
    ['lone\uD800.yaml', 'lone%EF%BF%BD.yaml'],
  ])('name the file %s as %s, with line and column', (file, uri) => {
    const [location] = only({ ...denied, use: useAt(file, 17) }).locations;
    expect(location?.physicalLocation).toEqual({
      artifactLocation: { uri },
      region: { startLine: 17, startColumn: 16 },
    });
  });

  it('name the image alone where there is no file', () => {
    const [location] = only(warned).locations;
    expect(location).toEqual({
      logicalLocations: [{ name: 'r.example/app:5', fullyQualifiedName: 'r.example/app:5', kind: 'image' }],
    });
  });

  it('say what names the image, and lead to the rule', () => {
    const { use: _, ...bare } = denied;
    const there = only({ ...bare, use: useAt('a.yaml', 1, 'Pod x') });
    expect(there.locations[0]?.logicalLocations[0]?.fullyQualifiedName).toBe('Pod x: r.example/app:2');
    expect(there.relatedLocations).toBeUndefined();
    expect(only(evil).relatedLocations).toMatchObject([
      { physicalLocation: { artifactLocation: { uri: 'policy.yaml' } } },
    ]);
  });

  it('have fingerprints that stay when lines move, and differ for all else', () => {
    const print = (entries: readonly ResultEntry[]) =>
      sarif(entries).results.map(({ partialFingerprints }) => partialFingerprints['signetImageUse/v1']);
    const moved = { ...denied, use: useAt('deploy/web.yaml', 99) };
    expect(print([denied])).toEqual(print([moved]));
    const others = [denied, moved, { ...denied, use: useAt('b.yaml', 17) }, { ...denied, reference: 'r.example/b' }];
    expect(new Set(print(others)).size).toBe(4);
  });
});

describe('what could not be asked', () => {
  it('makes the run incomplete and is no result', () => {
    const { invocations, results } = sarif([failed, verified]);
    expect(results).toEqual([]);
    expect(invocations[0]).toMatchObject({
      executionSuccessful: false,
      toolExecutionNotifications: [
        { descriptor: { id: 'REFERENCE_INVALID' }, message: { text: 'NOT/a Ref: upper case' } },
      ],
    });
    expect(sarif([denied]).invocations[0].executionSuccessful).toBe(true);
  });
});
