import * as v from 'valibot';
import { formatNames } from '../../format-names.ts';
import type { CheckAction } from '../x509-trust.ts';
import type {
  CatalogueInput,
  FreshnessInput,
  KeyInput,
  PolicyInput,
  RenameInput,
  RequireInput,
  RuleInput,
  SourceInput,
  VariableInput,
  X509Input,
} from './input.ts';
import { policyLimits } from './limits.ts';
import { reservedNames } from './reserved-names.ts';

type Schema<Output> = v.GenericSchema<unknown, Output>;

const text = (what: string, most: number): Schema<string> =>
  v.pipe(v.string(), v.minLength(1, `${what} is empty`), v.maxLength(most, `${what} has more than ${most} characters`));

const matching = (pattern: RegExp, message: string): v.GenericSchema<string, string> =>
  v.pipe(v.string(), v.regex(pattern, message));

/** Any number of items, none included. */
const listOf = <Item>(item: Schema<Item>, what: string, most: number): Schema<Item[]> =>
  v.pipe(v.array(item), v.maxLength(most, `${what} has more than ${most} items`));

/** At least one item. */
const someOf = <Item>(item: Schema<Item>, what: string, most: number): Schema<Item[]> =>
  v.pipe(
    v.array(item),
    v.minLength(1, `${what} is an empty list`),
    v.maxLength(most, `${what} has more than ${most} items`),
  );

const recordOf = <Item>(
  name: v.GenericSchema<string, string>,
  item: Schema<Item>,
  { what, most }: { readonly what: string; readonly most: number },
): Schema<Record<string, Item>> =>
  v.pipe(v.record(name, item), v.maxEntries(most, `${what} has more than ${most} entries`));

const wholeNumber = (what: string, most: number): Schema<number> =>
  v.pipe(
    v.number(),
    v.integer(`${what} is no whole number`),
    v.minValue(1, `${what} is less than 1`),
    v.maxValue(most, `${what} is more than ${most}`),
  );

const notReserved = `(?!(?:${reservedNames.join('|')})$)`;
const sourceName: v.GenericSchema<string, string> = matching(
  new RegExp(`^${notReserved}[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`),
  'the name of a source is up to 64 letters, digits, dots, dashes and underscores',
);
/** A source of trust cannot be called as the requirement that nothing satisfies. */
const trustName: v.GenericSchema<string, string> = matching(
  new RegExp(`^(?!never$)${notReserved}[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`),
  'the name of a source is up to 64 letters, digits, dots, dashes and underscores, and not "never"',
);
const catalogueName: v.GenericSchema<string, string> = matching(
  new RegExp(`^${notReserved}[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`),
  'the name of a catalogue is up to 64 letters, digits, dots, dashes and underscores',
);
const variableNamePattern = /^[A-Z_][A-Z0-9_]{0,63}$/;
/** What a variable may be called, in words. */
export const variableNameRule = 'the name of a variable is up to 64 upper-case letters, digits and underscores';
const variableName: v.GenericSchema<string, string> = matching(variableNamePattern, variableNameRule);

/** Whether a variable may be called so. */
export function isVariableName(text: string): boolean {
  return variableNamePattern.test(text);
}

const environmentName: Schema<string> = matching(
  /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  'the name of an environment variable is letters, digits and underscores',
);
const ruleName: Schema<string> = matching(
  /^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,79}$/,
  'the name of a rule is up to 80 letters, digits, spaces, dots, dashes, underscores and slashes',
);
const annotationName: v.GenericSchema<string, string> = matching(
  new RegExp(`^${notReserved}[!-~]{1,256}$`),
  'the name of an annotation is up to 256 ASCII characters without spaces',
);

const duration: Schema<string> = matching(
  /^[1-9][0-9]{0,5}[smhd]$/,
  'a duration is a number and one of s, m, h, d, such as 72h',
);

const time: Schema<string> = matching(
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/,
  'a time is written like 2026-01-31T00:00:00Z',
);

const durationOrNone: Schema<string | 0> = v.union([duration, v.literal(0)]);

const jsonObject: Schema<Record<string, unknown>> = v.record(v.string(), v.unknown());

const keyReference: Schema<KeyInput> = v.union([
  text('a key', 64 * 1024),
  v.strictObject({ jwk: v.exactOptional(jsonObject), jwks: v.exactOptional(jsonObject) }),
]);

/** `require`, at any depth. Exported for the published schema, which names it. */
export const requirementSchema: Schema<RequireInput> = v.union([
  sourceName,
  v.strictObject({
    any: v.exactOptional(
      someOf(
        v.lazy(() => requirementSchema),
        '"any"',
        policyLimits.maxRequireBranches,
      ),
    ),
    all: v.exactOptional(
      someOf(
        v.lazy(() => requirementSchema),
        '"all"',
        policyLimits.maxRequireBranches,
      ),
    ),
    atLeast: v.exactOptional(wholeNumber('"atLeast"', policyLimits.maxRequireBranches)),
    of: v.exactOptional(
      someOf(
        v.lazy(() => requirementSchema),
        '"of"',
        policyLimits.maxRequireBranches,
      ),
    ),
  }),
]);

