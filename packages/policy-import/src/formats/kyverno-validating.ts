import { allOf, atLeast, bySource, type Demand, never } from '../demand.ts';
import type { Translated } from '../glob.ts';
import { pemBlocks } from '../keys.ts';
import type { Entry, Loss } from '../model.ts';
import type { Cursor } from '../reading.ts';
import { deniedAt, entriesFor, logLoss, lossAt } from '../statement.ts';
import { nameOf } from './kubernetes.ts';
import { translateKyverno } from './kyverno-glob.ts';
import type { KyvernoReading } from './kyverno-reading.ts';

/** An ImageValidatingPolicy of policies.kyverno.io. Rule: kyverno.io, "ImageValidatingPolicy". @throws {PolicyError} POLICY_INVALID */
export function readImageValidatingPolicy(object: Cursor, reading: KyvernoReading): readonly Entry[] {
  const spec = object.needField('spec');
  const why = 'rules look at images and signatures alone: it holds for all here';
  const losses: Loss[] = spec
    .others(understood)
    .map(([field, value]) => lossAt(value, field, { why, effect: 'stricter' }));
  const attestors = new Map<string, Demand>();
  for (const each of spec.field('attestors')?.items() ?? [])
    attestors.set(each.needField('name').text(), readAttestor(each, reading, losses));
  const validations = spec.field('validations')?.items() ?? [];
  if (validations.length === 0)
    losses.push(lossAt(spec, 'validations', { why: 'there are none: nothing is asked for', effect: 'unchanged' }));
  const demand = allOf(validations.map((each) => readValidation(each, attestors, losses)));
  const globs = (spec.field('matchImageReferences')?.items() ?? []).map(readMatch);
  const all = globs.length === 0 ? [[spec, everything] as const] : globs;
  return entriesFor({ name: nameOf(object), mode: modeOf(spec), demand, place: object.place, losses, globs: all });
}

const everything: Translated = { images: ['*'], exact: true, namesDigest: false };
/** What is read, and what changes no verdict about an image. */
const understood = [
  'attestors',
  'validations',
  'matchImageReferences',
  'validationActions',
  'attestations',
  'failurePolicy',
  'webhookConfiguration',
  'credentials',
];

function readMatch(match: Cursor): readonly [Cursor, Translated] {
  const glob = match.field('glob');
  if (glob !== undefined) return [glob, translateKyverno(glob)];
  return [match.needField('expression'), { ...everything, exact: false }];
}

function modeOf(spec: Cursor): Entry['mode'] {
  const actions = spec.field('validationActions')?.items() ?? [];
  const read = actions.map((each) => each.oneOf(['Deny', 'Warn', 'Audit']));
  if (read.length === 0 || read.includes('Deny')) return 'enforce';
  return read.includes('Warn') ? 'warn' : 'audit';
}

const cosignFields = ['key', 'keyless', 'certificate', 'ctlog', 'source', 'tuf', 'annotations'] as const;

function readAttestor(attestor: Cursor, { book, options }: KyvernoReading, losses: Loss[]): Demand {
  const name = attestor.needField('name').text();
  const denied = (cursor: Cursor, construct: string, why: string): Demand => {
    losses.push(deniedAt(cursor, `attestor ${name}.${construct}`, why));
    return never;
  };
  const notary = attestor.field('notary');
  if (notary !== undefined) return denied(notary, 'notary', 'X.509 certificates are not supported yet');
  const cosign = attestor.needField('cosign');
  for (const [field, value] of cosign.others(cosignFields))
    losses.push(lossAt(value, `attestor ${name}.${field}`, { why: 'not known', effect: 'unchanged' }));
  for (const field of ['keyless', 'certificate', 'annotations'] as const) {
    const value = cosign.field(field);
    if (value !== undefined) return denied(value, field, `${reasons[field]}`);
  }
  const source = cosign.field('source');
  if (source !== undefined)
    losses.push(
      lossAt(source, `attestor ${name}.source`, {
        why: 'signatures are looked for beside the image only',
        effect: 'stricter',
      }),
    );
  const key = cosign.needField('key');
  const data = key.field('data');
  if (data === undefined) return denied(key, 'key', 'the key is not in the file: name a file with it instead');
  const log = cosign.field('ctlog');
  const ignoresLog = log?.field('insecureIgnoreTlog')?.boolean() === true;
  if (!ignoresLog)
    losses.push(logLoss(log ?? key, `attestor ${name}.ctlog`, { ...options, unless: 'insecureIgnoreTlog' }));
  if (!ignoresLog && options.allowWithoutLog !== true) return never;
  const why = "signatures in cosign's older form count; versions of Kyverno that read bundles too count those as well";
  losses.push(lossAt(key, `attestor ${name}.key`, { why, effect: 'stricter' }));
  return bySource(book.nameOf({ keys: pemBlocks(data).slice(0, 1), format: 'cosign' }, name));
}

const reasons = {
  keyless: 'keyless signatures are not supported yet',
  certificate: 'X.509 certificates are not supported yet',
  annotations: 'annotations of one attestor: here they hold for a whole rule',
} as const;

/** `images.containers.map(image, verifyImageSignatures(image, [attestors.a, …])).all(e, e > 0)`, the one form that is understood. */
const verifiesSignatures =
  /^images\.containers\.map\((\w+),\s*verifyImageSignatures\(\1,\s*\[([^\]]*)\]\s*\)\s*\)\.all\((\w+),\s*\3\s*(>|>=|==)\s*(\d{1,3})\s*\)$/;

function readValidation(validation: Cursor, attestors: ReadonlyMap<string, Demand>, losses: Loss[]): Demand {
  const expression = validation.needField('expression');
  const [, , list = '', , operator, number = '0'] =
    verifiesSignatures.exec(expression.text().trim().replace(/\s+/g, ' ')) ?? [];
  const names = list.split(',').map((each) => /^\s*attestors\.(\w+)\s*$/.exec(each)?.[1]);
  const demands = names.map((name) => (name === undefined ? undefined : attestors.get(name)));
  const count = operator === '>' ? Number(number) + 1 : Number(number);
  const known = demands.filter((demand) => demand !== undefined);
  const isExact = operator === '==' && count < known.length;
  if (operator === undefined || count < 1 || known.length !== names.length || isExact) {
    losses.push(
      deniedAt(expression, 'validations.expression', 'only verifyImageSignatures over all containers is understood'),
    );
    return never;
  }
  return atLeast(count, known);
}
