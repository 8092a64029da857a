import { parseJson } from '@signet/oci';
import * as v from 'valibot';
import { AdmissionError } from '../../errors.ts';
import { type Find, finderFor, type GateFinding } from './finding.ts';

/** What of the Docker daemon's configuration says whether its plugin is asked. */
export interface DaemonConfig {
  readonly plugins: readonly string[];
  readonly hosts: readonly string[];
  readonly isTlsVerified: boolean;
  readonly isLiveRestore: boolean;
  readonly mirrors: readonly string[];
}

const texts = v.nullish(v.array(v.string()), []);
const schema = v.object({
  'authorization-plugins': texts,
  hosts: texts,
  'registry-mirrors': texts,
  tlsverify: v.nullish(v.boolean(), false),
  'live-restore': v.nullish(v.boolean(), false),
});

/** `daemon.json`; undefined: there is none. @throws {AdmissionError} ENGINE_CONFIG */
export function parseDaemonConfig(path: string, bytes: Uint8Array | undefined): DaemonConfig {
  const json = bytes === undefined ? {} : jsonOf(path, bytes);
  const parsed = v.safeParse(schema, json);
  if (!parsed.success || Array.isArray(json)) throw unreadable(path, 'a member is of another kind than it should be');
  const { hosts, tlsverify: isTlsVerified } = parsed.output;
  return {
    plugins: parsed.output['authorization-plugins'],
    hosts,
    isTlsVerified,
    isLiveRestore: parsed.output['live-restore'],
    mirrors: parsed.output['registry-mirrors'],
  };
}

function jsonOf(path: string, bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : 'it is not JSON', cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): AdmissionError {
  return new AdmissionError('ENGINE_CONFIG', `the configuration of an engine cannot be read: ${path}: ${why}`, {
    cause,
  });
}

/** What the daemon says of itself. Rule: Docker Engine API, SystemInfo */
export interface DaemonInfo {
  readonly plugins: readonly string[];
  readonly isInSwarm: boolean;
}

const infoSchema = v.object({
  Plugins: v.object({ Authorization: texts }),
  Swarm: v.nullish(v.object({ LocalNodeState: v.nullish(v.string(), '') }), {}),
});

/** The answer of `GET /info`; undefined where it is none. */
export function parseDaemonInfo(json: unknown): DaemonInfo | undefined {
  const parsed = v.safeParse(infoSchema, json);
  if (!parsed.success) return undefined;
  const { Plugins, Swarm } = parsed.output;
  const state = Swarm.LocalNodeState ?? '';
  return { plugins: Plugins.Authorization, isInSwarm: state !== '' && state !== 'inactive' };
}

/** What was seen of Docker on this machine. */
export interface DockerFacts {
  readonly configPath: string;
  readonly config: DaemonConfig;
  /** Arguments of the daemon that runs, where one does. */
  readonly args: readonly string[];
  /** What it says of itself; undefined where it was not reached. */
  readonly info?: DaemonInfo;
  /** Where the daemon finds the plugin: the address in its .spec file, and a socket that would go before it. */
  readonly spec?: string;
  readonly shadow?: string;
  /** Whether the gate answers at the address. */
  readonly doesAnswer: boolean;
  /** What others than root can write. */
  readonly writable: readonly string[];
  /** containerd's sockets that are there, and whether others than root may use them. */
  readonly otherSockets: readonly { readonly path: string; readonly isShared: boolean }[];
}

const find: Find = finderFor('docker');

/** The name of the plugin for the daemon. */
export const dockerPluginName = 'signet';

/** Every way past the gate that this Docker leaves open, and what else to know of it. */
export function dockerFindings(facts: DockerFacts): readonly GateFinding[] {
  return [...ofListing(facts), ...ofPlugin(facts), ...ofDaemon(facts), ...ofHosts(facts), ...ofSockets(facts)];
}

function ofListing({ configPath, config, args, info }: DockerFacts): readonly GateFinding[] {
  const install = 'signet gate install docker';
  const isListed =
    config.plugins.includes(dockerPluginName) || valuesOf(args, 'authorization-plugin').includes(dockerPluginName);
  const listed = isListed
    ? find('good', 'CONFIG_READ', `the daemon is told to ask the plugin ${dockerPluginName}`)
    : find(
        'problem',
        'NOT_LISTED',
        `neither ${configPath} nor the daemon's arguments name the plugin ${dockerPluginName}: nothing is asked`,
        install,
      );
  if (info === undefined)
    return [listed, find('note', 'ENGINE_SILENT', 'the daemon was not reached: what it really uses is not known')];
  if (info.plugins.includes(dockerPluginName)) return [listed];
  return [
    listed,
    find(
      'problem',
      'NOT_LOADED',
      `the daemon that runs asks ${info.plugins.join(', ') || 'no plugin'}, not ${dockerPluginName}`,
      'restart the daemon',
    ),
  ];
}

