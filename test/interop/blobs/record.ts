/**
 * Writes fixtures/recorded.json: node -C @signet/source test/interop/blobs/record.ts NOTATION WHICH
 *
 * NOTATION is a program that knows `notation blob`, which the released versions (1.3) do not; WHICH says in words what it is.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSoftwareSigner, envelopeKeyOf, type NotaryBlob, privateKeyFrom, signNotaryBlob } from '@signet/core';
import { digestOf } from '@signet/oci';
import { type MadeCertificate, makeCertificate } from '../../support/certificates.ts';
import { signNotaryJws } from '../../support/notary-signature.ts';
import { type NotationKey, notationKeys } from '../../support/notation.ts';
import type { Recorded, RecordedCase } from './recorded.ts';

const [notation = '', which = ''] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'signet-record-'));
const home = join(dir, 'notation');
const env = { ...process.env, HOME: dir, XDG_CONFIG_HOME: dir, NOTATION_EXPERIMENTAL: '1' };
const content = Buffer.from('a file that is signed\n');
const forms = ['jws', 'cose'] as const;
const century = Date.UTC(2126, 0, 1);

function write(path: string, text: string | Uint8Array): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const keys = Object.keys(notationKeys) as readonly NotationKey[];
const name = (cn: string): `C=${string}` => `C=US,ST=WA,L=Seattle,O=Acme,CN=${cn}`;
const made = new Map(
  keys.map((key) => [key, makeCertificate({ key, subject: name(key), fromMs: Date.UTC(2026, 0, 1), toMs: century })]),
);
const ended = makeCertificate({ subject: name('ended'), fromMs: Date.UTC(2020, 0, 1), toMs: Date.UTC(2021, 0, 1) });
const other = makeCertificate({ subject: name('other'), toMs: century });
const stores: Recorded['stores'] = {
  acme: Object.fromEntries([...made, ['ended', ended] as const].map(([key, { pem }]) => [key, pem])),
  other: { other: other.pem },
};
for (const [store, files] of Object.entries(stores))
  for (const [file, pem] of Object.entries(files)) write(join(home, 'truststore/x509/ca', store, `${file}.crt`), pem);
const signing = keys.map((key) => ({
  name: key,
  keyPath: write(join(home, 'localkeys', `${key}.key`), made.get(key)?.keyPem ?? ''),
  certPath: write(join(home, 'localkeys', `${key}.crt`), made.get(key)?.pem ?? ''),
}));
write(join(home, 'signingkeys.json'), JSON.stringify({ keys: signing }));

const statement = (level: string, more: object = {}): object => ({
  name: level,
  signatureVerification: { level },
  trustStores: ['ca:acme'],
  trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme'],
  ...more,
});
const levels = ['strict', 'permissive', 'audit'];
const trustPolicies = [
  statement('strict', { globalPolicy: true }),
  ...['permissive', 'audit'].map((level) => statement(level)),
  ...levels.map((level) => statement(level, { name: `${level} store`, trustStores: ['ca:other'] })),
  ...levels.map((level) =>
    statement(level, { name: `${level} name`, trustedIdentities: ['x509.subject: C=US, ST=WA, O=Other'] }),
  ),
];
execFileSync(
  notation,
  ['blob', 'policy', 'import', write(join(dir, 'p.json'), JSON.stringify({ version: '1.0', trustPolicies }))],
  { env },
);

type Draft = Omit<RecordedCase, 'notation' | 'signature'> & { readonly signature: Uint8Array };

const signatures: string[] = [];

function placeOf(signature: string): number {
  const at = signatures.indexOf(signature);
  return at < 0 ? signatures.push(signature) - 1 : at;
}

/** What notation says of it. */
function judged({ signature, ...draft }: Draft, at: number): RecordedCase {
  const file = write(join(dir, `${at}.bin`), draft.file === undefined ? content : Buffer.from(draft.file, 'base64'));
  const path = write(`${file}.${draft.form}.sig`, signature);
  const metadata = (draft.userMetadata ?? []).flatMap((each) => ['--user-metadata', each]);
  const type = draft.mediaType === undefined ? [] : ['--media-type', draft.mediaType];
  const policy = draft.policyName === undefined ? [] : ['--policy-name', draft.policyName];
  const done = spawnSync(notation, ['blob', 'verify', ...metadata, ...type, ...policy, '-s', path, file], { env });
  const says = `${done.stderr}`.replaceAll(dir, 'DIR').trim().slice(0, 300);
  if (done.status !== 0 && done.status !== 1) throw new RangeError(`${draft.title}: ${done.status} ${says}`);
  return {
    ...draft,
    signature: placeOf(Buffer.from(signature).toString('base64')),
    notation: { isVerified: done.status === 0, says },
  };
}

function byNotation(key: NotationKey, form: 'jws' | 'cose', ...more: readonly string[]): Uint8Array {
  const file = write(join(dir, `${key}.txt`), content);
  execFileSync(notation, ['blob', 'sign', '--force', '--key', key, '--signature-format', form, ...more, file], {
    env,
    stdio: 'ignore',
  });
  return readFileSync(`${file}.${form}.sig`);
}

