import {
  type AnchorStore,
  type Certificate,
  CertificateError,
  checkAnchor,
  type NameIdentity,
  parseIdentity,
  readCertificateFile,
} from '@signet/core/x509';
import type { Place } from '../place.ts';
import { levelActions, type X509Trust } from '../x509-trust.ts';
import type { X509Input } from './input.ts';
import { policyLimits } from './limits.ts';
import type { LoadedFile } from './loading.ts';
import { nodeAt } from './node.ts';
import { isAddress, pathFrom, unreadable } from './policy-files.ts';
import { type Problems, quoted } from './problems.ts';
import type { PolicyReader } from './reader.ts';

/** A source of certificates as it is written. */
export interface WrittenX509 {
  readonly file: LoadedFile;
  readonly name: string;
  readonly input: X509Input;
}

interface Within {
  readonly problems: Problems;
  readonly reader: PolicyReader;
}

/** Everything that it names, read; faults are among the problems. Rule: wire-formats 9.1 to 9.4 */
export async function loadX509(written: WrittenX509, within: Within): Promise<X509Trust> {
  const { file, name, input } = written;
  const { level = 'strict', override = {}, verifyTimestamp = 'always', allowPrivateServers = false } = input;
  if (input.ca === undefined && input.signingAuthority === undefined)
    within.problems.add(
      '"ca" or "signingAuthority" is needed: whose certificates are trusted',
      nodeAt(file.root, ['trust', name, 'x509']).place,
    );
  return {
    ca: await anchorsOf('ca', written, within),
    signingAuthority: await anchorsOf('signingAuthority', written, within),
    tsa: await anchorsOf('tsa', written, within),
    identities: identitiesOf(written, within),
    writtenIdentities: input.identities,
    ...levelActions[level],
    ...override,
    verifyTimestamp,
    allowPrivateServers,
  };
}

function identitiesOf({ file, name, input }: WrittenX509, { problems }: Within): X509Trust['identities'] {
  if (input.identities.length === 1 && input.identities[0] === '*') return 'any';
  const found: NameIdentity[] = [];
  for (const [at, text] of input.identities.entries()) {
    const { place } = nodeAt(file.root, ['trust', name, 'x509', 'identities', at]);
    if (text === '*') problems.add('* stands alone: it trusts everybody whom the authorities certify', place);
    else {
      const identity = identityOf(text, place, problems);
      if (identity !== undefined) found.push(identity);
    }
  }
  return found;
}

/** `x509.subject:` may stand before it, as in notation's policies. Another kind of identity is a plugin's affair: no certificate matches it here. */
function identityOf(text: string, place: Place, problems: Problems): NameIdentity | undefined {
  const [, prefix = 'x509.subject', name = text] = /^([A-Za-z0-9._-]+):(.*)$/s.exec(text) ?? [];
  if (prefix.startsWith('x509') && prefix !== 'x509.subject')
    problems.add(`${quoted(prefix)} is no kind of identity that is known here`, place, {
      hint: 'write x509.subject:C=…,ST=…,O=…',
    });
  if (prefix !== 'x509.subject') return undefined;
  try {
    return parseIdentity(name.trim());
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    problems.add(error.message, place);
    return undefined;
  }
}

/** Every certificate of files and folders, each once. */
async function anchorsOf(
  store: AnchorStore,
  { file, name, input }: WrittenX509,
  within: Within,
): Promise<readonly Certificate[]> {
  const found = new Map<string, Certificate>();
  for (const [at, text] of (input[store] ?? []).entries()) {
    const { place } = nodeAt(file.root, ['trust', name, 'x509', store, at]);
    const path = file.variables.expand(text, place);
    if (path === undefined) continue;
    if (isAddress(path)) {
      within.problems.add('certificates are read from files, not from addresses', place);
      continue;
    }
    const anchors = await anchorsAt(pathFrom(file.path, path), { store, place, ...within });
    for (const certificate of anchors) found.set(certificate.thumbprint, certificate);
  }
  return [...found.values()];
}

interface Asked extends Within {
  readonly store: AnchorStore;
  readonly place: Place;
}

/** An empty folder is a fault: nobody would be trusted. */
async function anchorsAt(path: string, asked: Asked): Promise<readonly Certificate[]> {
  const { reader, problems, place } = asked;
  const names = await reader.readFolder(path).catch(() => undefined);
  if (names === undefined) return await anchorsIn(path, asked);
  const files = names.filter((name) => !name.startsWith('.')).toSorted();
  if (files.length === 0 || files.length > policyLimits.maxFolderEntries) {
    problems.add(`${quoted(path)} holds ${files.length === 0 ? 'no' : 'too many'} certificates`, place);
    return [];
  }
  const found: Certificate[] = [];
  for (const name of files) found.push(...(await anchorsIn(`${path.replace(/\/+$/, '')}/${name}`, asked)));
  return found;
}

async function anchorsIn(path: string, { reader, problems, place, store }: Asked): Promise<readonly Certificate[]> {
  let bytes: Uint8Array;
  try {
    bytes = await reader.readFile(path, policyLimits.maxKeyBytes);
  } catch (cause) {
    problems.add(unreadable(path, cause), place, { cause });
    return [];
  }
  try {
    const certificates = readCertificateFile(bytes);
    const unfit = certificates.map((certificate) => checkAnchor(certificate, store)).find((why) => why !== undefined);
    if (unfit !== undefined) problems.add(`${quoted(path)}: ${unfit}`, place);
    return certificates;
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    problems.add(`${quoted(path)}: ${cause.message}`, place, { cause });
    return [];
  }
}
