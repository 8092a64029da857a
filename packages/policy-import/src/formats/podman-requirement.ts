import { bySource, type Demand, never, pass } from '../demand.ts';
import { base64Text, nameOfFile, pemBlocks } from '../keys.ts';
import type { ImportOptions, Loss, LossEffect } from '../model.ts';
import type { Cursor } from '../reading.ts';
import type { SourceBook } from '../source-book.ts';
import { logLoss } from '../statement.ts';
import { type Identity, readIdentity } from './podman-identity.ts';

/** One requirement of a scope's list. */
export interface Requirement {
  readonly demand: Demand;
  /** Only where signatures are asked for. */
  readonly identity?: Identity;
  readonly losses: readonly Loss[];
}

/** @throws {PolicyError} POLICY_INVALID where containers/image would refuse it. Rule: containers-policy.json(5) "Policy Requirements" */
export function readRequirement(cursor: Cursor, book: SourceBook, options: ImportOptions): Requirement {
  const type = cursor.needField('type').oneOf(requirementTypes);
  for (const [name, value] of cursor.others(['type', ...fieldsOf[type]]))
    throw value.invalid(`${name} is not known here`);
  switch (type) {
    case 'insecureAcceptAnything':
      return { demand: pass, losses: [] };
    case 'reject':
      return { demand: never, losses: [] };
    case 'signedBy':
      readIdentity(cursor.field('signedIdentity'));
      return {
        demand: never,
        losses: [lost(cursor, 'signedBy', 'GPG keys and simple signing are not supported', 'denied')],
      };
    case 'signedBaseLayer':
      return { demand: never, losses: [lost(cursor, type, 'signatures of base layers are not supported', 'denied')] };
    case 'sigstoreSigned':
      return sigstoreSigned(cursor, book, options);
  }
}

const keyFields = ['keyPath', 'keyPaths', 'keyData', 'keyDatas', 'fulcio', 'pki'] as const;
const logFields = ['rekorPublicKeyPath', 'rekorPublicKeyPaths', 'rekorPublicKeyData', 'rekorPublicKeyDatas'] as const;
const fieldsOf = {
  insecureAcceptAnything: [],
  reject: [],
  signedBy: ['keyType', 'keyPath', 'keyPaths', 'keyData', 'signedIdentity'],
  signedBaseLayer: ['baseLayerIdentity'],
  sigstoreSigned: [...keyFields, ...logFields, 'signedIdentity'],
} as const;
const requirementTypes = ['insecureAcceptAnything', 'reject', 'signedBy', 'signedBaseLayer', 'sigstoreSigned'] as const;

function sigstoreSigned(cursor: Cursor, book: SourceBook, options: ImportOptions): Requirement {
  const identity = readIdentity(cursor.field('signedIdentity'));
  const [by, more] = keyFields.filter((name) => cursor.field(name) !== undefined);
  if (by === undefined || more !== undefined)
    throw cursor.invalid(`exactly one of ${keyFields.join(', ')} is expected`);
  const [log, secondLog] = logFields.filter((name) => cursor.field(name) !== undefined);
  if (secondLog !== undefined) throw cursor.invalid(`at most one of ${logFields.join(', ')} is expected`);
  if (by === 'fulcio' && log === undefined) throw cursor.invalid('fulcio needs the public key of a Rekor log');
  if (by === 'pki' && log !== undefined) throw cursor.invalid('pki takes no public key of a Rekor log');
  if (by === 'fulcio' || by === 'pki') {
    const why =
      by === 'fulcio' ? 'keyless signatures are not supported yet' : 'X.509 certificates are not supported yet';
    return { demand: never, identity, losses: [lost(cursor.needField(by), `sigstoreSigned.${by}`, why, 'denied')] };
  }
  const hint = by.startsWith('keyPath') ? nameOfFile(firstPath(cursor, by)) : 'key';
  const demand = bySource(book.nameOf({ keys: keysOf(cursor, by), format: 'cosign' }, hint));
  if (log === undefined) return { demand, identity, losses: [] };
  const losses = [logLoss(cursor.needField(log), `sigstoreSigned.${log}`, options)];
  return { demand: options.allowWithoutLog === true ? demand : never, identity, losses };
}

function keysOf(cursor: Cursor, by: 'keyPath' | 'keyPaths' | 'keyData' | 'keyDatas'): readonly string[] {
  const field = cursor.needField(by);
  const each = by === 'keyPaths' || by === 'keyDatas' ? field.items() : [field];
  if (each.length === 0) throw field.invalid('a list of keys must not be empty');
  if (by === 'keyPath' || by === 'keyPaths') return each.map((path) => path.fileName());
  // containers/image reads the first block of each only.
  return each.map((data) => pemBlocks(data, base64Text(data))[0] ?? '');
}

function firstPath(cursor: Cursor, by: string): string {
  const field = cursor.needField(by);
  return (field.isList ? field.items()[0] : field)?.text() ?? 'key';
}

function lost(cursor: Cursor, construct: string, why: string, effect: LossEffect): Loss {
  return { place: cursor.place, construct, why, effect };
}
