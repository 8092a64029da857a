import { request } from 'node:http';
import { parseJson } from '@signet/oci';
import { AdmissionError } from '../errors.ts';

/** One question to a server on a unix socket of this machine. */
export interface SocketQuestion {
  readonly socket: string;
  readonly path: string;
  /** JSON: the question is then a POST. */
  readonly body?: string;
  readonly timeoutMs: number;
  /** Bytes of an answer; more is not read. */
  readonly maxBytes: number;
  /** The error of whoever asks, for a question that got no answer. */
  readonly failed: (why: string, cause?: unknown) => AdmissionError;
}

/** An answer whose body is JSON, whatever its status. */
export interface SocketAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** Asks, and waits for the whole answer. @throws what `failed` makes, for anything that goes wrong */
export async function askSocket(question: SocketQuestion): Promise<SocketAnswer> {
  const { timeoutMs, failed } = question;
  const signal = AbortSignal.timeout(Math.max(1, Math.floor(timeoutMs)));
  try {
    const { status, bytes } = await exchange(question, signal);
    return { status, json: status === 200 ? parseJson(bytes) : undefined };
  } catch (cause) {
    if (cause instanceof AdmissionError) throw cause;
    throw failed(signal.aborted ? `no answer in ${Math.round(timeoutMs)} ms` : reasonOf(cause), cause);
  }
}

function exchange({ socket, path, body, maxBytes, failed }: SocketQuestion, signal: AbortSignal) {
  const posted =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise<{ readonly status: number; readonly bytes: Uint8Array }>((resolve, reject) => {
    const sent = request({
      socketPath: socket,
      method,
      path,
      headers: { host: 'localhost', ...posted },
      agent: false,
      signal,
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) }));
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxBytes) sent.destroy(failed(`its answer has more than ${maxBytes} bytes`));
      });
    });
    sent.end(body);
  });
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'nobody listens there';
  if (code === 'JSON_INVALID') return 'its answer is not JSON';
  return code ?? 'the connection broke';
}
