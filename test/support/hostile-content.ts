import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { ANNOTATION_ENVELOPE, pae, publicKeyFrom } from '@signet/core';
import { type Digest, digestOf, MEDIA_TYPE_EMPTY, MEDIA_TYPE_INDEX, MEDIA_TYPE_MANIFEST } from '@signet/oci';
import type { SeenRequest } from './hostile-registry.ts';

/** What one repository holds, by path below `/v2/app/`: `manifests/1`, `blobs/sha256:…`, `referrers/sha256:…`. */
export type Content = Map<string, { readonly type: string; readonly bytes: Buffer }>;

export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** A signer of bundles that shares no code with the signing side of Signet. */
export interface BundleSigner {
  readonly hint: string;
  readonly pem: string;
  readonly privateKey: KeyObject;
}

export function bundleSigner(): BundleSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return { hint: publicKeyFrom(publicKey).hint, pem, privateKey };
}

/** A statement that signs this digest, in a bundle as cosign 3 writes it. `sig`: instead of the signature. */
export function bundleFor(digest: Digest, signer: BundleSigner, sig?: string): Buffer {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: digest.slice('sha256:'.length) }, annotations: {} }],
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
    predicate: {},
  };
  const payload = Buffer.from(JSON.stringify(statement));
  const payloadType = 'application/vnd.in-toto+json';
  const made = sig ?? sign('sha256', pae(payloadType, payload), signer.privateKey).toString('base64');
  const dsseEnvelope = { payload: payload.toString('base64'), payloadType, signatures: [{ sig: made }] };
  const verificationMaterial = { publicKey: { hint: signer.hint } };
  return Buffer.from(JSON.stringify({ mediaType: bundleType, verificationMaterial, dsseEnvelope }));
}

/** A bundle that names the signer and that nobody signed: well-formed in all, and no two alike. */
export function junkFor(digest: Digest, signer: BundleSigner): Buffer {
  const part = () => Buffer.concat([Buffer.from([2, 33, 0]), randomBytes(32)]);
  const sig = Buffer.concat([Buffer.from([0x30, 70]), part(), part()]).toString('base64');
  return bundleFor(digest, signer, sig);
}

/** An image `app:1` alone, and its digest. */
export function imageContent(): { readonly content: Content; readonly image: Digest } {
  const content: Content = new Map();
  const config = putBlob(content, Buffer.from('{}'), 'application/vnd.oci.image.config.v1+json');
  const layer = putBlob(content, Buffer.from('a layer'), 'application/vnd.oci.image.layer.v1.tar');
  const { digest } = putManifest(content, { config, layers: [layer] }, '1');
  return { content, image: digest };
}

export interface Listed {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Stores a signature manifest with its blob; gives its entry for a listing. */
export function attach(content: Content, subject: Digest, envelope: Buffer, changes: object = {}): Listed {
  const manifest = {
    artifactType: bundleType,
    config: putBlob(content, Buffer.from('{}'), MEDIA_TYPE_EMPTY),
    layers: [putBlob(content, envelope, bundleType)],
    subject: { mediaType: MEDIA_TYPE_MANIFEST, digest: subject, size: 1 },
    ...changes,
  };
  return { ...putManifest(content, manifest), artifactType: bundleType };
}

/** An entry that holds its envelope itself; its manifest is not there. */
export function embeddedEntry(envelope: Buffer): Listed {
  const digest = digestOf(Buffer.concat([Buffer.from('the manifest of '), envelope]));
  const annotations = { [ANNOTATION_ENVELOPE]: envelope.toString('base64') };
  return { mediaType: MEDIA_TYPE_MANIFEST, digest, size: 500, artifactType: bundleType, annotations };
}

export function putBlob(content: Content, bytes: Buffer, mediaType: string): Listed {
  const digest = digestOf(bytes);
  content.set(`blobs/${digest}`, { type: 'application/octet-stream', bytes });
  return { mediaType, digest, size: bytes.length };
}

export function putManifest(content: Content, members: object, tag?: string): Listed {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE_MANIFEST, ...members }));
  const digest = digestOf(bytes);
  for (const name of [digest, ...(tag === undefined ? [] : [tag])])
    content.set(`manifests/${name}`, { type: MEDIA_TYPE_MANIFEST, bytes });
  return { mediaType: MEDIA_TYPE_MANIFEST, digest, size: bytes.length };
}

/** What the referrers API says of a subject. */
export function putListing(content: Content, subject: Digest, entries: readonly object[]): void {
  content.set(`referrers/${subject}`, { type: MEDIA_TYPE_INDEX, bytes: listingOf(entries) });
}

export function listingOf(entries: readonly object[]): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX, manifests: entries }));
}

/** The path below `/v2/app/`, without its query. */
export function pathOf({ url }: SeenRequest): string {
  return url.replace(/^\/v2\/app\//, '').replace(/\?.*$/, '');
}

/** The honest answer: what is there, an empty list of referrers for what has none, else 404. */
export function answerFrom(content: Content, request: SeenRequest, response: ServerResponse): void {
  const path = pathOf(request);
  const found =
    content.get(path) ?? (path.startsWith('referrers/') ? { type: MEDIA_TYPE_INDEX, bytes: listingOf([]) } : undefined);
  if (found === undefined) response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[]}');
  else response.writeHead(200, { 'content-type': found.type }).end(found.bytes);
}
