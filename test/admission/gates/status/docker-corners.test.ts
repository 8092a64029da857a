import { describe, expect, it } from 'vitest';
import { parseDaemonInfo } from '../../../../packages/admission/src/gates/status/docker-corners.ts';
import { type DockerFacts, dockerFindings, parseDaemonConfig } from '../../../../packages/admission/src/index.ts';

const config = parseDaemonConfig('/etc/docker/daemon.json', Buffer.from('{"authorization-plugins":["signet"]}'));
const spec = 'unix:///run/signet/docker.sock';
const closed: DockerFacts = {
  configPath: '/etc/docker/daemon.json',
  config,
  args: [],
  info: { plugins: ['signet'], isInSwarm: false },
  spec,
  doesAnswer: true,
  writable: [],
  otherSockets: [],
};
const found = (facts: Partial<DockerFacts>) =>
  dockerFindings({ ...closed, ...facts })
    .filter(({ state }) => state !== 'good')
    .map(({ state, code }) => `${state} ${code}`);
const daemon = (changes: object) => ({ config: { ...config, ...changes } });

describe('what is found about the Docker daemon', () => {
  it('is nothing where all is closed', () => {
    expect(found({})).toEqual([]);
    expect(dockerFindings(closed).map(({ code }) => code)).toEqual(['CONFIG_READ', 'GATE_READY']);
  });

  it.each<readonly [string, Partial<DockerFacts>, readonly string[]]>([
    ['the plugin is not listed', daemon({ plugins: ['other'] }), ['problem NOT_LISTED']],
    ['the daemon that runs has none', { info: { plugins: [], isInSwarm: false } }, ['problem NOT_LOADED']],
    ['the gate does not answer', { doesAnswer: false }, ['problem GATE_SILENT']],
    [
      'another socket goes before the file',
      { shadow: 'unix:///run/docker/plugins/signet.sock' },
      ['problem WRONG_SPEC'],
    ],
    ['others can write a file', { writable: ['/etc/docker/daemon.json'] }, ['problem WRITABLE']],
    ['it is in a swarm', { info: { plugins: ['signet'], isInSwarm: true } }, ['problem SWARM']],
    ['it listens on TCP', daemon({ hosts: ['unix:///s', 'tcp://0.0.0.0:2375'] }), ['problem REMOTE_SOCKET']],
    [
      'it listens on TCP for certificates',
      daemon({ hosts: ['tcp://0.0.0.0:2376'], isTlsVerified: true }),
      ['note REMOTE_SOCKET'],
    ],
    ['it listens on TCP by an argument', { args: ['-H', 'tcp://0.0.0.0:2375'] }, ['problem REMOTE_SOCKET']],
    [
      'it listens on TCP by an argument in one',
      { args: ['--host=tcp://0.0.0.0:2375', '--tlsverify'] },
      ['note REMOTE_SOCKET'],
    ],
    ['containers outlive it', daemon({ isLiveRestore: true }), ['note LIVE_RESTORE']],
    ['mirrors name tags', daemon({ mirrors: ['https://m'] }), ['note MIRRORS']],
    ['containerd has a socket of its own', { otherSockets: [{ path: '/c', isShared: false }] }, ['note OTHER_CLIENTS']],
    ['others may use that', { otherSockets: [{ path: '/c', isShared: true }] }, ['problem SHARED_SOCKET']],
  ])('is told where %s', (_why, facts, codes) => {
    expect(found(facts)).toEqual(codes);
  });

  it('is told where no file says where the plugin is, and where the daemon was not reached', () => {
    const { spec: _, ...without } = closed;
    expect(dockerFindings(without).map(({ code }) => code)).toContain('WRONG_SPEC');
    const { info: __, ...silent } = closed;
    expect(dockerFindings(silent).map(({ code }) => code)).toContain('ENGINE_SILENT');
  });

  it('may be listed by an argument', () => {
    const args = ['--authorization-plugin=signet'];
    expect(found({ ...daemon({ plugins: [] }), args })).toEqual([]);
    expect(found({ ...daemon({ plugins: [] }), args: ['--authorization-plugin', 'signet'] })).toEqual([]);
  });
});

describe('daemon.json', () => {
  it('may be missing, and may say null', () => {
    expect(parseDaemonConfig('f', undefined)).toMatchObject({ plugins: [], hosts: [], isLiveRestore: false });
    expect(parseDaemonConfig('f', Buffer.from('{"hosts":null,"live-restore":true}'))).toMatchObject({
      hosts: [],
      isLiveRestore: true,
    });
  });

  it('is refused where it is none', () => {
    const invalid = expect.objectContaining({ code: expect.stringMatching(/^(?:ENGINE_CONFIG|JSON_INVALID)$/) });
    for (const text of [
      '',
      '{',
      '[]',
      '7',
      '{"hosts":"unix:///s"}',
      '{"authorization-plugins":[7]}',
      '{"hosts":[],"hosts":[]}',
    ])
      expect(() => parseDaemonConfig('f', Buffer.from(text)), text).toThrow(invalid);
  });
});

it('what the daemon says of itself is read, or is none', () => {
  const Plugins = { Volume: ['local'], Authorization: ['signet'] };
  expect(parseDaemonInfo({ Plugins, Swarm: { LocalNodeState: 'inactive' } })).toEqual({
    plugins: ['signet'],
    isInSwarm: false,
  });
  expect(parseDaemonInfo({ Plugins: { Authorization: null }, Swarm: { LocalNodeState: 'active' } })).toEqual({
    plugins: [],
    isInSwarm: true,
  });
  for (const json of [undefined, null, {}, [], { Plugins: 7 }]) expect(parseDaemonInfo(json)).toBeUndefined();
});
