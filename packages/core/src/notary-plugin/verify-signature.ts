import { EnvelopeError } from '../errors.ts';
import { formatSeconds } from '../formats/signed-annotations.ts';
import { below, listAt, malformed, objectAt, type Place, shown, stringAt } from '../formats/strict-json.ts';
import { type ExtendedAttribute, NOTARY_PAYLOAD_TYPE } from '../notary/attributes.ts';
import type { NotaryEnvelope } from '../notary/envelope.ts';
import type { VerifierCapability } from './metadata.ts';
import {
  type Answer,
  type AskOptions,
  breach,
  configMember,
  contractVersion,
  type PluginProgram,
  readAnswer,
} from './program.ts';

/** What a plugin is to verify: a signature that verifies for itself. */
export interface VerifyQuestion {
  readonly envelope: NotaryEnvelope;
  /** As the trust policy has them. */
  readonly trustedIdentities: readonly string[];
  /** Which of its capabilities are asked for, at least none where only attributes are its affair. */
  readonly capabilities: readonly VerifierCapability[];
}

/** What a plugin found. */
export interface PluginVerdict {
  readonly isSuccess: boolean;
  /** In its own words, which come from outside. */
  readonly reason?: string;
}

/** By what was asked for: each of them, and nothing else. All attributes that are critical were processed. */
export type PluginVerdicts = ReadonlyMap<VerifierCapability, PluginVerdict>;

const maxAttributes = 100;

/**
 * Lets a plugin verify what only it can. That a check failed is a result. Rule: wire-formats 10 "After verify".
 * @throws {PluginError} PLUGIN_CONTRACT where a result is missing or was not asked for, or an attribute was not processed; what running it throws;
 * {EnvelopeError} ENVELOPE_UNSUPPORTED for an attribute that cannot be told in JSON
 */
export async function verifySignature(
  program: PluginProgram,
  question: VerifyQuestion,
  { config, signal }: AskOptions = {},
): Promise<PluginVerdicts> {
  const command = 'verify-signature';
  const { envelope, trustedIdentities, capabilities } = question;
  const request = {
    contractVersion,
    signature: {
      criticalAttributes: criticalAttributes(envelope),
      unprocessedAttributes: unprocessedOf(envelope),
      certificateChain: envelope.certificates.map((each) => Buffer.from(each).toString('base64')),
    },
    trustPolicy: { trustedIdentities, signatureVerification: capabilities },
    ...configMember(config),
  };
  const bytes = await program.call(command, request, signal);
  return parseVerdicts({ plugin: program.name, command, bytes }, question);
}

/** The answer alone. @throws {PluginError} PLUGIN_CONTRACT */
export function parseVerdicts(answer: Answer, { envelope, capabilities }: VerifyQuestion): PluginVerdicts {
  const { results, processed } = readAnswer(answer, toAnswer);
  const missing = capabilities.find((capability) => !results.has(capability));
  if (missing !== undefined) throw breach(answer, `it does not answer for ${missing}`);
  const other = [...results.keys()].find((name) => !capabilities.some((each) => each === name));
  if (other !== undefined) throw breach(answer, `it answers for ${shown(other)}, for which it was not asked`);
  const left = unprocessedOf(envelope).find((name) => !processed.includes(name));
  if (left !== undefined) throw breach(answer, `it has not processed the critical attribute ${shown(left)}`);
  return new Map(capabilities.flatMap((capability) => entryOf(capability, results.get(capability))));
}

function entryOf(
  capability: VerifierCapability,
  verdict: PluginVerdict | undefined,
): readonly (readonly [VerifierCapability, PluginVerdict])[] {
  return verdict === undefined ? [] : [[capability, verdict]];
}

/** The plugin's own two attributes are left out: notation does not send them. */
function criticalAttributes({ attributes }: NotaryEnvelope): Readonly<Record<string, unknown>> {
  const { scheme, expiryMs, authenticSigningTimeMs } = attributes;
  const extended = criticalOf(attributes.extended);
  return {
    contentType: NOTARY_PAYLOAD_TYPE,
    signingScheme: scheme,
    ...(expiryMs === undefined ? {} : { expiry: formatSeconds(expiryMs) }),
    ...(authenticSigningTimeMs === undefined ? {} : { authenticSigningTime: formatSeconds(authenticSigningTimeMs) }),
    ...(extended.length === 0
      ? {}
      : { extendedAttributes: Object.fromEntries(extended.map(({ name, value }) => [nameOf(name), toJson(value)])) }),
  };
}

function unprocessedOf({ attributes }: NotaryEnvelope): readonly string[] {
  return criticalOf(attributes.extended).map(({ name }) => nameOf(name));
}

function criticalOf(extended: readonly ExtendedAttribute[]): readonly ExtendedAttribute[] {
  return extended.filter(({ isCritical }) => isCritical);
}

/** COSE has numbers too: the protocol has no way to tell them. */
function nameOf(name: string | number): string {
  if (typeof name === 'string') return name;
  throw new EnvelopeError(
    'ENVELOPE_UNSUPPORTED',
    `the critical attribute ${name} has a number for a name: no plugin can be told`,
  );
}

/** Bytes become base64, as Go writes them. */
function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value;
  if (Array.isArray(value)) return value.map(toJson);
  const isPlain = typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
  if (isPlain) return Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, toJson(each)]));
  throw new EnvelopeError(
    'ENVELOPE_UNSUPPORTED',
    'a critical attribute has a value that is none in JSON: no plugin can be told',
  );
}

interface Told {
  readonly results: ReadonlyMap<string, PluginVerdict>;
  readonly processed: readonly unknown[];
}

function toAnswer(document: unknown, place: Place): Told {
  const members = objectAt(document, place);
  const at = below(place, 'verificationResults');
  const results = Object.entries(objectAt(members.verificationResults, at));
  return {
    results: new Map(results.map(([name, value]) => [name, toVerdict(value, below(at, name))])),
    processed: listAt(members.processedAttributes ?? [], below(place, 'processedAttributes'), maxAttributes),
  };
}

function toVerdict(value: unknown, place: Place): PluginVerdict {
  const { success, reason } = objectAt(value, place);
  if (typeof success !== 'boolean') throw malformed(below(place, 'success'), 'true or false');
  if (reason === undefined || reason === null || reason === '') return { isSuccess: success };
  return { isSuccess: success, reason: stringAt(reason, below(place, 'reason')).slice(0, 500) };
}
