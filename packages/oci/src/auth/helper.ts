import { spawn } from 'node:child_process';
import { asObject } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { type Credential, credentialOf } from './credential.ts';

/** How a helper is run; `timeoutMs` defaults to 30,000. */
export interface HelperOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

const maxOutputBytes = 1024 * 1024;
const notFoundText = 'credentials not found in native keychain';

/** `docker-credential-NAME get`; undefined where the helper knows none. @throws {RegistryError} CREDENTIALS */
export async function askHelper(name: string, server: string, options: HelperOptions): Promise<Credential | undefined> {
  const { code, stdout } = await runHelper(name, { command: 'get', input: server }, options);
  if (code === 0) return readCredential(name, stdout);
  if (stdout.toString('utf8').includes(notFoundText)) return undefined;
  throw failed(name, `"get" ended with exit code ${code}`);
}

/** `store`. @throws {RegistryError} CREDENTIALS */
export async function storeInHelper(
  name: string,
  entry: { readonly server: string; readonly username: string; readonly secret: string },
  options: HelperOptions,
): Promise<void> {
  const input = JSON.stringify({ ServerURL: entry.server, Username: entry.username, Secret: entry.secret });
  const { code } = await runHelper(name, { command: 'store', input }, options);
  if (code !== 0) throw failed(name, `"store" ended with exit code ${code}`);
}

/** `erase`; erasing what is not there succeeds. @throws {RegistryError} CREDENTIALS */
export async function eraseFromHelper(name: string, server: string, options: HelperOptions): Promise<void> {
  const { code, stdout } = await runHelper(name, { command: 'erase', input: server }, options);
  if (code === 0 || stdout.toString('utf8').includes(notFoundText)) return;
  throw failed(name, `"erase" ended with exit code ${code}`);
}

function readCredential(name: string, stdout: Uint8Array): Credential | undefined {
  try {
    const { Username, Secret } = asObject(parseJson(stdout), 'answer');
    if (typeof Username === 'string' && typeof Secret === 'string') {
      return Username === '' && Secret === '' ? undefined : credentialOf(Username, Secret);
    }
  } catch {
    // Without the cause: it would quote the helper's answer, which is the secret.
  }
  throw failed(name, 'its answer is not {"Username", "Secret"}');
}

interface Ended {
  readonly code: number;
  readonly stdout: Buffer;
}

/** No shell, and a name that is a program's name and nothing more. Rule: wire-formats 2.10, "Credential helper". */
async function runHelper(
  name: string,
  request: { readonly command: string; readonly input: string },
  options: HelperOptions,
): Promise<Ended> {
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw new RegistryError('CREDENTIALS', 'a credential helper is named with letters, digits, "_" and "-" only');
  }
  const { env, timeoutMs = 30_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${name}`, [request.command], {
      env: { ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = (why: string): void => {
      child.kill('SIGKILL');
      // A grandchild may hold the pipe open: it is not waited for.
      child.stdout.destroy();
      reject(failed(name, why));
    };
    const timer = setTimeout(() => stop(`no answer within ${timeoutMs} ms`), timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxOutputBytes) stop(`more than ${maxOutputBytes} bytes of output`);
      else chunks.push(chunk);
    });
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(failed(name, 'it cannot be started', cause));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, stdout: Buffer.concat(chunks) });
    });
    child.stdin.on('error', () => {}); // It may end without reading: its exit code says how it went.
    child.stdin.end(request.input);
  });
}

function failed(name: string, why: string, cause?: unknown): RegistryError {
  return new RegistryError('CREDENTIALS', `docker-credential-${name}: ${why}`, cause === undefined ? {} : { cause });
}
