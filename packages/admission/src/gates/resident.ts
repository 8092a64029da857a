import { request } from 'node:http';
import { formatReference, parseJson } from '@signet/oci';
import type { ReportCode } from '@signet/verifier';
import * as v from 'valibot';
import { AdmissionError } from '../errors.ts';
import type { ReportForGate } from '../review/outcome.ts';
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
  const parsed = v.safeParse(schema, answerOf(await post(JSON.stringify({ images: [image] }), resident), resident));
  if (!parsed.success) throw failed(resident, 'its answer is none of /v1/verify');
  const [{ report, ...result }] = parsed.output.results;
  const isOfAnother = report.digest !== undefined && report.digest !== reference.digest;
  if (result.image !== image || report.reference !== image || isOfAnother)
    throw failed(resident, 'its answer is about another image');
  const isProven = report.verdict !== 'verified' || report.digest === reference.digest;
  if (!isProven) throw failed(resident, 'its answer does not say what was verified');
  return { ...report, code: report.code as ReportCode, digest: reference.digest };
}

function answerOf(bytes: Uint8Array, resident: Resident): unknown {
  try {
    return parseJson(bytes);
  } catch (cause) {
    throw failed(resident, 'its answer is not JSON', cause);
  }
}

async function post(body: string, resident: Resident): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(Math.max(1, Math.floor(resident.timeoutMs)));
  try {
    return await exchange(body, resident, signal);
  } catch (cause) {
    if (cause instanceof AdmissionError) throw cause;
    const why = signal.aborted ? `no answer in ${Math.round(resident.timeoutMs)} ms` : messageOf(cause);
    throw failed(resident, why, cause);
  }
}

function exchange(body: string, resident: Resident, signal: AbortSignal): Promise<Uint8Array> {
  const { socket, timeoutMs } = resident;
  return new Promise((resolve, reject) => {
    const sent = request({
      socketPath: socket,
      method: 'POST',
      path: `/v1/verify?timeout=${Math.round(timeoutMs)}ms`,
      headers: { host: 'localhost', 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      agent: false,
      signal,
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxAnswerBytes) sent.destroy(failed(resident, `its answer has more than ${maxAnswerBytes} bytes`));
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks));
        else reject(failed(resident, `it answered with status ${response.statusCode}`));
      });
    });
    sent.end(body);
  });
}

function failed({ socket }: Resident, why: string, cause?: unknown): AdmissionError {
  return new AdmissionError('RESIDENT_FAILED', `the server at ${socket}: ${why}`, { cause });
}

function messageOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'nobody listens there';
  return code ?? 'the connection broke';
}
