import type { HeadEntry, ResultEntry } from '../../../packages/cli/src/audit/entry.ts';

/** The first line of results. */
export const auditHead: HeadEntry = {
  kind: 'audit',
  version: 1,
  scope: { kind: 'registry', registry: 'r.example', allTags: false },
  policy: 'ab'.repeat(32),
  startedAt: '2026-01-01T00:00:00.000Z',
};

const codes = { verified: 'VERIFIED', denied: 'NO_SIGNATURE', undecided: 'INCOMPLETE' } as const;

/** What came of an image. */
export function resultOf(reference: string, verdict: ResultEntry['verdict'] = 'verified'): ResultEntry {
  return {
    kind: 'image',
    reference,
    verdict,
    code: codes[verdict],
    allowed: verdict === 'verified',
    rule: 'release',
    mode: 'enforce',
    summary: `why of ${reference}`,
    details: [],
    at: '2026-01-01T00:00:01.000Z',
  };
}
