import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import { policySchema, requirementSchema } from '../packages/verifier/src/policy/load/schema.ts';

/** Where the published schema lies. */
export const policySchemaFile: string = join(
  fileURLToPath(new URL('..', import.meta.url)),
  'packages/verifier/policy.schema.json',
);

/** packages/verifier/policy.schema.json as the loader's own schemas say it now. */
export function renderPolicySchema(): string {
  const converted = toJsonSchema(policySchema, {
    target: 'draft-2020-12',
    definitions: { require: requirementSchema },
    overrideSchema: ({ jsonSchema }) => together(jsonSchema),
  });
  const { $schema, ...schema } = converted;
  const head = {
    $schema,
    $id: 'https://signet.dev/schemas/policy.schema.json',
    title: 'Signet trust policy',
    description: 'What is trusted for which images: docs/policy.md.',
  };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}

/** What the loader checks of fields that belong together, added to the object that has them; described fields get their text. */
function together(schema: JsonSchema): JsonSchema | undefined {
  const { properties } = schema;
  if (properties === undefined) return undefined;
  const names = Object.keys(properties);
  const described = Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, describe(`${kindOf(names)}${name}`, inner)]),
  );
  const bound = bindings.find(({ fields }) => fields.every((field) => names.includes(field)));
  return { ...schema, properties: described, ...bound?.added };
}

/** Of maps whose fields bear names that mean something else in others. */
function kindOf(names: readonly string[]): string {
  if (names.includes('env')) return 'env.';
  if (names.includes('collections')) return 'catalogue.';
  return names.includes('mode') && !names.includes('images') ? 'freshness.' : '';
}

const checkingFields = [
  'require',
  'tag',
  'catalogue',
  'platforms',
  'annotations',
  'maxAge',
  'notBefore',
  'allowUnpinned',
  'reuse',
  'where',
];

/** Recognised by their fields. */
const bindings: readonly { readonly fields: readonly string[]; readonly added: JsonSchema }[] = [
  {
    fields: ['any', 'all', 'atLeast', 'of'],
    added: {
      oneOf: [
        { required: ['any'], maxProperties: 1 },
        { required: ['all'], maxProperties: 1 },
        { required: ['atLeast', 'of'], maxProperties: 2 },
      ],
    },
  },
  { fields: ['jwk', 'jwks'], added: { minProperties: 1, maxProperties: 1 } },
  {
    fields: ['images', 'mode', 'require'],
    added: {
      if: { properties: { mode: { const: 'skip' } }, required: ['mode'] },
      // biome-ignore lint/suspicious/noThenProperty: the word of JSON Schema
      then: { properties: Object.fromEntries(checkingFields.map((field) => [field, false])) },
      else: {
        required: ['require'],
        if: { properties: { tag: { const: 'trusted' } }, required: ['tag'] },
        // biome-ignore lint/suspicious/noThenProperty: the word of JSON Schema
        then: { required: ['catalogue'], properties: { allowUnpinned: { const: false } } },
        else: { properties: { catalogue: false } },
      },
    },
  },
  {
    fields: ['collections', 'freshness'],
    added: {
      if: { properties: { freshness: { properties: { mode: { const: 'bundle' } } } }, required: ['freshness'] },
      // biome-ignore lint/suspicious/noThenProperty: the word of JSON Schema
      then: {
        properties: { freshness: { required: ['maxAge'] }, maxAge: false, graceAfterExpiry: false },
      },
      else: { properties: { freshness: { properties: { maxAge: false } } } },
    },
  },
];

/** For editors, which show them beside the field. */
const descriptions: Readonly<Record<string, string>> = {
  extends: 'Files whose sources, rules, renames and refusals belong to this policy too, relative to this file.',
  variables:
    'What may be taken from the environment; a dollar sign and {NAME} stand for it in images, keys, annotations, rename and refuse.',
  trust: 'Named sources of trust.',
  keys: 'Public keys: a file, a folder (with / at the end), PEM, { jwk: … } or { jwks: … }.',
  threshold: 'How many different keys of the source must have signed.',
  formats: 'Signatures in these formats alone count: sigstore (bundles), cosign (its older form).',
  refuse: 'Digests and keys that are never let through, whatever a rule says.',
  rename: 'Images that are pulled from one place and were signed as another.',
  rules: 'The most specific pattern that fits decides.',
  images: 'Patterns: HOST/PATH[:TAG][@DIGEST], * within a part, ** for parts.',
  mode: 'enforce (default) stops; warn and audit let through and tell; skip checks nothing.',
  require: 'A source, or any, all, or atLeast … of.',
  tag: 'bound: the signed reference must name the repository and tag that were asked for. trusted: a signed catalogue says what the tag is.',
  catalogue: 'With tag: trusted: which of the catalogues.',
  catalogues: 'Signed tags: who says which tags of which repositories are current.',
  'catalogue.collections': 'The repositories: HOST/PATH, or HOST/PATH/** for all below it.',
  'catalogue.mirrors': 'Where they are mirrored, in the same form.',
  'catalogue.location': 'Where signet-tags lies, in the same form. Default: the repository that is asked.',
  'catalogue.signedBy': 'Who signs the catalogue: a source, or any, all, or atLeast … of.',
  'catalogue.maxAge': 'How long ago it may have been issued. Default: 72h.',
  'catalogue.notBefore': 'It must not have been issued earlier.',
  'catalogue.graceAfterExpiry': 'For so long an expired catalogue is taken with a warning. Default: 0.',
  'catalogue.onRollback':
    'Where a registry shows less than was seen: useTrusted (default) goes on with what was seen, deny does not.',
  'catalogue.superseded': 'REPO:TAG@DIGEST may be what the tag named until so long ago. Default: 0.',
  'catalogue.digestReferences':
    'A reference by digest: listed (default), what some tag names; any, whatever is signed.',
  'catalogue.freshness': 'mode: bundle for catalogues that come by hand: their maxAge counts in place of the expiry.',
  platforms: 'each: every platform of an index must satisfy the rule by itself.',
  annotations: 'What the signed payload must hold, exactly.',
  maxAge: 'How long ago the verified time of a signature may be: 90s, 15m, 72h, 30d.',
  notBefore: 'The verified time of a signature must not be earlier.',
  where: 'A condition in CEL over image and signature.',
  'env.env': 'The environment variable.',
  'env.default': 'The value where it is not set; without this, that is an error.',
  default: 'What becomes of an image that no rule is for: deny (default) or allow.',
};

function describe(name: string, schema: JsonSchema | boolean): JsonSchema | boolean {
  const description = descriptions[name];
  return description === undefined || typeof schema === 'boolean' ? schema : { description, ...schema };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(policySchemaFile, renderPolicySchema());
