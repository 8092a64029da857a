import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { CliError } from '../errors.ts';
import { systemReason } from '../files.ts';
import type { Io } from '../io.ts';
import { maxPluginBytes } from './staging.ts';

/** What is fetched, and how. */
export interface Download {
  readonly url: string;
  /** Lower-case hex of what has to come. */
  readonly sha256: string;
  /** PEM of the authorities that are trusted in place of the system's. */
  readonly ca?: string;
  readonly io: Pick<Io, 'env' | 'signal'>;
}

const maxRedirects = 5;
const timeoutMs = 300_000;

/**
 * Fetches a file over https, also where it is redirected, through the proxy of the environment, and holds it to its digest before anybody reads it.
 * Gives the last part of the address, the file's name.
 * @throws {CliError} USAGE, PLUGIN_DOWNLOAD, PLUGIN_DIGEST
 */
export async function download({ url, sha256, ca, io }: Download, to: string): Promise<string> {
  const first = httpsUrl(url);
  const agent = new Agent({ proxyEnv: { ...io.env }, ...(ca === undefined ? {} : { ca }) });
  try {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(timeoutMs)]);
    const answer = await follow(first, agent, signal);
    await pipeline(answer, bounded, createWriteStream(to, { flags: 'wx', mode: 0o600 }), { signal });
  } catch (error) {
    if (error instanceof CliError || io.signal.aborted) throw error;
    throw failed(first, systemReason(error), error);
  } finally {
    agent.destroy();
  }
  await checkDigest(to, sha256);
  return lastName(first);
}

/** @throws {CliError} PLUGIN_DIGEST; FILE_UNREADABLE where it cannot be read */
export async function checkDigest(path: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk);
  } catch (error) {
    throw new CliError('FILE_UNREADABLE', `cannot read ${path}: ${systemReason(error)}`, { cause: error });
  }
  const found = hash.digest('hex');
  if (found !== sha256) throw new CliError('PLUGIN_DIGEST', `the file has the SHA-256 ${found}, and not ${sha256}`);
}

async function follow(first: URL, agent: Agent, signal: AbortSignal): Promise<IncomingMessage> {
  let target = first;
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const answer = await ask(target, agent, signal);
    const { statusCode = 0, headers } = answer;
    if (statusCode === 200) return answer;
    answer.destroy();
    const isRedirect = [301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined;
    if (!isRedirect) throw failed(target, `it answers with status ${statusCode}`);
    target = httpsUrl(headers.location ?? '', target);
  }
  throw failed(first, `more than ${maxRedirects} redirects`);
}

function ask(target: URL, agent: Agent, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(target, { agent, signal, headers: { accept: '*/*' } }, resolve).on('error', reject);
  });
}

/** @throws {CliError} USAGE for what was named, PLUGIN_DOWNLOAD for where that leads */
function httpsUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return url;
  if (base !== undefined) throw failed(base, 'it redirects to an address that is not https');
  throw new CliError('USAGE', '--url is an address that begins with https://, without a password');
}

/** What the address writes is a name alone: `%2f` in it would make a path of it. */
function lastName({ pathname }: URL): string {
  const written = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(written);
  } catch {
    return written; // a %, and no two digits of UTF-8 behind it
  }
}

async function* bounded(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > maxPluginBytes) throw new CliError('PLUGIN_DOWNLOAD', `it sends more than ${maxPluginBytes} bytes`);
    yield chunk;
  }
}

function failed({ host }: URL, why: string, cause?: unknown): CliError {
  return new CliError('PLUGIN_DOWNLOAD', `the plugin cannot be fetched from ${host}: ${why}`, { cause });
}
