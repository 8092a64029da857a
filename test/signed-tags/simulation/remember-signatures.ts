import { defaultFormats, type Finding, type VerifyFormat } from '@signet/verifier';

/** Answers that are remembered: those of some simulations. */
const maxRemembered = 10_000;

/**
 * Lets every format judge the same signature about the same image by the same keys once only, in this process, from now on. The answer is
 * pure, so it is the same, and a simulation asks the same thousands of times.
 */
export function rememberSignatures(): void {
  for (const format of defaultFormats) Object.assign(format, { verify: remembering(format) });
}

function remembering({ verify }: VerifyFormat): VerifyFormat['verify'] {
  const findings = new Map<string, Promise<Finding>>();
  return (envelope, subject, trust) => {
    // `origin` is the digest of the bytes wherever statements are judged.
    const { origin, foundIn, mediaType } = envelope;
    const question = [origin, foundIn, mediaType, subject.digest, ...trust.keys.map(({ id }) => id)].join(' ');
    const known = findings.get(question);
    if (known !== undefined) return known;
    if (findings.size >= maxRemembered) findings.clear();
    const finding = verify(envelope, subject, trust);
    findings.set(question, finding);
    return finding;
  };
}
