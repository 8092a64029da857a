import { rmSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { Agent, request } from 'undici';
import type { ValkeyServer } from '../../support/valkey.ts';
import { type Behaviour, behaviours, lies } from './fault-registry.ts';
import type { PolicyVersion } from './policies.ts';
import type { Trouble, World } from './world.ts';

/** Something that goes wrong, or is changed, while a server is asked. */
export interface Fault {
  readonly name: string;
  /** Of one part no two are at the same time. */
  readonly part: 'registry' | 'policy' | 'certificate' | 'tokens' | 'process' | 'clock' | 'memory' | 'valkey';
  /** What answers may suffer from it. */
  readonly trouble: Trouble;
  /** The server could not be started as things are. */
  readonly isUnstartable?: boolean;
  begin(world: World): Promise<void>;
  /** Everything is again as it was. */
  end(world: World): Promise<void>;
}

const nothing = async (): Promise<void> => {};

/** All that can be had on one machine. */
export const faults: readonly Fault[] = [
  ...behaviours.filter((each) => each !== 'healthy').map(registryFault),
  policyFault('stricter', ({ policies }) => policies.strict),
  policyFault('with refusals', ({ policies }) => policies.barred),
  policyFault('laxer', ({ policies }) => policies.lax),
  brokenPolicy('broken', ({ server }) => writeFileSync(server.files.policy, 'version: 1\nrules: [')),
  brokenPolicy('gone', ({ server }) => rmSync(server.files.policy)),
  brokenPolicy('without its key', ({ stage }) => rmSync(stage.key.file)),
  { name: 'certificate rotated', part: 'certificate', trouble: 'none', begin: rotateCertificate, end: nothing },
  brokenSecret('certificate broken', 'certificate', ({ server }) => writeFileSync(server.files.cert, 'none')),
  brokenSecret('certificate without its key', 'certificate', ({ server }) => rmSync(server.files.key)),
  { name: 'token rotated', part: 'tokens', trouble: 'none', begin: rotateToken, end: resetTokens },
  brokenSecret('tokens broken', 'tokens', ({ server }) => writeFileSync(server.files.tokens, 'short\n')),
  {
    name: 'server terminated',
    part: 'process',
    trouble: 'none',
    begin: (world) => restart(world, 'SIGTERM', 0),
    end: nothing,
  },
  {
    name: 'server killed',
    part: 'process',
    trouble: 'none',
    begin: (world) => restart(world, 'SIGKILL', -1),
    end: nothing,
  },
  clockFault('a day ahead', 86_400_000),
  clockFault('a day behind', -86_400_000),
  { name: 'large bodies', part: 'memory', trouble: 'none', begin: sendLarge, end: nothing },
];

/** Those of what shares the answers between servers: it may be gone, or say nothing. */
export const valkeyFaults: readonly Fault[] = [
  valkeyFault(
    'killed',
    (valkey) => valkey.kill(),
    (valkey) => valkey.restart(),
  ),
  valkeyFault('restarted', (valkey) => valkey.restart(), nothing),
  valkeyFault(
    'stopped',
    async (valkey) => valkey.pause(),
    async (valkey) => valkey.resume(),
  ),
];

function valkeyFault(name: string, begin: (valkey: ValkeyServer) => Promise<void>, end: typeof begin): Fault {
  const onIt =
    (act: typeof begin) =>
    async ({ valkey }: World) =>
      await (valkey === undefined ? undefined : act(valkey));
  return { name: `valkey ${name}`, part: 'valkey', trouble: 'none', begin: onIt(begin), end: onIt(end) };
}

function registryFault(behaviour: Behaviour): Fault {
  return {
    name: `registry ${behaviour}`,
    part: 'registry',
    trouble: lies.has(behaviour) ? 'lied to' : 'unreadable',
    begin: ({ stage }) => stage.registry.behave(behaviour),
    end: ({ stage }) => stage.registry.behave('healthy'),
  };
}

function policyFault(name: string, versionOf: (stage: World['stage']) => PolicyVersion): Fault {
  return {
    name: `policy ${name}`,
    part: 'policy',
    trouble: 'none',
    begin: (world) => usePolicy(world, versionOf(world.stage)),
    end: (world) => usePolicy(world, world.stage.policies.usual),
  };
}

/** From when it is written it may decide; when the log tells of it, nothing else does. */
async function usePolicy({ server, policies }: World, version: PolicyVersion): Promise<void> {
  const told = server.tells('policy changed');
  policies.begin(version);
  writeFileSync(server.files.policy, version.text);
  await told;
  policies.settle();
}

/** The one before stays in force, loudly. */
function brokenPolicy(name: string, breakIt: (world: World) => void): Fault {
  return {
    name: `policy ${name}`,
    part: 'policy',
    trouble: 'none',
    isUnstartable: true,
    async begin(world) {
      const told = world.server.tells('policy is broken: the one before is kept');
      breakIt(world);
      await told;
    },
    async end({ stage, server }) {
      writeFileSync(stage.key.file, stage.key.text);
      writeFileSync(server.files.policy, stage.policies.usual.text);
    },
  };
}

/** The ones before stay in use, loudly. */
function brokenSecret(name: string, part: Fault['part'], breakIt: (world: World) => void): Fault {
  return {
    name,
    part,
    trouble: 'none',
    isUnstartable: true,
    async begin(world) {
      const told = world.server.tells('certificate or tokens are broken: those before are kept');
      breakIt(world);
      await told;
    },
    async end(world) {
      await resetTokens(world);
      await rotateCertificate(world);
    },
  };
}

async function rotateCertificate({ stage, server }: World): Promise<void> {
  const before = await serialOf(server.url, stage.ca.ca);
  server.useCertificate(await stage.ca.issue());
  await until('the new certificate is shown', async () => (await serialOf(server.url, stage.ca.ca)) !== before);
}

function serialOf(url: string, ca: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

/** As soon as the new one is taken, the old one is not. */
async function rotateToken({ stage, server }: World): Promise<void> {
  const use = (token: string): void => writeFileSync(server.files.tokens, `${server.token}\n${token}\n`);
  const status = async (token: string): Promise<number> => await statusWith(server.url, stage.ca.ca, token);
  const [first, second] = ['the-first-of-two-tokens', 'the-second-of-two-tokens'];
  use(first);
  await until('a token is taken', async () => (await status(first)) === 200);
  use(second);
  await until('another token is taken', async () => (await status(second)) === 200);
  const after = await status(first);
  if (after !== 401) throw new RangeError(`a token that was taken away gets ${after}`);
}

async function resetTokens({ server }: World): Promise<void> {
  writeFileSync(server.files.tokens, `${server.token}\n`);
}

async function statusWith(url: string, ca: string, token: string): Promise<number> {
  const agent = new Agent({ connect: { ca } });
  try {
    const headers = { authorization: `Bearer ${token}` };
    const { statusCode, body } = await request(`${url}/metrics`, { dispatcher: agent, headers });
    await body.dump();
    return statusCode;
  } finally {
    await agent.close();
  }
}

async function restart(world: World, signal: NodeJS.Signals, code: number): Promise<void> {
  const { server, process } = world;
  process.begin('down');
  const ended = await server.end(signal);
  if (ended !== code) throw new RangeError(`after ${signal} the server ended with ${ended}, not ${code}`);
  await server.start();
  process.begin('up');
  process.settle();
}

function clockFault(name: string, ms: number): Fault {
  return {
    name: `clock ${name}`,
    part: 'clock',
    trouble: 'none',
    begin: ({ server }) => server.moveClock(ms),
    end: ({ server }) => server.moveClock(0),
  };
}

const closed = 0;
const large = { bytes: 6 * 1024 * 1024, pieceBytes: 512 * 1024 };

/**
 * More than may lie in memory, from many sides at the same time: each is answered, that it is no review or that it is too much. Who goes on
 * sending after that may find the connection closed.
 */
async function sendLarge({ stage, server, largeBodies }: World): Promise<void> {
  const agent = new Agent({ connect: { ca: stage.ca.ca }, connections: largeBodies });
  const piece = Buffer.alloc(large.pieceBytes, ' ');
  async function* body(): AsyncGenerator<Buffer> {
    for (let sent = 0; sent < large.bytes; sent += piece.length) {
      yield piece;
      await sleep(20);
    }
    yield Buffer.from('{}');
  }
  const one = async (): Promise<number> => {
    const headers = { 'content-type': 'application/json' };
    const sent = {
      origin: server.url,
      method: 'POST',
      path: '/validate',
      headers,
      body: Readable.from(body()),
    } as const;
    const answer = await agent.request(sent).catch(() => undefined);
    await answer?.body.dump();
    return answer?.statusCode ?? closed;
  };
  const statuses = await Promise.all(Array.from({ length: largeBodies }, one));
  await agent.close();
  const wrong = statuses.filter((status) => ![400, 503, closed].includes(status));
  if (wrong.length > 0) throw new RangeError(`large bodies were answered ${wrong.join(' ')}`);
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new RangeError(`not in time: ${what}`);
    await sleep(50);
  }
}
