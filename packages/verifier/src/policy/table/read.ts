import { type Digest, digestOf, parseDigest, parseReference, RegistryError } from '@signet/oci';
import { PolicyError } from '../../errors.ts';
import { formatNames } from '../../format-names.ts';
import { parsePlatformName } from '../../platform.ts';
import { reasons } from '../../report/reasons.ts';
import { parseDocument } from '../load/document.ts';
import type { PolicyNode } from '../load/node.ts';
import type { Problems } from '../load/problems.ts';
import { parseTime } from '../load/times.ts';
import type { Expected, MadeSignature, TableCase } from './case.ts';
import { choiceOf, Fields, type PlacedText, textOf } from './fields.ts';

/** A signature whose signer is still a word of the table. */
export interface WrittenSignature extends Omit<MadeSignature, 'keyId'> {
  readonly by: PlacedText;
}

/** A case as it is written. */
export interface WrittenCase extends Omit<TableCase, 'signatures'> {
  readonly signatures: readonly WrittenSignature[];
}

/** A table as it is written: keys and policy are still paths. */
export interface WrittenTable {
  readonly file: string;
  readonly policy?: PlacedText;
  readonly atMs?: number;
  /** Files of keys by the names that cases use. */
  readonly keys: ReadonlyMap<string, PlacedText>;
  readonly cases: readonly WrittenCase[];
}

const maxCases = 10_000;
const maxSignatures = 100;

/** Gaps that a case may make up: those that happen. */
const gapCodes = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'UNREACHABLE',
  'TIMEOUT',
  'THROTTLED',
  'SERVER_ERROR',
  'UNEXPECTED_ANSWER',
  'DIGEST_MISMATCH',
  'TOO_LARGE',
  'LIMIT_REACHED',
] as const;

/** Reads a table of docs/policy-test.md; undefined where it is broken, which is then among the problems. */
export function readTable(bytes: Uint8Array, file: string, problems: Problems): WrittenTable | undefined {
  const root = parseDocument(bytes, file, { problems });
  if (root === undefined) return undefined;
  if (isPolicy(root)) {
    problems.add('this is a policy, not a table of cases', root.place, {
      hint: 'name a table, and the policy with --policy',
    });
    return undefined;
  }
  const fields = new Fields(root, ['version', 'policy', 'at', 'keys', 'cases'], problems);
  const version = fields.get('version');
  if (version?.kind !== 'scalar' || version.value !== 1)
    problems.add('the version is missing, or not 1', version?.place ?? root.place, { hint: 'write: version: 1' });
  const cases = fields.list('cases');
  if (cases.length === 0)
    problems.add('there are no cases', root.place, { hint: 'a table without cases tests nothing' });
  if (cases.length > maxCases) problems.add(`more than ${maxCases} cases`, root.place);
  const policy = fields.text('policy');
  const atMs = fields.parsed('at', parseTime, timeWanted);
  const written = cases.slice(0, maxCases).flatMap((node, at) => readCase(node, at, problems) ?? []);
  if (problems.hasErrors) return undefined;
  return {
    file,
    ...(policy === undefined ? {} : { policy }),
    ...(atMs === undefined ? {} : { atMs }),
    keys: fields.texts('keys'),
    cases: written,
  };
}

function isPolicy(root: PolicyNode): boolean {
  return root.kind === 'map' && !root.entries.has('cases') && (root.entries.has('rules') || root.entries.has('trust'));
}

const timeWanted = 'a time like 2026-01-31T00:00:00Z';
const digestWanted =
  'a digest (sha256:…), nor a word that stands for a made-up one (lower-case letters, digits, dashes)';
const caseFields = [
  'name',
  'image',
  'platform',
  'digest',
  'tagNames',
  'children',
  'signatures',
  'gaps',
  'unresolved',
  'expect',
] as const;

function readCase(node: PolicyNode, at: number, problems: Problems): WrittenCase | undefined {
  const fields = new Fields(node, caseFields, problems);
  const image = fields.text('image');
  const reference = fields.parsed('image', parseImage, 'a reference to an image');
  if (fields.get('image') === undefined && node.kind === 'map') problems.add('"image" is missing', node.place);
  const platform = fields.parsed('platform', parsePlatform, 'a platform such as linux/amd64');
  const digest = fields.parsed('digest', parseLabel, digestWanted);
  const tagNames = fields.isNull('tagNames') ? null : fields.parsed('tagNames', parseLabel, digestWanted);
  const signatures = fields.list('signatures');
  if (signatures.length > maxSignatures) problems.add(`more than ${maxSignatures} signatures`, node.place);
  const read = signatures.slice(0, maxSignatures).flatMap((each) => readSignature(each, problems) ?? []);
  const expect = readExpected(fields, problems);
  if (reference === undefined) return undefined;
  return {
    name: fields.text('name')?.value ?? `${at + 1}: ${image?.value ?? ''}`,
    place: node.place,
    reference,
    ...(platform === undefined ? {} : { platform }),
    ...(digest === undefined ? {} : { digest }),
    ...(tagNames === undefined ? {} : { tagNames }),
    children: digestsOf(fields.list('children'), problems),
    signatures: read,
    gaps: fields.list('gaps').flatMap((gap) => {
      const text = textOf(gap, problems);
      return text === undefined ? [] : (choiceOf(text, gapCodes, problems) ?? []);
    }),
    unresolved: fields.flag('unresolved') ?? false,
    expect,
  };
}

