import { EnvelopeError } from '../errors.ts';
import { shown } from '../formats/strict-json.ts';

/** The content type of every payload. Rule: wire-formats 8.1. */
export const NOTARY_PAYLOAD_TYPE = 'application/vnd.cncf.notary.payload.v1+json';

/** Who tells the signing time: the signer (untrusted), or an authority that signed (trusted). Rule: wire-formats 8.8. */
export type SigningScheme = 'notary.x509' | 'notary.x509.signingAuthority';

/** A signed attribute that the format itself does not know. */
export interface ExtendedAttribute {
  /** Text in a JWS; in COSE also a number. */
  readonly name: string | number;
  readonly value: unknown;
  /** Whoever does not know it must refuse the signature. */
  readonly isCritical: boolean;
}

/** What the protected header says. Times are milliseconds since 1970 UTC. */
export interface SignedAttributes {
  readonly scheme: SigningScheme;
  /** As the signer claims it: with `notary.x509` alone. */
  readonly signingTimeMs?: number;
  /** As the authority says it: with `notary.x509.signingAuthority` alone. */
  readonly authenticSigningTimeMs?: number;
  readonly expiryMs?: number;
  readonly verificationPlugin?: string;
  readonly verificationPluginMinVersion?: string;
  readonly extended: readonly ExtendedAttribute[];
}

/** A protected header, read from one of the two forms. */
export interface ProtectedHeader {
  readonly contentType: unknown;
  readonly critical: readonly (string | number)[];
  /** All but the registered ones (algorithm, content type, critical). */
  readonly attributes: ReadonlyMap<string | number, unknown>;
  /** Reads a time as this form writes it: milliseconds since 1970 UTC; undefined for anything else. */
  readonly toTime: (value: unknown) => number | undefined;
}

const prefix = 'io.cncf.notary.';
const names = {
  scheme: `${prefix}signingScheme`,
  signingTime: `${prefix}signingTime`,
  authenticTime: `${prefix}authenticSigningTime`,
  expiry: `${prefix}expiry`,
  plugin: `${prefix}verificationPlugin`,
  pluginVersion: `${prefix}verificationPluginMinVersion`,
} as const;
const known: ReadonlySet<string | number> = new Set(Object.values(names));
/** Those that have to be critical where they are. The signer's own time never is. */
const mustBeCritical = [names.scheme, names.authenticTime, names.expiry, names.plugin, names.pluginVersion];

/**
 * What a protected header says, by the rules that both forms share. Rule: wire-formats 8.3 (table), 8.8.
 * @throws {EnvelopeError} ENVELOPE_MALFORMED; ENVELOPE_UNSUPPORTED for another content type or signing scheme
 */
export function readAttributes(header: ProtectedHeader): SignedAttributes {
  const { contentType, attributes } = header;
  if (contentType !== NOTARY_PAYLOAD_TYPE)
    throw new EnvelopeError('ENVELOPE_UNSUPPORTED', `the content type is ${shownValue(contentType)}`);
  checkCritical(header);
  const scheme = attributes.get(names.scheme);
  if (scheme !== 'notary.x509' && scheme !== 'notary.x509.signingAuthority')
    throw new EnvelopeError('ENVELOPE_UNSUPPORTED', `the signing scheme is ${shownValue(scheme)}`);
  const signingTimeMs = timeOf(header, names.signingTime);
  const authenticSigningTimeMs = timeOf(header, names.authenticTime);
  checkTimes(scheme, signingTimeMs, authenticSigningTimeMs);
  const expiryMs = timeOf(header, names.expiry);
  if (expiryMs !== undefined && expiryMs <= (signingTimeMs ?? authenticSigningTimeMs ?? Number.POSITIVE_INFINITY))
    throw malformed('the expiry is not later than the signing time');
  const verificationPlugin = textOf(header, names.plugin);
  const verificationPluginMinVersion = textOf(header, names.pluginVersion);
  return {
    scheme,
    ...(signingTimeMs === undefined ? {} : { signingTimeMs }),
    ...(authenticSigningTimeMs === undefined ? {} : { authenticSigningTimeMs }),
    ...(expiryMs === undefined ? {} : { expiryMs }),
    ...(verificationPlugin === undefined ? {} : { verificationPlugin }),
    ...(verificationPluginMinVersion === undefined ? {} : { verificationPluginMinVersion }),
    extended: [...attributes]
      .filter(([name]) => !known.has(name))
      .map(([name, value]) => ({ name, value, isCritical: header.critical.includes(name) })),
  };
}

function checkCritical({ critical, attributes }: ProtectedHeader): void {
  if (critical.length === 0) throw malformed('the list of critical headers is empty');
  if (new Set(critical).size < critical.length) throw malformed('the list of critical headers names one twice');
  const absent = critical.find((name) => !attributes.has(name));
  if (absent !== undefined)
    throw malformed(`the header ${shownValue(absent)} is critical, but not there, or none that can be critical`);
  if (critical.includes(names.signingTime)) throw malformed(`the header "${names.signingTime}" must not be critical`);
  const missing = mustBeCritical.find((name) => attributes.has(name) && !critical.includes(name));
  if (missing !== undefined) throw malformed(`the header "${missing}" is not critical`);
}

/** Each scheme has its own time, and only that. */
function checkTimes(scheme: SigningScheme, signing: number | undefined, authentic: number | undefined): void {
  const [own, other] = scheme === 'notary.x509' ? [signing, authentic] : [authentic, signing];
  const [ownName, otherName] =
    scheme === 'notary.x509' ? [names.signingTime, names.authenticTime] : [names.authenticTime, names.signingTime];
  if (own === undefined) throw malformed(`the header "${ownName}" is missing, which ${scheme} needs`);
  if (other !== undefined) throw malformed(`the header "${otherName}" is there, which ${scheme} does not allow`);
}

function timeOf({ attributes, toTime }: ProtectedHeader, name: string): number | undefined {
  if (!attributes.has(name)) return undefined;
  const time = toTime(attributes.get(name));
  if (time === undefined) throw malformed(`the header "${name}" is no time`);
  return time;
}

function textOf({ attributes }: ProtectedHeader, name: string): string | undefined {
  if (!attributes.has(name)) return undefined;
  const value = attributes.get(name);
  if (typeof value !== 'string' || value.trim() === '') throw malformed(`the header "${name}" is no text`);
  return value;
}

function shownValue(value: unknown): string {
  if (typeof value === 'string') return shown(value);
  return typeof value === 'number' ? String(value) : `no text (${value === undefined ? 'missing' : typeof value})`;
}

function malformed(message: string): EnvelopeError {
  return new EnvelopeError('ENVELOPE_MALFORMED', message);
}
