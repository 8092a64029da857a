import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { openApiDocument } from '../../../packages/admission/src/index.ts';

async function errorsOf(document: Readonly<Record<string, unknown>>): Promise<unknown> {
  const validator = new Validator();
  const { valid, errors } = await validator.validate({ ...structuredClone(document) });
  expect(valid).toBe(errors === undefined);
  return { version: validator.version, errors };
}

it('the document is valid by the schema of OpenAPI 3.1', async () => {
  expect(await errorsOf(openApiDocument)).toEqual({ version: '3.1', errors: undefined });
});

it('and would not be with a member that OpenAPI does not know', async () => {
  const { errors } = (await errorsOf({ ...openApiDocument, info: { title: 'no version' } })) as { errors: unknown };
  expect(errors).toMatchObject([{ instancePath: '/info' }]);
});
