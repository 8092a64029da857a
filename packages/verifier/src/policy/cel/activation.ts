import type { CelInput } from '@bufbuild/cel';
import { create } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { ConditionFacts, ImageFacts, SignatureFacts } from '../condition.ts';

/** The value of each variable of `conditionVariables`. What is absent has no entry. */
export function toActivation(facts: ConditionFacts): Readonly<Record<string, CelInput>> {
  return { image: imageValue(facts.image), signature: signatureValue(facts.signature) };
}

type Fields = Map<string, CelInput>;

function imageValue({ registry, repository, tag, digest, platform }: ImageFacts): Fields {
  return fields({ registry, repository, tag, digest, platform });
}

function signatureValue(signature: SignatureFacts): Fields {
  const { format, signer, reference, annotations, claimedAtMs, verifiedAtMs } = signature;
  return fields({
    format,
    signer: fields({ kind: signer.kind, keyId: signer.keyId, issuer: signer.issuer, subject: signer.subject }),
    reference,
    annotations: fields(annotations),
    claimedAt: timeValue(claimedAtMs),
    verifiedAt: timeValue(verifiedAtMs),
  });
}

/** A Map, so that no key of an annotation can reach a property of JavaScript's objects. */
function fields(values: Readonly<Record<string, CelInput | undefined>>): Fields {
  const map: Fields = new Map();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) map.set(name, value);
  }
  return map;
}

const range = { minMs: -62_135_596_800_000, maxMs: 253_402_300_799_999 };

/** Absent where it is no time from the year 1 to 9999, which is all that CEL has. */
function timeValue(ms: number | undefined): CelInput | undefined {
  if (ms === undefined || !(ms >= range.minMs && ms <= range.maxMs)) return undefined;
  const seconds = Math.floor(ms / 1000);
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: Math.floor((ms - seconds * 1000) * 1_000_000) });
}
