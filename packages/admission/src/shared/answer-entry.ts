import type { Report } from '@signet/verifier';
import * as v from 'valibot';

/** An answer as it lies where servers share it. */
export interface AnswerEntry {
  /** All that it is an answer to. */
  readonly key: string;
  /** The revision of the policy. */
  readonly policy: string;
  /** What the repository's mark was before the registry was asked. */
  readonly generation: string;
  /** Milliseconds since 1970 UTC, by the clock of who wrote it; its beginning is the report's `atMs`. */
  readonly untilMs: number;
  readonly report: Report;
}

/** What answers go by. All else of a report is there, too: its MAC says that the same version of the program wrote it. */
const schema = v.strictObject({
  key: v.string(),
  policy: v.string(),
  generation: v.string(),
  untilMs: v.number(),
  report: v.looseObject({
    reference: v.string(),
    verdict: v.picklist(['verified', 'denied']),
    code: v.string(),
    allowed: v.boolean(),
    digest: v.exactOptional(v.string()),
    policy: v.string(),
    summary: v.string(),
    findings: v.array(v.looseObject({ checks: v.array(v.looseObject({})) })),
    gaps: v.array(v.looseObject({})),
    skipped: v.array(v.looseObject({})),
    atMs: v.number(),
  }),
});

export function encodeAnswer(entry: AnswerEntry): Buffer {
  return Buffer.from(JSON.stringify(entry));
}

/** Undefined for what is none. To be given only what its MAC says is by a server. */
export function parseAnswer(content: Buffer): AnswerEntry | undefined {
  try {
    const parsed = v.safeParse(schema, JSON.parse(content.toString('utf8')));
    return parsed.success ? (parsed.output as unknown as AnswerEntry) : undefined;
  } catch {
    return undefined; // no JSON
  }
}
