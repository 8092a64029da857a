import { readFileSync } from 'node:fs';
import { type FileProblem, problemsToSarif } from '@signet/verifier';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';

// The schema is of JSON Schema's draft 4; these two names are all that Ajv does not know of it.
const {
  id: _id,
  $schema: _draft,
  ...schema
} = JSON.parse(readFileSync(new URL('fixtures/sarif-2.1.0.json', import.meta.url), 'utf8'));
const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

it('the faults of a policy are valid SARIF, each at its place', () => {
  const place = { file: 'policy.yaml', line: 3, column: 5 };
  const problems: readonly FileProblem[] = [
    {
      severity: 'error',
      code: 'POLICY_INVALID',
      message: 'unknown field "requires"',
      place,
      hint: 'did you mean "require"?',
    },
    { severity: 'warning', code: 'POLICY_UNSUPPORTED', message: 'not yet', place: { ...place, file: '-' } },
  ];
  const log = JSON.parse(JSON.stringify(problemsToSarif(problems, { version: '0.1.0' })));
  expect(validate(log) || validate.errors).toBe(true);
  expect(log.runs[0].results).toMatchObject([
    {
      ruleId: 'POLICY_INVALID',
      ruleIndex: 0,
      level: 'error',
      message: { text: 'unknown field "requires"\nWhat to do: did you mean "require"?' },
      locations: [
        { physicalLocation: { artifactLocation: { uri: 'policy.yaml' }, region: { startLine: 3, startColumn: 5 } } },
      ],
    },
    { ruleId: 'POLICY_UNSUPPORTED', ruleIndex: 1, level: 'warning', locations: [{}] },
  ]);
  expect(validate(problemsToSarif([], { version: '0.1.0' }))).toBe(true);
});
