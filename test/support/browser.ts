import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type DevTools, type Members, startDevTools } from './devtools-pipe.ts';
import { HarnessError } from './harness-error.ts';
import { tempDir } from './temp.ts';

/** How a page is looked at. `scripts: false`: as by who has forbidden them. */
export interface Looking {
  readonly width?: number;
  readonly height?: number;
  readonly colors?: 'light' | 'dark';
  readonly scripts?: boolean;
}

/** A page in a real browser without a window. */
export interface BrowserPage {
  /** Runs an expression in the page, also where the page's own policy forbids scripts; gives its JSON value. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  /** Presses the mouse in the middle of an element, which is scrolled to first. */
  readonly click: (selector: string) => Promise<void>;
  /** Types into what has the focus. */
  readonly type: (text: string) => Promise<void>;
  readonly look: (how: Looking) => Promise<void>;
  /** Writes what is seen as a PNG picture. */
  readonly picture: (path: string) => Promise<void>;
  /** The addresses that the page asked for, its own first. */
  readonly requests: () => readonly string[];
  /** What went wrong in the page: exceptions, errors on its console, what its policy refused. */
  readonly complaints: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** Without a window, and without what a browser asks the network for on its own account. */
const flags: readonly string[] = [
  '--headless',
  '--no-sandbox', // else it does not start as root
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
];

/** Opens a file and waits until it is loaded. Rule: Chrome DevTools Protocol, the domains that are named below. */
export async function openInBrowser(program: string, file: string, how: Looking = {}): Promise<BrowserPage> {
  const devTools = startDevTools(program, [...flags, `--user-data-dir=${tempDir()}`]);
  try {
    return await openPage(devTools, pathToFileURL(file).href, how);
  } catch (error) {
    await devTools.close();
    throw error;
  }
}

async function openPage(devTools: DevTools, url: string, how: Looking): Promise<BrowserPage> {
  const { targetId } = await devTools.call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await devTools.call('Target.attachToTarget', { targetId, flatten: true });
  const call = (method: string, params: object = {}) => devTools.call(method, params, String(sessionId));
  const requests: string[] = [];
  const complaints: string[] = [];
  let loaded = (): void => undefined;
  const load = new Promise<void>((resolve) => {
    loaded = resolve;
  });
  devTools.onEvent((method, params) => {
    if (method === 'Network.requestWillBeSent') requests.push(String(Object(params.request).url));
    if (method === 'Page.loadEventFired') loaded();
    complaints.push(...complaintsOf(method, params));
  });
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await call(`${domain}.enable`);
  const look = (wanted: Looking) => lookAt(call, wanted);
  await look(how);
  const { errorText } = await call('Page.navigate', { url });
  if (errorText !== undefined) throw new HarnessError(`${url}: ${errorText}`);
  await load;
  const evaluate = (expression: string) => evaluateBy(call, expression);
  return {
    evaluate,
    look,
    click: async (selector) => clickAt(call, await evaluate(middleOf(selector))),
    type: async (text) => void (await call('Input.insertText', { text })),
    async picture(path) {
      const { data } = await call('Page.captureScreenshot', { format: 'png' });
      writeFileSync(path, Buffer.from(String(data), 'base64'));
    },
    requests: () => requests,
    complaints: () => complaints,
    close: devTools.close,
  };
}

type Call = (method: string, params?: object) => Promise<Members>;

function complaintsOf(method: string, params: Members): readonly string[] {
  const { entry, exceptionDetails, type, args } = params;
  if (method === 'Runtime.exceptionThrown') return [`exception: ${JSON.stringify(exceptionDetails)}`];
  if (method === 'Log.entryAdded') return [`${Object(entry).source}: ${Object(entry).text}`];
  if (method !== 'Runtime.consoleAPICalled' || (type !== 'error' && type !== 'warning' && type !== 'assert')) return [];
  return [`console: ${JSON.stringify(args)}`];
}

async function lookAt(call: Call, { width = 1280, height = 800, colors = 'light', scripts = true }: Looking) {
  await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  await call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: colors }] });
  await call('Emulation.setScriptExecutionDisabled', { value: !scripts });
}

async function evaluateBy(call: Call, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, returnByValue: true });
  if (exceptionDetails !== undefined) throw new HarnessError(`${expression}: ${JSON.stringify(exceptionDetails)}`);
  return Object(result).value;
}

function middleOf(selector: string): string {
  return `(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    element.scrollIntoView({ block: 'center' });
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
  })()`;
}

async function clickAt(call: Call, place: unknown): Promise<void> {
  for (const type of ['mousePressed', 'mouseReleased'])
    await call('Input.dispatchMouseEvent', { type, ...Object(place), button: 'left', clickCount: 1 });
}