const variable: Schema<VariableInput> = v.strictObject({
  env: environmentName,
  default: v.exactOptional(v.pipe(v.string(), v.maxLength(256, 'a default has more than 256 characters'))),
});

const action: Schema<CheckAction> = v.picklist(['enforce', 'log']);
const anchors = (what: string): Schema<string[]> => someOf(text('a path', 4096), what, 1_000);

/** Rule: wire-formats 9.2, 9.3 */
const x509: Schema<X509Input> = v.strictObject({
  ca: v.exactOptional(anchors('"ca"')),
  signingAuthority: v.exactOptional(anchors('"signingAuthority"')),
  tsa: v.exactOptional(anchors('"tsa"')),
  identities: someOf(text('an identity', 4096), '"identities"', 1_000),
  level: v.exactOptional(v.picklist(['strict', 'permissive', 'audit'])),
  override: v.exactOptional(
    v.strictObject({
      authenticity: v.exactOptional(action),
      authenticTimestamp: v.exactOptional(action),
      expiry: v.exactOptional(action),
      revocation: v.exactOptional(v.picklist(['enforce', 'log', 'skip'])),
    }),
  ),
  verifyTimestamp: v.exactOptional(v.picklist(['always', 'afterCertExpiry'])),
  allowPrivateServers: v.exactOptional(v.boolean()),
});

const source: Schema<SourceInput> = v.strictObject({
  keys: v.exactOptional(someOf(keyReference, '"keys"', 1_000)),
  x509: v.exactOptional(x509),
  threshold: v.exactOptional(wholeNumber('"threshold"', 1_000)),
  formats: v.exactOptional(someOf(v.picklist(formatNames), '"formats"', 16)),
});

const rename: Schema<RenameInput> = v.strictObject({ from: text('"from"', 256), to: text('"to"', 256) });

const freshness: Schema<FreshnessInput> = v.strictObject({
  mode: v.picklist(['online', 'bundle']),
  maxAge: v.exactOptional(duration),
});

const catalogue: Schema<CatalogueInput> = v.strictObject({
  collections: text('"collections"', 512),
  mirrors: v.exactOptional(someOf(text('a pattern', 512), '"mirrors"', 64)),
  location: v.exactOptional(text('"location"', 512)),
  signedBy: requirementSchema,
  maxAge: v.exactOptional(duration),
  notBefore: v.exactOptional(time),
  graceAfterExpiry: v.exactOptional(durationOrNone),
  onRollback: v.exactOptional(v.picklist(['useTrusted', 'deny'])),
  superseded: v.exactOptional(durationOrNone),
  digestReferences: v.exactOptional(v.picklist(['listed', 'any'])),
  freshness: v.exactOptional(freshness),
});

const rule: Schema<RuleInput> = v.strictObject({
  name: v.exactOptional(ruleName),
  images: someOf(text('a pattern', 512), '"images"', policyLimits.maxPatterns),
  mode: v.exactOptional(v.picklist(['enforce', 'warn', 'audit', 'skip'])),
  require: v.exactOptional(requirementSchema),
  tag: v.exactOptional(v.picklist(['any', 'bound', 'trusted'])),
  catalogue: v.exactOptional(catalogueName),
  platforms: v.exactOptional(v.picklist(['index', 'each'])),
  annotations: v.exactOptional(
    v.record(annotationName, v.pipe(v.string(), v.maxLength(4096, 'a value has more than 4096 characters'))),
  ),
  maxAge: v.exactOptional(duration),
  notBefore: v.exactOptional(time),
  allowUnpinned: v.exactOptional(v.boolean()),
  reuse: v.exactOptional(v.strictObject({ fresh: duration, stale: v.exactOptional(duration) })),
  where: v.exactOptional(text('"where"', 4096)),
});

/** The shape of a policy file. What goes beyond a single value (names that must exist, bounds over files) is checked by the loader. */
export const policySchema: Schema<PolicyInput> = v.strictObject({
  $schema: v.exactOptional(v.string()),
  version: v.literal(1),
  extends: v.exactOptional(
    v.union([text('"extends"', 1024), someOf(text('"extends"', 1024), '"extends"', policyLimits.maxFiles)]),
  ),
  variables: v.exactOptional(
    recordOf(variableName, variable, { what: '"variables"', most: policyLimits.maxVariables }),
  ),
  trust: v.exactOptional(recordOf(trustName, source, { what: '"trust"', most: policyLimits.maxSources })),
  refuse: v.exactOptional(
    v.strictObject({
      digests: v.exactOptional(listOf(text('a digest', 256), '"digests"', 10_000)),
      keys: v.exactOptional(listOf(keyReference, '"keys"', 1_000)),
    }),
  ),
  rename: v.exactOptional(listOf(rename, '"rename"', 1_000)),
  catalogues: v.exactOptional(
    recordOf(catalogueName, catalogue, { what: '"catalogues"', most: policyLimits.maxCatalogues }),
  ),
  rules: v.exactOptional(listOf(rule, '"rules"', policyLimits.maxRules)),
  default: v.exactOptional(v.picklist(['deny', 'allow'])),
});
