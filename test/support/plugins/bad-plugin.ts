import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import {
  type Answer,
  answerWell,
  keyOf,
  OwnError,
  type PluginSetup,
  type Request,
  signBytes,
  wholeEnvelope,
} from './good-plugin.ts';

type Break = (answer: Answer, at: { readonly setup: PluginSetup; readonly request: Request }) => Answer;

/** A rule that is broken in an answer, by the command that it is about. */
const breaks: Readonly<Record<string, readonly [command: string, change: Break]>> = {
  'wrong-name': ['get-plugin-metadata', (answer) => ({ ...answer, name: 'somebody-else' })],
  'wrong-contract': ['get-plugin-metadata', (answer) => ({ ...answer, supportedContractVersions: ['2.0'] })],
  'no-url': ['get-plugin-metadata', ({ url: _, ...answer }) => answer],
  'no-capabilities': ['get-plugin-metadata', (answer) => ({ ...answer, capabilities: [] })],
  'cannot-sign': ['get-plugin-metadata', (answer) => ({ ...answer, capabilities: ['SIGNATURE_VERIFIER.OTHER'] })],
  'other-key': ['describe-key', (answer) => ({ ...answer, keyId: 'another' })],
  'odd-key': ['describe-key', (answer) => ({ ...answer, keySpec: 'RSA-1024' })],
  'signs-with-other-key': ['generate-signature', (answer) => ({ ...answer, keyId: 'another' })],
  'other-algorithm': ['generate-signature', (answer) => ({ ...answer, signingAlgorithm: 'ECDSA-SHA-512' })],
  'no-chain': ['generate-signature', (answer) => ({ ...answer, certificateChain: [] })],
  'half-chain': [
    'generate-signature',
    (answer) => ({ ...answer, certificateChain: (answer.certificateChain as unknown[]).slice(0, 1) }),
  ],
  'not-base64': ['generate-signature', (answer) => ({ ...answer, signature: '%%%' })],
  'other-bytes': ['generate-signature', (answer, { request }) => ({ ...answer, signature: signed(request, 'other') })],
  'der-signature': [
    'generate-signature',
    (answer, { request }) => ({ ...answer, signature: signed(request, undefined, 'der') }),
  ],
  'other-type': ['generate-envelope', (answer) => ({ ...answer, signatureEnvelopeType: 'application/cose' })],
  'no-envelope': ['generate-envelope', (answer) => ({ ...answer, signatureEnvelope: 'e30=' })],
  'own-annotation': ['generate-envelope', (answer) => ({ ...answer, annotations: { 'dev.signet.envelope': 'e30=' } })],
  'changed-signature': ['generate-envelope', (answer) => ({ ...answer, signatureEnvelope: changedSignature(answer) })],
  'other-digest': remade({ payload: target({ digest: `sha256:${'0'.repeat(64)}` }) }),
  'other-size': remade({ payload: target({ size: 1 }) }),
  'other-media-type': remade({ payload: target({ mediaType: 'application/x' }) }),
  'changed-annotation': remade({ payload: annotations((all) => ({ ...all, 'dev.signet.signed-at': 'never' })) }),
  'lost-annotations': remade({ payload: annotations(() => ({})) }),
  'added-reference': remade({
    payload: annotations((all) => ({ ...all, 'org.opencontainers.image.ref.name': 'example.com/other:1' })),
  }),
  'added-annotation': remade({ payload: annotations((all) => ({ ...all, 'com.example.ticket': '42' })) }),
  'added-member': remade({ payload: (payload) => ({ ...payload, more: {} }) }),
  'no-end': remade({ header: { 'io.cncf.notary.expiry': undefined }, withoutEnd: true }),
  'later-end': remade({ header: { 'io.cncf.notary.expiry': '2099-01-01T00:00:00Z' } }),
  unverifiable: remade({
    header: { 'io.cncf.notary.verificationPlugin': undefined },
    critical: ['com.example.approvedBy'],
  }),
  'no-result': ['verify-signature', (answer) => ({ ...answer, verificationResults: {} })],
  'more-results': [
    'verify-signature',
    (answer) => ({
      ...answer,
      verificationResults: { ...(answer.verificationResults as object), 'SIGNATURE_VERIFIER.OTHER': { success: true } },
    }),
  ],
  'not-processed': ['verify-signature', (answer) => ({ ...answer, processedAttributes: [] })],
  'no-success': [
    'verify-signature',
    (answer) => ({
      ...answer,
      verificationResults: { 'SIGNATURE_VERIFIER.TRUSTED_IDENTITY': { reason: 'perhaps' } },
    }),
  ],
};

