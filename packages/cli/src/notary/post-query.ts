import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { maxTokenBytes, timestampQueryType } from '@signet/core/timestamp';
import { CliError } from '../errors.ts';
import { systemReason } from '../files.ts';
import type { Io } from '../io.ts';

/** Milliseconds for one answer: an authority is asked once for each signature. */
const timeoutMs = 15_000;

/**
 * Posts a request to a time stamp authority, through the proxy of the environment, without credentials; a redirect is not followed. Gives the body
 * of its answer. Rule: RFC 3161, 3.4
 * @throws {CliError} TIMESTAMP_FAILED; the reason of the signal
 */
export async function postQuery(
  url: URL,
  query: Uint8Array,
  { env, signal: outer }: Pick<Io, 'env' | 'signal'>,
): Promise<Uint8Array> {
  const proxyEnv = { ...env };
  const isPlain = url.protocol === 'http:';
  const agent = isPlain ? new HttpAgent({ proxyEnv }) : new HttpsAgent({ proxyEnv });
  const limit = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([outer, limit]);
  const headers = { 'content-type': timestampQueryType, 'content-length': query.length, accept: '*/*' };
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = isPlain ? httpRequest : httpsRequest;
      send(url, { method: 'POST', agent, signal, headers }, resolve).on('error', reject).end(query);
    });
    if (answer.statusCode !== 200) throw timestampFailed(url, `it answers with status ${answer.statusCode}`);
    return await bodyOf(answer, url);
  } catch (error) {
    if (error instanceof CliError || outer.aborted) throw error;
    throw timestampFailed(url, limit.aborted ? `no answer in ${timeoutMs / 1000} s` : systemReason(error), error);
  } finally {
    agent.destroy();
  }
}

async function bodyOf(answer: IncomingMessage, url: URL): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of answer as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > maxTokenBytes) throw timestampFailed(url, `it sends more than ${maxTokenBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, size);
}

/** For whatever keeps an authority from confirming the time. */
export function timestampFailed({ host }: URL, why: string, cause?: unknown): CliError {
  return new CliError('TIMESTAMP_FAILED', `the time stamp authority ${host} gives no time stamp that counts: ${why}`, {
    cause,
  });
}
