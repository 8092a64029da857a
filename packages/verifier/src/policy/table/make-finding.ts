import { type Digest, digestOf } from '@signet/oci';
import type { Asked } from '../../evidence.ts';
import { type Check, createFinding, type Finding } from '../../finding.ts';
import { shortKey } from '../../report/key-name.ts';
import { trustOf } from '../../trust.ts';
import type { Ruling } from '../ruling.ts';
import type { MadeSignature } from './case.ts';

interface Around {
  readonly asked: Asked;
  /** Of the image. */
  readonly digest: Digest;
  readonly ruling: Ruling;
}

/**
 * What a format would have found of such a signature: valid, by its key; proven where that key is one that is looked for, and for the
 * image that its payload names.
 */
export function makeFinding(made: MadeSignature, { asked, digest, ruling }: Around): Finding {
  const { keyId, annotations, claimedAtMs, verifiedAtMs } = made;
  const subject = made.digest ?? digest;
  const signedReference = referenceOf(made, asked);
  return createFinding(
    {
      format: made.format,
      origin: digestOf(Buffer.from(JSON.stringify(made))),
      foundIn: 'manifest',
      checks: checksOf(keyId, subject, { digest, ruling }),
      claims: {},
      keyChecks: 1,
    },
    {
      identity: { kind: 'key', keyId },
      subject,
      annotations,
      ...(signedReference === undefined ? {} : { signedReference }),
      ...(claimedAtMs === undefined ? {} : { claimedAtMs }),
      ...(verifiedAtMs === undefined ? {} : { verifiedAtMs }),
    },
  );
}

/** Whoever signs with Signet signs the name too. */
function referenceOf({ reference }: MadeSignature, { name }: Asked): string | undefined {
  if (reference !== undefined) return reference ?? undefined;
  return name === undefined ? undefined : `${name.repository}${name.tag === undefined ? '' : `:${name.tag}`}`;
}

/** Until the first that fails, as the formats do. */
function checksOf(
  keyId: string,
  subject: Digest,
  { digest, ruling }: Pick<Around, 'digest' | 'ruling'>,
): readonly Check[] {
  const passed = (name: Check['name']) =>
    ({ name, result: 'pass', code: 'OK', message: 'as the case says', rule: 'docs/policy-test.md' }) as const;
  const failed = (name: Check['name'], code: Check['code'], message: string) =>
    ({ ...passed(name), result: 'fail', code, message }) as const;
  if (!trustOf(ruling).keys.some(({ id }) => id === keyId))
    return [passed('integrity'), failed('authenticity', 'KEY_NOT_TRUSTED', `signed by ${shortKey(keyId)}`)];
  const before = [passed('integrity'), passed('authenticity'), passed('payload')];
  return subject === digest
    ? [...before, passed('subject')]
    : [...before, failed('subject', 'SUBJECT_MISMATCH', `signed for ${subject}, asked ${digest}`)];
}
