import {
  decide,
  type Evidence,
  type Finding,
  type ImageUse,
  type ResultEntry,
  toOutcome,
  toReport,
} from '@signet/verifier';
import { by, evidenceOf, failure, proof, rule, source } from '../evidence-data.ts';

const any = rule({ kind: 'any', of: [source('alice')] }, { name: 'prod' });

function entry(reference: string, changes: Partial<ResultEntry>, made: Made = {}): ResultEntry {
  const { findings = [], mode = 'enforce', evidence = {} } = made;
  const ruled = { ...any, mode };
  const seen = evidenceOf({ asked: { reference }, ...evidence });
  const report = toReport({ ruling: by(ruled), evidence: seen, decision: decide(by(ruled), seen, findings) });
  return { reference, outcome: toOutcome(report), ...changes };
}

interface Made {
  readonly findings?: readonly Finding[];
  readonly mode?: 'enforce' | 'warn' | 'audit';
  readonly evidence?: Partial<Evidence>;
}

/** A use of an image at a line of a file. */
export function useAt(file: string, line: number, within?: string): ImageUse {
  return { place: { file, line, column: 16 }, ...(within === undefined ? {} : { within }) };
}

/** A text that would break out of XML, a terminal and a line. */
export const hostile = `\u001b[2J\u0000\u0008\u202e]]></failure>"'&\n\uFFFE\uD800 end`;

/** One of each kind of result. */
export const verified: ResultEntry = entry(
  'r.example/app:1',
  { use: useAt('deploy/web.yaml', 7, 'Deployment web, container app') },
  { findings: [proof('alice')] },
);
export const denied: ResultEntry = entry('r.example/app:2', { use: useAt('deploy/web.yaml', 17) });
export const untrusted: ResultEntry = entry('r.example/app:3', {}, { findings: [failure('KEY_NOT_TRUSTED')] });
export const undecided: ResultEntry = entry(
  'r.example/app:4',
  { use: useAt('./a dir/ü:x.yaml', 3) },
  { evidence: { gaps: [{ what: 'blob', code: 'TIMEOUT', message: 'slow' }] } },
);
export const warned: ResultEntry = entry('r.example/app:5', { use: useAt('-', 3) }, { mode: 'warn' });
export const audited: ResultEntry = entry('r.example/app:6', { use: useAt('/abs/x.yaml', 3) }, { mode: 'audit' });
export const notChecked: ResultEntry = {
  reference: 'r.example/app:7',
  outcome: {
    kind: 'report',
    verdict: 'undecided',
    code: 'NOT_CHECKED',
    allowed: true,
    summary: 'exempt',
    mode: 'skip',
  },
};
export const failed: ResultEntry = {
  reference: 'NOT/a Ref',
  use: useAt('deploy/web.yaml', 30),
  outcome: { kind: 'failure', code: 'REFERENCE_INVALID', message: 'upper case' },
};
export const evil: ResultEntry = {
  reference: hostile,
  use: useAt(hostile, 1, hostile),
  outcome: {
    kind: 'report',
    verdict: 'denied',
    code: 'NOT_TRUSTED',
    allowed: false,
    summary: hostile,
    remedy: hostile,
    rule: hostile,
    rulePlace: { file: 'policy.yaml', line: 4, column: 5 },
  },
};

export const everything: readonly ResultEntry[] = [
  verified,
  denied,
  untrusted,
  undecided,
  warned,
  audited,
  notChecked,
  failed,
  evil,
];
