import {
  type Digest,
  parseDescriptor,
  parseDigest,
  parseJson,
  parseRegistryReference,
  RegistryError,
  type RegistryReference,
} from '@signet/oci';
import { foldHost } from '@signet/verifier';
import { AdmissionError } from '../../errors.ts';

/** What containerd asks an image verifier. Rule: containerd docs/image-verification.md, "CLI Arguments" */
export interface VerifierCall {
  /** The reference that is pulled, as its user wrote it. */
  readonly name: string;
  /** What containerd resolved it to: that is what is pulled, and what is judged. */
  readonly digest: Digest;
  readonly stdinMediaType: string;
}

/** An image by its digest. */
export type PulledImage = RegistryReference & Required<Pick<RegistryReference, 'digest'>>;

/** Bytes of the descriptor on standard input; annotations and embedded data of an image make it larger than a line. */
export const maxDescriptorBytes: number = 1024 * 1024;

const descriptorMediaType = 'application/vnd.oci.descriptor.v1+json';
const flags = ['name', 'digest', 'stdin-media-type'] as const;

/**
 * The arguments as Go's flag package writes and reads them: `-name REF`, `-name=REF`, with one hyphen or two. What is not known is refused:
 * it could change the meaning of the rest.
 * @throws {AdmissionError} REQUEST_INVALID; {RegistryError} DIGEST_INVALID
 */
export function parseVerifierCall(args: readonly string[]): VerifierCall {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at += 1) {
    const [, flag = '', , inline] = /^--?([a-z][a-z-]*)(=(.*))?$/s.exec(args[at] ?? '') ?? [];
    if (!flags.some((known) => known === flag))
      throw invalid(`${JSON.stringify(args[at])} is no argument of a verifier`);
    if (given.has(flag)) throw invalid(`-${flag} is given twice`);
    const value = inline ?? args[++at];
    if (value === undefined) throw invalid(`-${flag} has no value`);
    given.set(flag, value);
  }
  const [name, digest, stdinMediaType] = flags.map((flag) => given.get(flag));
  if (name === undefined || digest === undefined || stdinMediaType === undefined)
    throw invalid('containerd gives -name, -digest and -stdin-media-type, and one of them is missing');
  return { name, digest: parseDigest(digest), stdinMediaType };
}

/**
 * The image that is judged: the name with the digest that containerd pulls. The name alone is never resolved: its tag may name another image
 * by now. @throws {AdmissionError} REQUEST_INVALID, REQUEST_UNSUPPORTED; {RegistryError} REFERENCE_INVALID, JSON_INVALID, MANIFEST_INVALID
 */
export function imageOfCall({ name, digest, stdinMediaType }: VerifierCall, stdin: Uint8Array): PulledImage {
  if (stdinMediaType !== descriptorMediaType)
    throw new AdmissionError(
      'REQUEST_UNSUPPORTED',
      `standard input is ${JSON.stringify(stdinMediaType)}, not a descriptor`,
    );
  const described = parseDescriptor(parseJson(stdin), 'descriptor');
  if (described.digest !== digest)
    throw invalid(`-digest is ${digest}, but the descriptor on standard input is of ${described.digest}`);
  const reference = parseRegistryReference(name);
  if (reference.digest !== undefined && reference.digest !== digest)
    throw invalid(`-name names ${reference.digest}, but -digest is ${digest}`);
  if (foldHost(name.slice(0, Math.max(0, name.indexOf('/')))) !== foldHost(reference.registry)) throw noHost(name);
  return { ...reference, digest };
}

/** To containerd the first part is always the host that is asked; elsewhere `team/app` means Docker Hub's. Rule: containerd pkg/reference */
function noHost(name: string): RegistryError {
  const shown = JSON.stringify(name.slice(0, 200));
  return new RegistryError('REFERENCE_INVALID', `${shown} does not begin with the registry that containerd asks`);
}

function invalid(message: string): AdmissionError {
  return new AdmissionError('REQUEST_INVALID', message);
}
