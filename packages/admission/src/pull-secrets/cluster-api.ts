import { isIPv6 } from 'node:net';
import { parseJson } from '@signet/oci';
import { Pool } from 'undici';
import { AdmissionError } from '../errors.ts';
import { accountFolder, readClusterAccount } from './cluster-account.ts';

/** Reads objects of the cluster as the pod's service account may. */
export interface ClusterApi {
  /** The object at a path below the API's address; undefined where there is none. @throws {AdmissionError} CLUSTER_API_FAILED */
  get(path: string): Promise<unknown>;
  /** That the account can be read; nothing is asked yet. @throws {AdmissionError} CLUSTER_API_FAILED */
  check(): Promise<void>;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Where the API is, and how it is asked. */
export interface ClusterApiOptions {
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, as every pod has them. */
  readonly host: string;
  readonly port: string;
  /** Default: {@link accountFolder}. */
  readonly folder?: string;
  /** Milliseconds of one question, connecting and reading included. Default 5000. */
  readonly timeoutMs?: number;
  /** Bytes of an answer. Default 4 MiB: a secret holds at most 1 MiB, in base64. */
  readonly maxBytes?: number;
  /** Told of each question: its status, none where no answer came. */
  readonly onRequest?: (status: number | undefined) => void;
}

/** Questions at the same time. */
const maxConnections = 8;

/**
 * A client of two GETs, over undici, which is there already: docs/architecture.md has what `@kubernetes/client-node` would cost.
 * @throws {AdmissionError} CLUSTER_API_FAILED for an address that is none
 */
export function createClusterApi(options: ClusterApiOptions): ClusterApi {
  const { folder = accountFolder, timeoutMs = 5000, maxBytes = 4 * 1024 * 1024, onRequest } = options;
  const origin = originOf(options);
  let opened: { readonly ca: string; readonly pool: Pool } | undefined;
  const poolFor = (ca: string): Pool => {
    if (opened?.ca === ca) return opened.pool;
    // What is in flight with the certificates before ends by itself.
    opened?.pool.close().catch(() => {});
    const pool = new Pool(origin, {
      connections: maxConnections,
      pipelining: 1,
      allowH2: false,
      connect: { ca, timeout: timeoutMs },
    });
    opened = { ca, pool };
    return pool;
  };
  return {
    async get(path) {
      const { token, ca } = await readClusterAccount(folder);
      let status: number | undefined;
      try {
        const answer = await askInTime(poolFor(ca), { path, token, timeoutMs, maxBytes });
        status = answer.status;
        return objectIn(answer);
      } catch (error) {
        throw explained(error);
      } finally {
        onRequest?.(status);
      }
    },
    async check() {
      await readClusterAccount(folder);
    },
    async close() {
      await opened?.pool.destroy();
    },
  };
}

function originOf({ host, port }: ClusterApiOptions): string {
  const url = URL.parse(`https://${isIPv6(host) ? `[${host}]` : host}:${port}/`);
  // Nothing but host and port may be in them.
  if (url !== null && /^[\w.:-]+$/.test(host) && /^\d{1,5}$/.test(port)) return url.origin;
  throw failed('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are no address');
}

interface Question {
  readonly path: string;
  readonly token: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** In its time, whatever undici waits for: it looks at the signal only once there is a connection. */
async function askInTime(pool: Pool, question: Question): Promise<Answer> {
  const signal = AbortSignal.timeout(question.timeoutMs);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return await Promise.race([ask(pool, question, signal), late]);
}

async function ask(pool: Pool, { path, token, timeoutMs, maxBytes }: Question, signal: AbortSignal): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'signet' };
  const { statusCode: status, body } = await pool.request({
    path,
    method: 'GET',
    headers,
    signal,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  if (status !== 200) {
    body.dump({ limit: 65_536 }).catch(() => {}); // nobody waits for it
    return { status, bytes: new Uint8Array() };
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw failed(`the Kubernetes API sends more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return { status, bytes: Buffer.concat(chunks) };
}

function objectIn({ status, bytes }: Answer): unknown {
  if (status === 404) return undefined;
  if (status !== 200) throw failed(`the Kubernetes API answers ${status}${meaningOf(status)}`);
  try {
    return parseJson(bytes);
  } catch {
    // Without the cause: it quotes the text, which may be a secret.
    throw failed('the Kubernetes API answers with what is no JSON');
  }
}

function meaningOf(status: number): string {
  if (status === 401) return ": it does not take the token of the server's service account";
  if (status === 403) return ": the server's service account may not read this (RBAC)";
  return status === 429 ? ': it is asked too often' : '';
}

function explained(error: unknown): AdmissionError {
  if (error instanceof AdmissionError) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof Error && 'code' in error ? String(error.code) : message;
  const isLate = name === 'TimeoutError' || /_TIMEOUT$/.test(code);
  const reason = isLate ? 'it does not answer in time' : code;
  return failed(`the Kubernetes API cannot be asked: ${reason}`, error);
}

function failed(message: string, cause?: unknown): AdmissionError {
  return new AdmissionError('CLUSTER_API_FAILED', message, cause === undefined ? undefined : { cause });
}