function ofPlugin({ spec, shadow, doesAnswer, writable }: DockerFacts): readonly GateFinding[] {
  const address = shadow ?? spec;
  return [
    ...(shadow === undefined || spec === undefined
      ? []
      : [find('problem', 'WRONG_SPEC', `the daemon finds ${shadow} before ${spec}`, 'remove one of the two')]),
    ...(address === undefined
      ? [
          find(
            'problem',
            'WRONG_SPEC',
            `no file says where the plugin ${dockerPluginName} is`,
            'signet gate install docker',
          ),
        ]
      : []),
    ...(address === undefined || doesAnswer
      ? []
      : [
          find(
            'problem',
            'GATE_SILENT',
            `no gate answers at ${address}: the daemon refuses everything`,
            'signet gate docker',
          ),
        ]),
    ...(address !== undefined && doesAnswer ? [find('good', 'GATE_READY', `the gate answers at ${address}`)] : []),
    ...writable.map((path) =>
      find('problem', 'WRITABLE', `others than root can write ${path}`, 'take that permission away'),
    ),
  ];
}

function ofDaemon({ config, info, args }: DockerFacts): readonly GateFinding[] {
  const mirrors = [...config.mirrors, ...valuesOf(args, 'registry-mirror')];
  return [
    ...(info?.isInSwarm === true
      ? [
          find(
            'problem',
            'SWARM',
            'this daemon is in a swarm: tasks start here without the gate being asked',
            'gate every manager of the swarm, or leave it',
          ),
        ]
      : []),
    ...(config.isLiveRestore || args.includes('--live-restore') || args.includes('--live-restore=true')
      ? [
          find(
            'note',
            'LIVE_RESTORE',
            'containers keep running while the daemon is down (live-restore): what the policy no longer lets pass, too',
          ),
        ]
      : []),
    ...(mirrors.length === 0
      ? []
      : [
          find(
            'note',
            'MIRRORS',
            `tags of Docker Hub are resolved by ${mirrors.join(', ')}: a rule with allowUnpinned trusts these`,
          ),
        ]),
  ];
}

function ofHosts({ config, args }: DockerFacts): readonly GateFinding[] {
  const isVerified = config.isTlsVerified || args.includes('--tlsverify') || args.includes('--tlsverify=true');
  const remote = [...config.hosts, ...valuesOf(args, 'host', 'H')].filter((host) => host.startsWith('tcp://'));
  return remote.map((host) =>
    isVerified
      ? find(
          'note',
          'REMOTE_SOCKET',
          `the daemon listens on ${host}: who has a client certificate is as good as root here`,
        )
      : find(
          'problem',
          'REMOTE_SOCKET',
          `the daemon listens on ${host} without asking for a client certificate: who reaches it is as good as root here`,
          'use tlsverify, or the unix socket alone',
        ),
  );
}

function ofSockets({ otherSockets }: DockerFacts): readonly GateFinding[] {
  return otherSockets.map(({ path, isShared }) =>
    isShared
      ? find(
          'problem',
          'SHARED_SOCKET',
          `others than root may use ${path}, which knows nothing of the gate`,
          'take that permission away',
        )
      : find('note', 'OTHER_CLIENTS', `who may use ${path} (root) gets images past the gate`),
  );
}

/** Values of a flag in all its spellings: `--host=X`, `--host X`, `-H X`, `-HX`. Rule: spf13/pflag */
function valuesOf(args: readonly string[], long: string, short?: string): readonly string[] {
  return args.flatMap((arg, at) => {
    if (arg === `--${long}` || (short !== undefined && arg === `-${short}`)) return args[at + 1] ?? [];
    if (arg.startsWith(`--${long}=`)) return arg.slice(long.length + 3);
    return short !== undefined && arg.startsWith(`-${short}`) && !arg.startsWith('--')
      ? arg.slice(2).replace(/^=/, '')
      : [];
  });
}
