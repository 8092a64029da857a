import type { Digest } from '@signet/oci';
import { parseDigest } from '@signet/oci';
import type { ConditionAnswer, ConditionFacts, SignatureFacts } from '@signet/verifier';
import { readCondition } from '../../../../packages/verifier/src/policy/cel/compile.ts';

const digest: Digest = parseDigest(`sha256:${'a'.repeat(64)}`);

/** An image and a signature of it by a key; `changes` replaces facts of the signature. */
export function factsWith(changes: Partial<SignatureFacts> = {}): ConditionFacts {
  return {
    image: { registry: 'registry.example.com', repository: 'prod/web', tag: 'v1.2', digest, platform: 'linux/arm64' },
    signature: {
      format: 'sigstore',
      signer: { kind: 'key', keyId: 'c0ffee', issuer: '', subject: '' },
      reference: 'registry.example.com/prod/web:v1.2',
      annotations: { team: 'web', build: '17', 'org.example/stage': 'prod' },
      claimedAtMs: Date.UTC(2026, 0, 31, 23, 30, 15, 250),
      ...changes,
    },
  };
}

/** The answer of a condition, or what is wrong with it. */
export function answer(text: string, facts: ConditionFacts = factsWith()): ConditionAnswer {
  const read = readCondition(text);
  if ('condition' in read) return read.condition.evaluate(facts);
  throw new TypeError(`${text}: ${read.problem.line}:${read.problem.column}: ${read.problem.message}`);
}

/** `pass`, `fail`, `unknown`, or `refused` when loaded. */
export function outcome(text: string, facts: ConditionFacts = factsWith()): string {
  const read = readCondition(text);
  return 'condition' in read ? read.condition.evaluate(facts).result : 'refused';
}

/** `line:column: message (hint)` of an expression that is refused when loaded; `loaded` for one that is not. */
export function refusal(text: string): string {
  const read = readCondition(text);
  if ('condition' in read) return 'loaded';
  const { line, column, message, hint } = read.problem;
  return `${line}:${column}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
}