interface Signing extends Partial<NotaryBlob> {
  readonly form?: 'jws' | 'cose';
  readonly lifetimeMs?: number;
}

async function bySignet(by: MadeCertificate | undefined, { form = 'jws', lifetimeMs, ...more }: Signing = {}) {
  if (by === undefined) throw new RangeError('no such key');
  const signer = { ...createSoftwareSigner(privateKeyFrom(by.privateKey)), chain: [by.der] };
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield content;
  }
  const blob = { pieces: pieces(), signedAtMs: Date.UTC(2026, 11, 1), ...more };
  const options = { form, ...(lifetimeMs === undefined ? {} : { lifetimeMs }) };
  return (await signNotaryBlob(blob, envelopeKeyOf(signer), options)).envelope;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const place = (at + changed.length) % changed.length;
  changed[place] = (changed[place] ?? 0) ^ 1;
  return changed;
}

/** A JWS with one of its texts changed in one bit. */
function changedJws(bytes: Uint8Array, member: 'payload' | 'signature' | 'protected'): Uint8Array {
  const jws = JSON.parse(Buffer.from(bytes).toString('utf8'));
  jws[member] = Buffer.from(flipped(Buffer.from(jws[member], 'base64url'), 20)).toString('base64url');
  return Buffer.from(JSON.stringify(jws));
}

const ec = made.get('ec-256');
const usual = { jws: await bySignet(ec), cose: await bySignet(ec, { form: 'cose' }) };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const target = { mediaType: 'application/octet-stream', digest: digestOf(content, 'sha512'), size: content.length };
const drafts: Draft[] = [];
const add = (title: string, by: Draft['by'], form: Draft['form'], signature: Uint8Array, more: Partial<Draft> = {}) =>
  drafts.push({ title, by, form, signature, ...more });
for (const key of keys)
  for (const form of forms) {
    add(`${key} ${form}`, 'notation', form, byNotation(key, form));
    add(`${key} ${form}`, 'signet', form, await bySignet(made.get(key), { form }));
  }
for (const key of ['ec-384', 'rsa-2048'] as const)
  for (const form of forms) {
    const signed = ['--media-type', 'text/plain', '--user-metadata', 'build=42', '--user-metadata', 'team=web'];
    const theirs = byNotation(key, form, ...signed);
    const userMetadata = { build: '42', team: 'web' };
    const ours = await bySignet(made.get(key), { form, mediaType: 'text/plain', userMetadata });
    for (const [by, bytes] of [
      ['notation', theirs],
      ['signet', ours],
    ] as const) {
      const says = (title: string, more: Partial<Draft>) => add(`${key} ${form}, ${title}`, by, form, bytes, more);
      says('as its media type', { mediaType: 'text/plain' });
      says('as another media type', { mediaType: 'text/html' });
      says('with its metadata', { userMetadata: ['build=42', 'team=web'] });
      says('with other metadata', { userMetadata: ['build=43'] });
      says('with metadata that is not there', { userMetadata: ['stage=1'] });
      says('another file', { file: base64('another file') });
    }
  }
for (const level of levels) {
  const named = level === 'strict' ? {} : { policyName: level };
  const expired = await bySignet(ec, { lifetimeMs: 60_000, signedAtMs: Date.UTC(2026, 10, 1) });
  const late = await bySignet(ended, { signedAtMs: Date.UTC(2020, 6, 1) });
  add(`${level}: an expired signature`, 'signet', 'jws', expired, named);
  add(`${level}: a certificate that has ended`, 'signet', 'jws', late, named);
  add(`${level}: another store`, 'signet', 'jws', usual.jws, { policyName: `${level} store` });
  add(`${level}: another name`, 'signet', 'cose', usual.cose, { policyName: `${level} name` });
  add(`${level}: another file`, 'signet', 'cose', usual.cose, { ...named, file: base64('another file') });
  add(`${level}: metadata that is not there`, 'signet', 'jws', usual.jws, { ...named, userMetadata: ['a=b'] });
  for (const member of ['payload', 'signature', 'protected'] as const)
    add(`${level}: a changed ${member}`, 'signet', 'jws', changedJws(usual.jws, member), named);
  add(`${level}: a changed end`, 'signet', 'cose', flipped(usual.cose, -3), named);
}
add('no such statement', 'signet', 'jws', usual.jws, { policyName: 'nobody' });
add('the other form by its name', 'signet', 'cose', usual.jws);
add('no signature at all', 'signet', 'jws', Buffer.from('{}'));
add(
  'a digest by another hash',
  'signet',
  'jws',
  signNotaryJws({ target, chain: [ec?.der ?? content], key: ec?.privateKey ?? other.privateKey }),
);
add('an empty file', 'signet', 'jws', usual.jws, { file: '' });

const recorded: Recorded = {
  notation: which,
  file: content.toString('base64'),
  stores,
  policy: readFileSync(join(home, 'trustpolicy.blob.json'), 'utf8'),
  signatures,
  cases: drafts.map(judged),
};
writeFileSync(new URL('fixtures/recorded.json', import.meta.url), `${JSON.stringify(recorded, null, 1)}\n`);
