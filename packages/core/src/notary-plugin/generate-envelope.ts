import { below, malformed, objectAt, type Place, shown, stringAt } from '../formats/strict-json.ts';
import { NOTARY_PAYLOAD_TYPE } from '../notary/attributes.ts';
import { type NotaryEnvelope, notaryEnvelopeTypes } from '../notary/envelope.ts';
import { checkMadeEnvelope, type EnvelopeDemand } from './made-envelope.ts';
import { isOwnAnnotation } from './made-payload.ts';
import {
  type Answer,
  type AskOptions,
  breach,
  configMember,
  contractVersion,
  type PluginProgram,
  readAnswer,
} from './program.ts';
import { bytesAt } from './read-bytes.ts';

/** What a plugin is to make a whole signature of. */
export interface EnvelopeQuestion extends EnvelopeDemand {
  readonly keyId: string;
}

/** A whole signature that holds. */
export interface MadeEnvelope {
  readonly bytes: Uint8Array;
  /** The same, read. */
  readonly envelope: NotaryEnvelope;
  /** For the manifest that stores it. */
  readonly annotations: Readonly<Record<string, string>>;
}

const maxAnnotations = 100;
const maxAnnotationBytes: number = 64 * 1024;

/**
 * Lets a plugin make a whole envelope; what comes back is of the type that was asked for, verifies, and says what it was given.
 * Rule: wire-formats 10 "After ENVELOPE".
 * @throws {PluginError} PLUGIN_CONTRACT; what running it throws
 */
export async function generateEnvelope(
  program: PluginProgram,
  question: EnvelopeQuestion,
  { config, signal }: AskOptions = {},
): Promise<MadeEnvelope> {
  const command = 'generate-envelope';
  const { keyId, form, payload, lifetimeSeconds } = question;
  const request = {
    contractVersion,
    keyId,
    ...configMember(config),
    ...(lifetimeSeconds === undefined ? {} : { expiryDurationInSeconds: lifetimeSeconds }),
    payload: Buffer.from(payload).toString('base64'),
    payloadType: NOTARY_PAYLOAD_TYPE,
    signatureEnvelopeType: notaryEnvelopeTypes[form],
  };
  const bytes = await program.call(command, request, signal);
  return parseMadeEnvelope({ plugin: program.name, command, bytes }, question);
}

/** The answer alone. @throws {PluginError} PLUGIN_CONTRACT */
export function parseMadeEnvelope(answer: Answer, question: EnvelopeQuestion): MadeEnvelope {
  const told = readAnswer(answer, toAnswer);
  const asked = notaryEnvelopeTypes[question.form];
  if (told.type !== asked) throw breach(answer, `asked for ${asked}, it answers with ${shown(told.type)}`);
  const own = Object.keys(told.annotations).find(isOwnAnnotation);
  if (own !== undefined) throw breach(answer, `it wants the annotation ${shown(own)}, which is not its own`);
  const envelope = checkMadeEnvelope(answer, told.bytes, question);
  return { bytes: told.bytes, envelope, annotations: told.annotations };
}

interface Told {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly annotations: Readonly<Record<string, string>>;
}

function toAnswer(document: unknown, place: Place): Told {
  const members = objectAt(document, place);
  return {
    bytes: bytesAt(members.signatureEnvelope, below(place, 'signatureEnvelope')),
    type: stringAt(members.signatureEnvelopeType, below(place, 'signatureEnvelopeType')),
    annotations: annotationsAt(members.annotations ?? {}, below(place, 'annotations')),
  };
}

function annotationsAt(value: unknown, place: Place): Readonly<Record<string, string>> {
  const entries = Object.entries(objectAt(value, place)).map(
    ([name, text]) => [name, stringAt(text, below(place, name))] as const,
  );
  const bytes = entries.reduce((sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text), 0);
  if (entries.length > maxAnnotations || bytes > maxAnnotationBytes)
    throw malformed(place, `small: at most ${maxAnnotations} of ${maxAnnotationBytes} bytes in all`);
  return Object.fromEntries(entries);
}
