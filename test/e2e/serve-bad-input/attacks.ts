import { gzipSync } from 'node:zlib';
import { admissionReview, pod } from '../../admission/requests.ts';
import { hold, type Place, post, statusesIn, type Talk, talk } from './raw.ts';

/** A status; that the connection was closed without one; of the gate of Docker, that nothing is allowed. */
export type Told = number | 'closed' | 'refused';

/** Something that nobody honest sends, and the only statuses that it may be answered with; `closed`: the connection ends without any. */
export interface Attack {
  readonly name: string;
  readonly allowed: readonly Told[];
  /** Nothing but waiting. */
  readonly isSlow?: boolean;
  send(place: Place, sizes: Sizes): Promise<readonly Told[]>;
}

/** How much is sent of what is sent many times. */
export interface Sizes {
  readonly connections: number;
  readonly pipelined: number;
  readonly containers: number;
  /** Also what takes as long as a server waits for those who are slow. */
  readonly isPatient: boolean;
}

const big = 10 * 1024 * 1024;
const review = (...images: readonly string[]): string => reviewOf(images);
const reviewOf = (images: readonly string[]): string => {
  const containers = images.map((image, at) => ({ name: `c${at}`, image }));
  return JSON.stringify(admissionReview({ ...pod(), spec: { containers } }));
};
const stray = review('nowhere.invalid/app:1');

/** All addresses that take something. */
const paths = [
  '/validate',
  '/mutate',
  '/imagereview',
  '/gatekeeper/verify',
  '/gatekeeper/mutate',
  '/v1/verify',
  '/webhooks/acr',
  '/webhooks/distribution',
  '/webhooks/harbor',
] as const;

/** What the webhooks of registries show. */
export const webhookSecret = 'a-secret-of-a-registry';
const authorized = { Authorization: `Bearer ${webhookSecret}` };

/** One connection that says this. */
function one(name: string, allowed: Attack['allowed'], how: (sizes: Sizes) => Talk): Attack {
  return {
    name,
    allowed,
    async send(place, sizes) {
      const heard = await talk(place, how(sizes));
      const statuses = statusesIn(heard);
      return statuses.length > 0 ? statuses : heard.isClosed ? ['closed'] : [];
    },
  };
}