/** Answers as the good plugin, but for the one rule that the setup breaks. */
export function answerBadly(setup: PluginSetup, command: string, request: Request): Answer {
  const fault = breaks[setup.fault ?? ''];
  const answer = answerWell(setup, command, request);
  return fault?.[0] === command ? fault[1](answer, { setup, request }) : answer;
}

/** What is wrong with how it runs, whatever it is asked; true where that was all. */
export function misbehave(fault: string | undefined): boolean {
  switch (fault) {
    case 'bad-json':
      process.stdout.write('{"name": "x"');
      return true;
    case 'twice':
      process.stdout.write('{"name": "x", "name": "y"}');
      return true;
    case 'silent':
      return true;
    case 'hangs':
      setInterval(() => {}, 1000);
      return true;
    case 'leaves-a-child':
      // It keeps this program's outputs open after the program itself has ended.
      spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20_000)'], { stdio: 'inherit', detached: true }).unref();
      return true;
    case 'floods':
    case 'floods-stderr':
      flood(fault === 'floods' ? 1 : 2);
      return true;
    case 'denied':
      throw new OwnError('ACCESS_DENIED', 'no access to the key');
    case 'throttled':
      throw new OwnError('THROTTLED', 'too many requests');
    case 'odd-error':
      throw new OwnError('HICCUP', 'something');
    case 'exit-1':
      process.stderr.write('no JSON at all\n');
      process.exit(1);
      break;
    case 'exit-2':
      process.stderr.write('{"errorCode":"ACCESS_DENIED","errorMessage":"with another exit code"}\n');
      process.exit(2);
      break;
    case 'killed':
      process.kill(process.pid, 'SIGTERM');
      setInterval(() => {}, 1000);
      return true;
    default:
      return false;
  }
}

function flood(to: number): void {
  const much = Buffer.alloc(1024 * 1024, 0x20);
  for (;;) writeSync(to, much);
}

function signed(request: Request, other?: string, encoding?: 'der'): string {
  const bytes = other === undefined ? Buffer.from(String(request.payload), 'base64') : Buffer.from(other);
  return signBytes(keyOf(request), bytes, encoding).toString('base64');
}

function changedSignature({ signatureEnvelope }: Answer): string {
  const envelope = JSON.parse(Buffer.from(String(signatureEnvelope), 'base64').toString());
  const signature = Buffer.from(envelope.signature, 'base64url');
  signature[8] = (signature[8] ?? 0) ^ 1;
  return Buffer.from(JSON.stringify({ ...envelope, signature: signature.toString('base64url') })).toString('base64');
}

type Payload = Record<string, Record<string, unknown>>;

function target(change: Readonly<Record<string, unknown>>): (payload: Payload) => unknown {
  return (payload) => ({ targetArtifact: { ...payload.targetArtifact, ...change } });
}

function annotations(change: (all: object) => object): (payload: Payload) => unknown {
  return (payload) => target({ annotations: change(payload.targetArtifact?.annotations as object) })(payload);
}

/** Signs another envelope than was asked for: nothing but the contract is broken. */
function remade(
  change: NonNullable<Parameters<typeof wholeEnvelope>[2]> & { readonly withoutEnd?: boolean },
): readonly [string, Break] {
  return [
    'generate-envelope',
    (_, { setup, request }) => {
      const { expiryDurationInSeconds: _end, ...others } = request;
      return wholeEnvelope(setup, (change.withoutEnd === true ? others : request) as Request, change);
    },
  ];
}
