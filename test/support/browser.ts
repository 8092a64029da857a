import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HarnessError } from './harness-error.ts';
import { peersDir } from './peer-paths.ts';
import { startProcess } from './process.ts';
import { tempDir } from './temp.ts';

/** A page in a real browser without a window. */
export interface BrowserPage {
  /** Runs an expression in the page, also where the page's own policy forbids scripts; gives its JSON value. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Chromium, where it is among the peer programs. */
export function browserProgram(): string | undefined {
  const path = join(peersDir, 'bin', 'chromium');
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined; // not there or not executable: the same to a caller
  }
}

/** Opens a file. Rule: Chrome DevTools Protocol, Target, Page and Runtime domains. */
export async function openInBrowser(program: string, file: string): Promise<BrowserPage> {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-port=0'];
  const browser = await startProcess(program, [...flags, `--user-data-dir=${tempDir()}`, 'about:blank'], {
    ready: /DevTools listening on ws:\/\/([^/\s]+)/,
  });
  const targets: unknown = await (await fetch(`http://${browser.match[1]}/json/list`)).json();
  const call = await connectTo(addressOf(targets));
  await call('Page.navigate', { url: pathToFileURL(file).href });
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails !== undefined) throw new HarnessError(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return Object(result).value;
  };
  const wanted = JSON.stringify(pathToFileURL(file).href);
  while ((await evaluate(`location.href === ${wanted} && document.readyState === 'complete'`)) !== true) {}
  return { evaluate, close: () => browser.stop() };
}

function addressOf(targets: unknown): string {
  const pages = Array.isArray(targets) ? targets.filter(({ type }) => type === 'page') : [];
  const address: unknown = pages[0]?.webSocketDebuggerUrl;
  if (typeof address === 'string') return address;
  throw new HarnessError('the browser has no page');
}

type Call = (method: string, params: object) => Promise<Readonly<Record<string, unknown>>>;

async function connectTo(address: string): Promise<Call> {
  const socket = new WebSocket(address);
  await new Promise((open, fail) => {
    socket.addEventListener('open', open, { once: true });
    socket.addEventListener('error', fail, { once: true });
  });
  const waiting = new Map<number, (result: Readonly<Record<string, unknown>>) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data));
    waiting.get(id)?.(result ?? {});
    waiting.delete(id);
  });
  let last = 0;
  return (method, params) =>
    new Promise((done) => {
      last += 1;
      waiting.set(last, done);
      socket.send(JSON.stringify({ id: last, method, params }));
    });
}
