import type { Attack, Told } from './attacks.ts';
import { type Heard, hold, post, type Talk, talk } from './raw.ts';

/** Where the daemon asks. */
const path = '/AuthZPlugin.AuthZReq';

/** What the gate says: nothing that was not understood is allowed. */
function one(name: string, how: () => Talk, allowed: Attack['allowed'] = ['refused']): Attack {
  return {
    name: `docker: ${name}`,
    allowed: [...allowed, 'closed'],
    send: async (place) => [verdictIn(await talk(place, how()))],
  };
}

function verdictIn({ text, isClosed }: Heard): Told {
  if (text.includes('"Allow":true')) return 200;
  if (text.includes('"Allow":false')) return 'refused';
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  if (status !== undefined) return Number(status);
  return isClosed ? 'closed' : 0;
}

const asked = (body: string | Uint8Array): Talk => ({ parts: [post(path, body, { Connection: 'close' })] });
const pull = { RequestMethod: 'POST', RequestUri: '/images/create?fromImage=nowhere.invalid/app&tag=1' };
const container = (body: string): string =>
  JSON.stringify({
    RequestMethod: 'POST',
    RequestUri: '/containers/create',
    RequestHeaders: { 'Content-Type': 'application/json' },
    RequestBody: Buffer.from(body).toString('base64'),
  });

export const dockerAttacks: readonly Attack[] = [
  one('10 MB', () => asked(Buffer.alloc(10 * 1024 * 1024, ' '))),
  one('10 MB in one member', () => asked(JSON.stringify({ ...pull, RequestBody: 'A'.repeat(10 * 1024 * 1024) }))),
  one('a million lists in one another', () => asked('['.repeat(1_000_000))),
  one('a million lists in the body', () => asked(container('['.repeat(1_000_000)))),
  one('nothing', () => asked('')),
  one('null', () => asked('null')),
  one('an empty object', () => asked('{}')),
  one('bytes that are no text', () => asked(Buffer.alloc(100, 0xff))),
  one('a method twice', () => asked(JSON.stringify(pull).replace('{', '{"RequestMethod":"GET",'))),
  one('a method of another type', () => asked(JSON.stringify({ ...pull, RequestMethod: ['GET'] }))),
  one('headers that are none', () => asked(JSON.stringify({ ...pull, RequestHeaders: { x: 1 } }))),
  one('a body that is not base64', () => asked(JSON.stringify({ ...pull, RequestBody: '%%%' }))),
  one('an address of 100,000 letters', () => asked(JSON.stringify({ ...pull, RequestUri: `/${'x'.repeat(100_000)}` }))),
  one('an address with 100,000 parameters', () =>
    asked(JSON.stringify({ ...pull, RequestUri: `/images/create?${'a&'.repeat(100_000)}` })),
  ),
  one('a container with very many mounts', () =>
    asked(
      container(
        JSON.stringify({
          Image: 'nowhere.invalid/a',
          HostConfig: {
            Mounts: Array.from({ length: 20_000 }, (_, at) => ({ Type: 'image', Source: `nowhere.invalid/b:${at}` })),
          },
        }),
      ),
    ),
  ),
  one('another path', () => ({ parts: [post('/', '{}', { Connection: 'close' })] }), [404]),
  one('another method', () => ({ parts: [`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`] }), [404]),
  one(
    'a body that ends too soon',
    () => ({ parts: [post(path, JSON.stringify(pull)).subarray(0, -10)], half: true }),
    [400],
  ),
  one('no HTTP', () => ({ parts: ['nonsense\r\n\r\n'] }), [400]),
  {
    name: 'docker: connections that say nothing',
    allowed: ['refused'],
    async send(place, { connections }) {
      const letGo = await hold(place, connections, '');
      const heard = await talk(place, asked(JSON.stringify(pull)));
      letGo();
      return [verdictIn(heard)];
    },
  },
];
