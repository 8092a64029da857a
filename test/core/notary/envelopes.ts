import { encode, Tagged } from 'cborg';

type Name = 'scheme' | 'signingTime' | 'authenticTime' | 'expiry' | 'plugin' | 'stamp' | 'agent';

/** Names of headers. */
export const header: Readonly<Record<Name, string>> = {
  scheme: 'io.cncf.notary.signingScheme',
  signingTime: 'io.cncf.notary.signingTime',
  authenticTime: 'io.cncf.notary.authenticSigningTime',
  expiry: 'io.cncf.notary.expiry',
  plugin: 'io.cncf.notary.verificationPlugin',
  stamp: 'io.cncf.notary.timestampSignature',
  agent: 'io.cncf.notary.signingAgent',
};

export const payloadType = 'application/vnd.cncf.notary.payload.v1+json';
export const artifact: Readonly<Record<'mediaType' | 'digest', string>> & { readonly size: number } = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${'a'.repeat(64)}`,
  size: 423,
};
export const payload: Buffer = Buffer.from(JSON.stringify({ targetArtifact: artifact }));

/** The protected header as both forms have it: a test changes what it is about. */
export interface Said {
  readonly alg?: unknown;
  readonly cty?: unknown;
  readonly crit?: unknown;
  /** `undefined` takes a header away. Times: seconds since 1970, written as the form writes them. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** What nobody signs. */
  readonly unsigned?: Readonly<Record<string, unknown>>;
}

/** A time, in seconds since 1970. */
export class Time {
  readonly seconds: number;
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

/** The moment at which all envelopes of these tests say they were signed. */
export const signedAt: Time = new Time(1_796_110_883);

const usual = { [header.scheme]: 'notary.x509', [header.signingTime]: signedAt };

function headersOf({ headers = {} }: Said): readonly (readonly [string, unknown])[] {
  return Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== undefined);
}

/** A JWS of these headers; its signature is no signature. `more`: members of the envelope itself, `undefined` to take one away. */
export function jws(said: Said = {}, more: Readonly<Record<string, unknown>> = {}): Buffer {
  const { alg = 'ES256', cty = payloadType, crit = [header.scheme], unsigned = {} } = said;
  const written = headersOf(said).map(([name, value]) => [name, value instanceof Time ? timeText(value) : value]);
  const head = Buffer.from(JSON.stringify({ alg, crit, cty, ...Object.fromEntries(written) }));
  const x5c = [Buffer.from('a certificate').toString('base64')];
  return Buffer.from(
    JSON.stringify({
      payload: payload.toString('base64url'),
      protected: head.toString('base64url'),
      header: { x5c, ...unsigned },
      signature: Buffer.alloc(64, 7).toString('base64url'),
      ...more,
    }),
  );
}

function timeText({ seconds }: Time): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** COSE_Sign1 of these headers; its signature is no signature. `parts` stand in place of its own. */
export function cose(said: Said = {}, parts: readonly unknown[] = []): Uint8Array {
  const { alg = -7, cty = payloadType, crit = [header.scheme], unsigned = {} } = said;
  const written = headersOf(said).map(
    ([name, value]) => [name, value instanceof Time ? new Tagged(1, value.seconds) : value] as const,
  );
  const registered: readonly (readonly [number, unknown])[] = [
    [1, alg],
    [2, crit],
    [3, cty],
  ];
  const head = encode(new Map<unknown, unknown>([...registered.filter(([, value]) => value !== null), ...written]));
  const open = new Map<unknown, unknown>([[33, [Buffer.from('a certificate')]], ...Object.entries(unsigned)]);
  const own = [head, open, payload, Buffer.alloc(64, 7)];
  return encode(
    new Tagged(
      18,
      own.map((part, at) => parts[at] ?? part),
    ),
  );
}
