import { formatReference } from '@signet/oci';
import type { ReportCode } from '@signet/verifier';
import * as v from 'valibot';
import { AdmissionError } from '../errors.ts';
import type { ReportForGate } from '../review/outcome.ts';
import { askSocket } from './ask-socket.ts';
import type { PulledImage } from './containerd/verifier-call.ts';

/** The server that is asked, and how long. */
export interface Resident {
  /** Its unix socket. Who can listen there says what is allowed: the caller has looked at who owns it. */
  readonly socket: string;
  readonly timeoutMs: number;
}

/** A report with all its signatures; more is not read. */
const maxAnswerBytes = 4 * 1024 * 1024;

const schema = v.object({
  results: v.strictTuple([
    v.object({
      image: v.string(),
      report: v.object({
        reference: v.string(),
        verdict: v.picklist(['verified', 'denied', 'undecided']),
        code: v.string(),
        allowed: v.boolean(),
        summary: v.string(),
        remedy: v.exactOptional(v.string()),
        rule: v.exactOptional(v.string()),
        mode: v.exactOptional(v.picklist(['enforce', 'warn', 'audit', 'skip'])),
        digest: v.exactOptional(v.string()),
      }),
    }),
  ]),
});

/**
 * What the resident server (`POST /v1/verify`) says of an image by its digest.
 * @throws {AdmissionError} RESIDENT_FAILED where none listens, it is late, or its answer is not about this image
 */
export async function askResident(reference: PulledImage, resident: Resident): Promise<ReportForGate> {
  const image = formatReference(reference);
  const { status, json } = await askSocket({
    ...resident,
    path: `/v1/verify?timeout=${Math.round(resident.timeoutMs)}ms`,
    body: JSON.stringify({ images: [image] }),
    maxBytes: maxAnswerBytes,
    failed: (why, cause) => failed(resident, why, cause),
  });
  if (status !== 200) throw failed(resident, `it answered with status ${status}`);
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) throw failed(resident, 'its answer is none of /v1/verify');
  const [{ report, ...result }] = parsed.output.results;
  const isOfAnother = report.digest !== undefined && report.digest !== reference.digest;
  if (result.image !== image || report.reference !== image || isOfAnother)
    throw failed(resident, 'its answer is about another image');
  const isProven = report.verdict !== 'verified' || report.digest === reference.digest;
  if (!isProven) throw failed(resident, 'its answer does not say what was verified');
  return { ...report, code: report.code as ReportCode, digest: reference.digest };
}

function failed({ socket }: Resident, why: string, cause?: unknown): AdmissionError {
  return new AdmissionError('RESIDENT_FAILED', `the server at ${socket}: ${why}`, { cause });
}