function digestsOf(nodes: readonly PolicyNode[], problems: Problems): readonly Digest[] {
  return nodes.flatMap((node) => {
    const text = textOf(node, problems);
    if (text === undefined) return [];
    const digest = parseLabel(text.value);
    if (digest === undefined) problems.add(`${JSON.stringify(text.value)} is not ${digestWanted}`, text.place);
    return digest ?? [];
  });
}

const signatureFields = ['by', 'digest', 'reference', 'annotations', 'format', 'claimedAt', 'verifiedAt'] as const;

function readSignature(node: PolicyNode, problems: Problems): WrittenSignature | undefined {
  const fields = new Fields(node, signatureFields, problems);
  const by = fields.text('by');
  if (fields.get('by') === undefined && node.kind === 'map')
    problems.add('"by" is missing: who signed', node.place, {
      hint: 'a name of "keys", a source of the policy, a file, or nobody',
    });
  const digest = fields.parsed('digest', parseLabel, digestWanted);
  const reference = fields.isNull('reference') ? null : fields.text('reference')?.value;
  const claimedAtMs = fields.parsed('claimedAt', parseTime, timeWanted);
  const verifiedAtMs = fields.parsed('verifiedAt', parseTime, timeWanted);
  const annotations = Object.fromEntries([...fields.texts('annotations')].map(([name, { value }]) => [name, value]));
  const format = fields.oneOf('format', formatNames) ?? 'sigstore';
  if (by === undefined) return undefined;
  return {
    by,
    annotations,
    format,
    ...(digest === undefined ? {} : { digest }),
    ...(reference === undefined ? {} : { reference }),
    ...(claimedAtMs === undefined ? {} : { claimedAtMs }),
    ...(verifiedAtMs === undefined ? {} : { verifiedAtMs }),
  };
}

const verdicts = ['verified', 'denied', 'undecided'] as const;
const codes = Object.entries(reasons).map(([code]) => code);

/** `expect: verified`, or fields; at least one, else the case tests nothing. */
function readExpected(fields: Fields, problems: Problems): Expected {
  const node = fields.get('expect');
  if (node === undefined) {
    problems.add('"expect" is missing: what the policy must say', fields.place, { hint: 'such as: expect: verified' });
    return {};
  }
  if (node.kind === 'scalar') {
    const verdict = fields.oneOf('expect', verdicts);
    return verdict === undefined ? {} : { verdict };
  }
  const inner = new Fields(node, ['verdict', 'allowed', 'code', 'rule'], problems);
  const verdict = inner.oneOf('verdict', verdicts);
  const allowed = inner.flag('allowed');
  const code = inner.oneOf('code', codes);
  const known = Object.keys(reasons).find((each): each is keyof typeof reasons => each === code);
  const rule = inner.isNull('rule') ? null : inner.text('rule')?.value;
  if (node.kind === 'map' && node.entries.size === 0) problems.add('nothing is expected here', node.place);
  return {
    ...(verdict === undefined ? {} : { verdict }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(known === undefined ? {} : { code: known }),
    ...(rule === undefined ? {} : { rule }),
  };
}

function parseImage(text: string) {
  return unlessInvalid(() => parseReference(text));
}

function parsePlatform(text: string): string | undefined {
  try {
    parsePlatformName(text);
    return text;
  } catch (error) {
    if (error instanceof PolicyError) return undefined; // told by the caller, with the place
    throw error;
  }
}

/** A digest, or a word that stands for the same made-up digest wherever it is written. */
function parseLabel(text: string): Digest | undefined {
  if (/^[a-z][a-z0-9-]{0,39}$/.test(text)) return digestOf(Buffer.from(`made up: ${text}`));
  return unlessInvalid(() => parseDigest(text));
}

function unlessInvalid<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RegistryError) return undefined; // told by the caller, with the place
    throw error;
  }
}
