import { enumeratedOf, expect, objectIdOf, partsOf, timeOf, unusable } from '../asn1/structure.ts';
import { type DerElement, readDer, TAG } from '../keys/der.ts';
import { checkDer } from '../x509/der-shape.ts';
import { type Revocation, reasonOf } from './answer.ts';

/** OIDs of the extensions that responses, lists and their entries have. Rule: RFC 5280, 5.2 and 5.3. */
export const extensionIds = {
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaIndicator: '2.5.29.27',
  distributionPoint: '2.5.29.28',
  authorityKeyId: '2.5.29.35',
  freshestCrl: '2.5.29.46',
} as const;

/** Extensions by their OIDs: the DER inside each. */
export type AnswerExtensions = ReadonlyMap<string, DerElement>;

const boolean = 0x01;
const none: AnswerExtensions = new Map();

/**
 * The extensions of a list of them: none twice, each of DER, and none critical but those named.
 * @throws {UnusableAnswer} {KeyError}
 */
export function readAnswerExtensions(
  list: DerElement | undefined,
  known: readonly string[],
  what: string,
): AnswerExtensions {
  if (list === undefined) return none;
  const found = new Map<string, DerElement>();
  for (const element of partsOf(list, TAG.sequence, `the list of extensions of ${what}`)) {
    const [id, ...parts] = partsOf(element, TAG.sequence, `an extension of ${what}`);
    const oid = objectIdOf(id);
    const isCritical = parts[0]?.tag === boolean && parts.shift()?.content[0] === 0xff;
    const [value, ...more] = parts;
    const { content } = expect(value, TAG.octetString, `the value of the extension ${oid}`);
    if (more.length > 0 || found.has(oid)) throw unusable(`the extension ${oid} of ${what} stands twice`);
    if (isCritical && !known.includes(oid)) throw unusable(`${what} has the critical extension ${oid}, not known here`);
    if (!known.includes(oid)) continue;
    checkDer(content, (why) => unusable(`the extension ${oid} of ${what}: ${why}`), 10_000);
    found.set(oid, readDer(content));
  }
  return found;
}

/** What the extensions of a revocation add to its time. Rule: RFC 5280, 5.3.1, 5.3.2. @throws {UnusableAnswer} */
export function readReasonAndDate(extensions: AnswerExtensions): Omit<Revocation, 'atMs'> {
  const code = extensions.get(extensionIds.reasonCode);
  const date = extensions.get(extensionIds.invalidityDate);
  const reason = code === undefined ? 'unspecified' : reasonOf(enumeratedOf(code, 'the reason of a revocation'));
  if (reason === undefined) throw unusable('the reason of a revocation is not known');
  return { reason, ...(date && { invalidFromMs: timeOf(date, 'the invalidity date') }) };
}
