import { allOf, atLeast, bySource, type Demand, never, pass } from '../demand.ts';
import { pemBlocks } from '../keys.ts';
import type { ImportOptions, Loss } from '../model.ts';
import type { Cursor } from '../reading.ts';
import type { SourceBook } from '../source-book.ts';
import { deniedAt, logLoss, lossAt } from '../statement.ts';

/** Validators by name. */
export type Validators = ReadonlyMap<string, Cursor>;

/** What a rule asks for. */
export interface RuleTrust {
  readonly demand: Demand;
  readonly losses: readonly Loss[];
}

interface Reading {
  readonly book: SourceBook;
  readonly options: ImportOptions;
}

/** @throws {PolicyError} POLICY_INVALID where a name is there twice */
export function validatorsOf(list: Cursor): Validators {
  const validators = new Map<string, Cursor>();
  for (const validator of list.items()) {
    const name = validator.needField('name');
    if (validators.has(name.text())) throw name.invalid(`${JSON.stringify(name.text())} is there twice`);
    validators.set(name.text(), validator);
  }
  return validators;
}

/** What the validator that a rule names asks of images. Rule: Connaisseur docs, "Basics", "sigstore / Cosign". @throws {PolicyError} POLICY_INVALID */
export function readRuleTrust(rule: Cursor, validators: Validators, reading: Reading): RuleTrust {
  const name = rule.field('validator')?.text() ?? 'default';
  const validator = validators.get(name);
  if (validator === undefined) throw rule.invalid(`there is no validator ${JSON.stringify(name)}`);
  const type = validator.needField('type').oneOf(['static', 'cosign', 'notation', 'notaryv1', 'notaryv2']);
  const losses: Loss[] = [];
  for (const [field, value] of rule.others(['pattern', 'validator', 'with']))
    losses.push(lossAt(value, field, { why: 'not known', effect: 'unchanged' }));
  if (type === 'static') return { demand: validator.needField('approve').boolean() ? pass : never, losses };
  const mode = rule.field('with')?.field('mode');
  if (mode?.oneOf(['mutate', 'insecureValidateOnly']) === 'mutate')
    losses.push(
      lossAt(mode, 'with.mode', { why: 'references are not changed: signet pin writes digests', effect: 'unchanged' }),
    );
  if (type !== 'cosign') {
    const why =
      type === 'notaryv1' ? 'Docker Content Trust is not supported' : 'X.509 certificates are not supported yet';
    losses.push(deniedAt(rule, `validator ${name} (${type})`, why));
    return { demand: never, losses };
  }
  const demand = readCosign(rule, validator, { ...reading, losses });
  return { demand, losses };
}

interface CosignReading extends Reading {
  readonly losses: Loss[];
}

function readCosign(rule: Cursor, validator: Cursor, reading: CosignReading): Demand {
  const options = rule.field('with');
  const known = ['trustRoot', 'threshold', 'required', 'verifyInTransparencyLog', 'verifySCT', 'mode'];
  for (const [field, value] of options?.others(known) ?? [])
    reading.losses.push(lossAt(value, `with.${field}`, { why: 'not read for cosign', effect: 'unchanged' }));
  const demand = trustRootDemand(rule, validator, reading);
  const log = options?.field('verifyInTransparencyLog');
  if (log?.boolean() === false) return demand;
  const unless = 'verifyInTransparencyLog is false';
  reading.losses.push(logLoss(log ?? rule, 'with.verifyInTransparencyLog', { ...reading.options, unless }));
  return reading.options.allowWithoutLog === true ? demand : never;
}

/** One trust root by name; `*`: all, or `threshold` of them, and those of `required`. */
function trustRootDemand(rule: Cursor, validator: Cursor, reading: CosignReading): Demand {
  const roots = new Map(
    validator
      .needField('trustRoots')
      .items()
      .map((root) => [root.needField('name').text(), root]),
  );
  const validatorName = validator.needField('name').text();
  const demandFor = (name: string): Demand => {
    const root = roots.get(name);
    if (root === undefined)
      throw rule.invalid(`the validator ${validatorName} has no trust root ${JSON.stringify(name)}`);
    return readRoot(root, `${validatorName}-${name}`, reading);
  };
  const options = rule.field('with');
  const wanted = options?.field('trustRoot')?.text() ?? 'default';
  if (wanted !== '*') return demandFor(wanted);
  const required = options?.texts('required') ?? [];
  const threshold = options?.field('threshold')?.count(0) ?? 0;
  const all = [...roots.keys()];
  if (required.length === 0 && threshold === 0) return allOf(all.map(demandFor));
  const most = threshold > required.length || required.length === 0 ? [atLeast(threshold, all.map(demandFor))] : [];
  return allOf([...required.map(demandFor), ...most]);
}

function readRoot(root: Cursor, name: string, { book, losses }: CosignReading): Demand {
  const key = root.field('key');
  if (key?.text().includes('-----BEGIN') === true)
    return bySource(book.nameOf({ keys: pemBlocks(key).slice(0, 1), format: 'cosign' }, name));
  const why =
    key === undefined
      ? 'keyless signatures are not supported yet'
      : 'the key is not in the file: name a file with it instead';
  losses.push(deniedAt(root, `trust root ${name}`, why));
  return never;
}