/** A request that closes its connection. */
const closing = { ...authorized, Connection: 'close' };
const posted = (path: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Talk => ({
  parts: [post(path, body, { ...closing, ...headers })],
});
const everywhere = (name: string, allowed: Attack['allowed'], how: (path: string) => Talk): readonly Attack[] =>
  paths.map((path) => one(`${name}: ${path}`, allowed, () => how(path)));

/** A body whose length nobody was told. */
function* chunked(path: string, body: string, bytes: number): Generator<string> {
  yield `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${authorized.Authorization}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
  for (let sent = 0; sent < bytes; sent += body.length) yield `${body.length.toString(16)}\r\n${body}\r\n`;
  yield '0\r\n\r\n';
}

const head = (line: string, ...headers: readonly string[]): string =>
  `${[line, 'Host: x', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`;

const bodies: readonly Attack[] = [
  ...everywhere('10 MB', [413, 'closed'], (path) => posted(path, Buffer.alloc(big, ' '))),
  ...everywhere('10 MB in pieces', [413, 'closed'], (path) => ({ parts: chunked(path, ' '.repeat(65_536), big) })),
  ...everywhere('a million lists in one another', [400], (path) => posted(path, '['.repeat(1_000_000))),
  ...everywhere('half a million objects in one another', [400], (path) => posted(path, '{"a":'.repeat(500_000))),
  ...everywhere('a text', [415], (path) => posted(path, stray, { 'Content-Type': 'text/plain' })),
  ...everywhere('a form', [415], (path) =>
    posted(path, 'a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }),
  ),
  ...everywhere('YAML', [415], (path) => posted(path, 'a: b', { 'Content-Type': 'application/yaml' })),
  ...everywhere('protobuf', [415], (path) =>
    posted(path, 'k8s\u0000', { 'Content-Type': 'application/vnd.kubernetes.protobuf' }),
  ),
  ...everywhere('no type', [415], (path) => posted(path, '{}', { 'Content-Type': '' })),
  ...everywhere('gzip', [415], (path) => posted(path, gzipSync(stray), { 'Content-Encoding': 'gzip' })),
  ...everywhere('UTF-16', [400], (path) =>
    posted(path, Buffer.from(stray, 'utf16le'), { 'Content-Type': 'application/json; charset=utf-16' }),
  ),
  ...everywhere('nothing', [400], (path) => posted(path, '')),
  ...everywhere('a member twice', [400], (path) => posted(path, '{"kind":"a","kind":"b"}')),
  ...everywhere('another document', [400, 202], (path) =>
    posted(path, '{"apiVersion":"v9","kind":"Other","events":[],"action":"","type":""}'),
  ),
  one('another version', [400], () =>
    posted('/validate', stray.replace('admission.k8s.io/v1', 'admission.k8s.io/v1beta1')),
  ),
  one('1,000 containers', [200], () => posted('/validate', reviewOf(images(1000)))),
  one('very many containers', [200], ({ containers }) => posted('/mutate', reviewOf(images(containers)))),
  one('very many images', [200], ({ containers }) => posted('/gatekeeper/verify', keys(images(containers)))),
  one('names that are none', [200], () =>
    posted('/validate', review('', ' ', 'A b', '../..', '\u0000', `x/${'y'.repeat(2000)}`)),
  ),
  one('very many events', [202], ({ containers }) =>
    posted(
      '/webhooks/distribution',
      JSON.stringify({ events: Array.from({ length: Math.min(containers, 20_000) }, () => event) }),
    ),
  ),
];

const event = {
  action: 'push',
  target: {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    repository: 'a',
    tag: 'b',
    url: 'http://nowhere.invalid/x',
  },
};

function images(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `nowhere.invalid/app:${at}`);
}

function keys(of: readonly string[]): string {
  return JSON.stringify({
    apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
    kind: 'ProviderRequest',
    request: { keys: of },
  });
}

const good = (more: readonly string[] = []): string => {
  const lines = ['Host: x', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(stray)}`, ...more];
  return `POST /validate HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${stray}`;
};

const lines: readonly Attack[] = [
  one('HTTP/1.0', [200], () => ({ parts: [good().replace('HTTP/1.1', 'HTTP/1.0')] })),
  one('HTTP/0.9', [200, 400, 'closed'], () => ({ parts: ['GET /healthz\r\n\r\n'] })),
  one('HTTP/2', [400, 'closed'], () => ({ parts: ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'] })),
  one('TLS', [400, 'closed'], () => ({ parts: [Buffer.from('16030100a5010000a10303', 'hex'), Buffer.alloc(200, 7)] })),
  one('no words', [400, 'closed'], () => ({ parts: [Buffer.alloc(5000, 0xff)] })),
  one('no host', [400, 200], () => ({ parts: ['GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'] })),
  one('a head of a megabyte', [431, 400, 'closed'], () => ({
    parts: [`GET /healthz HTTP/1.1\r\nx: ${'y'.repeat(1_000_000)}`],
  })),
  one('100,000 headers', [431, 'closed'], () => ({ parts: ['GET /healthz HTTP/1.1\r\n', 'x: y\r\n'.repeat(100_000)] })),
  one('a path of 100,000 letters', [431, 414, 'closed'], () => ({
    parts: [head(`GET /${'x'.repeat(100_000)} HTTP/1.1`)],
  })),
  one('a path with a wrong escape', [400], () => ({ parts: [head('GET /%zz HTTP/1.1')] })),
  one('a path that is none', [400, 404], () => ({ parts: [head('GET http://[::1 HTTP/1.1')] })),
  one('a length that is none', [400, 'closed'], () => ({
    parts: [head('POST /validate HTTP/1.1', 'Content-Length: many')],
  })),
  one('a length below zero', [400, 'closed'], () => ({
    parts: [head('POST /validate HTTP/1.1', 'Content-Length: -1')],
  })),
  one('two lengths', [400, 'closed'], () => ({
    parts: [head('POST /validate HTTP/1.1', 'Content-Length: 2', 'Content-Length: 3'), '{} '],
  })),
  one('a length and pieces', [400, 'closed'], () => ({
    parts: [head('POST /validate HTTP/1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked'), '0\r\n\r\n'],
  })),
  one('a piece whose length is none', [400, 'closed'], () => ({
    parts: [head('POST /validate HTTP/1.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked'), 'zz\r\n'],
  })),
  one('a piece of more than there is', [400, 413, 'closed'], () => ({
    parts: [
      head('POST /validate HTTP/1.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked'),
      'ffffffffff\r\n{}',
    ],
    half: true,
  })),
  one('pieces with very much beside', [400, 413, 'closed'], () => ({
    parts: [
      head('POST /validate HTTP/1.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked'),
      `1;${'x'.repeat(100_000)}\r\n`,
    ],
  })),
  one('an encoding that is none', [400, 415, 501, 'closed'], () => ({
    parts: [head('POST /validate HTTP/1.1', 'Transfer-Encoding: gzip'), 'x'],
    half: true,
  })),
  one('less than was said', [400, 'closed'], () => ({ parts: [good().slice(0, -10)], half: true })),
  one('more than was said', [200, 400], () => ({ parts: [`${good()}and more\r\n\r\n`] })),
  one('an expectation', [200], () => ({ parts: [good(['Expect: 100-continue', 'Connection: close'])] })),
  one('an expectation that is none', [417], () => ({ parts: [good(['Expect: the-best', 'Connection: close'])] })),
  one('an upgrade', [200, 404], () => ({ parts: [head('GET /healthz HTTP/1.1', 'Upgrade: websocket')] })),
  one('a tunnel', [400, 404, 'closed'], () => ({ parts: [head('CONNECT nowhere.invalid:443 HTTP/1.1')] })),
  one('TRACE', [404], () => ({ parts: [head('TRACE /validate HTTP/1.1', 'Cookie: x')] })),
  one('GET with a body', [404], () => ({ parts: [good(['Connection: close']).replace('POST', 'GET')] })),
  one('a half-closed connection', [200], () => ({ parts: [good()], half: true })),
];

const many: readonly Attack[] = [
  one('requests in one go', [200], ({ pipelined }) => ({
    parts: Array.from({ length: pipelined }, (_, at) => good(at === pipelined - 1 ? ['Connection: close'] : [])),
  })),
  held('connections that say nothing', ''),
  held('connections that do not end their head', 'POST /validate HTTP/1.1\r\nHost: x\r\n'),
  held('connections that do not end their body', good().slice(0, -10)),
  held(
    'connections with half of 250 kB',
    `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 250000\r\n\r\n${' '.repeat(125_000)}`,
  ),
];

/** While they are there, somebody else is answered. */
function held(name: string, text: string): Attack {
  return {
    name,
    allowed: [200],
    async send(place, { connections }) {
      const letGo = await hold(place, connections, text);
      const heard = await talk(place, { parts: [good(['Connection: close'])] });
      letGo();
      return statusesIn(heard);
    },
  };
}

/** Letter by letter, until the server has had enough. */
function dripped(name: string, text: string): Attack {
  return {
    name,
    allowed: [408],
    isSlow: true,
    async send(place) {
      return statusesIn(await talk(place, { parts: text, everyMs: 500, ms: 60_000 }));
    },
  };
}

const slow: readonly Attack[] = [
  dripped('a head letter by letter', `POST /validate HTTP/1.1\r\nHost: x\r\nx: ${'y'.repeat(1000)}`),
  dripped('a body letter by letter', good().replace(stray, ' '.repeat(stray.length))),
];

export function attacksOf({ isPatient }: Sizes): readonly Attack[] {
  return [...bodies, ...lines, ...many, ...(isPatient ? slow : [])];
}
