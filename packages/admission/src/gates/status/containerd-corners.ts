import type { ContainerdConfig } from './containerd-config.ts';
import { type Find, finderFor, type GateFinding } from './finding.ts';

/** A file in containerd's folder of verifiers. */
export interface VerifierFile {
  readonly name: string;
  readonly isExecutable: boolean;
  /** It runs `signet gate containerd`. */
  readonly isGate: boolean;
}

/** What was seen of containerd on this machine. */
export interface ContainerdFacts {
  readonly config: ContainerdConfig;
  /** `2.1.9`, as the program says; undefined where it cannot be asked. */
  readonly version?: string;
  /** When the one that runs was started, milliseconds since 1970 UTC. */
  readonly startedAtMs?: number;
  /** When the newest of its files was changed. */
  readonly changedAtMs?: number;
  /** In the order in which they are run; undefined: there is no such folder. */
  readonly verifiers?: readonly VerifierFile[];
  /** Of the folder, the gate and its policy, what others than root can write. */
  readonly writable: readonly string[];
  /** What keeps the gate from working, a sentence each. */
  readonly gateProblems: readonly string[];
  readonly gateTimeoutMs: number;
}

/** The start of a process is known to about a second. */
const startSlackMs = 2000;

const find: Find = finderFor('containerd');

/** Every way past the gate that this containerd leaves open, and what else to know of it. */
export function containerdFindings(facts: ContainerdFacts): readonly GateFinding[] {
  const { config } = facts;
  return [
    ...ofFiles(facts),
    ...ofVersion(facts),
    ...ofPlugins(config),
    ...ofVerifiers(facts),
    ...localPulls(config).map((text) =>
      find(
        'problem',
        'LOCAL_PULL',
        `pulls by Kubernetes (CRI) do not ask the gate: ${text}`,
        'take that setting out of the CRI configuration',
      ),
    ),
    ...ofSockets(config),
    find(
      'note',
      'OTHER_CLIENTS',
      'ctr image import, ctr image pull --local and clients that fetch by themselves (nerdctl, the Docker daemon) never ask a verifier',
      `let nobody but root and the kubelet use ${config.socket}`,
    ),
  ];
}

function ofFiles({ config, startedAtMs, changedAtMs }: ContainerdFacts): readonly GateFinding[] {
  const files =
    config.files.length === 0 ? 'no configuration: its defaults count' : `configuration: ${config.files.join(', ')}`;
  const isNewer = startedAtMs !== undefined && changedAtMs !== undefined && changedAtMs > startedAtMs + startSlackMs;
  return [
    find('good', 'CONFIG_READ', files),
    ...(isNewer
      ? [
          find(
            'problem',
            'CONFIG_NEWER',
            'the containerd that runs was started before its configuration was changed',
            'restart containerd',
          ),
        ]
      : []),
  ];
}

function ofVersion({ version }: ContainerdFacts): readonly GateFinding[] {
  if (version === undefined)
    return [
      find(
        'note',
        'ENGINE_OLD',
        'the version of containerd is not known: before 2.1, pulls by Kubernetes (CRI) do not ask verifiers',
      ),
    ];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 2)
    return [
      find('problem', 'ENGINE_OLD', `containerd ${version} has no image verifiers`, 'use containerd 2.1 or later'),
    ];
  if (major > 2 || minor >= 1) return [];
  return [
    find(
      'problem',
      'ENGINE_OLD',
      `pulls by Kubernetes (CRI) do not ask verifiers in containerd ${version}`,
      'use containerd 2.1 or later',
    ),
  ];
}

function ofPlugins({ disabledPlugins }: ContainerdConfig): readonly GateFinding[] {
  return ['io.containerd.image-verifier.v1.bindir', 'io.containerd.transfer.v1.local']
    .filter((plugin) => disabledPlugins.includes(plugin))
    .map((plugin) =>
      find(
        'problem',
        'PLUGIN_OFF',
        `the plugin ${plugin} is disabled: no verifier is asked`,
        'take it out of disabled_plugins',
      ),
    );
}

function ofVerifiers(facts: ContainerdFacts): readonly GateFinding[] {
  const { config, verifiers, writable, gateProblems } = facts;
  const { binDir, maxVerifiers } = config;
  const install = 'signet gate install containerd --policy FILE';
  if (verifiers === undefined)
    return [find('problem', 'NO_VERIFIERS', `${binDir} is not there: every pull passes`, install)];
  if (verifiers.length === 0)
    return [find('problem', 'NO_VERIFIERS', `${binDir} is empty: every pull passes`, install)];
  const at = verifiers.findIndex(({ isGate }) => isGate);
  const gate = verifiers[at];
  if (gate === undefined)
    return [find('problem', 'GATE_MISSING', `none of the verifiers in ${binDir} is the gate`, install)];
  const broken = [
    ...verifiers
      .filter(({ isExecutable }) => !isExecutable)
      .map(({ name }) => `${binDir}/${name} cannot be run: every pull fails`),
    ...gateProblems,
  ];
  return [
    ...(maxVerifiers >= 0 && at >= maxVerifiers
      ? [
          find(
            'problem',
            'GATE_SKIPPED',
            `only the first ${maxVerifiers} of ${binDir} are run, and the gate is number ${at + 1}`,
            'raise max_verifiers',
          ),
        ]
      : []),
    ...broken.map((text) => find('problem', 'GATE_BROKEN', text)),
    ...writable.map((path) =>
      find('problem', 'WRITABLE', `others than root can write ${path}`, 'take that permission away'),
    ),
    ...ofTime(facts),
    ...(broken.length === 0 ? [find('good', 'GATE_READY', `${binDir}/${gate.name} runs the gate`)] : []),
  ];
}

function ofTime({ config, gateTimeoutMs }: ContainerdFacts): readonly GateFinding[] {
  if (config.perVerifierTimeoutMs > gateTimeoutMs) return [];
  const text = `containerd waits ${config.perVerifierTimeoutMs / 1000} s, the gate answers within ${gateTimeoutMs / 1000} s: a late pull fails without a reason`;
  return [find('note', 'GATE_LATE', text, 'raise per_verifier_timeout, or lower --timeout of the gate')];
}

/** Why CRI pulls by itself, not through the service that asks verifiers. Rule: containerd internal/cri/config, CheckLocalImagePullConfigs */
function localPulls({ cri }: ContainerdConfig): readonly string[] {
  const registry =
    typeof cri.registry === 'object' && cri.registry !== null ? (cri.registry as Record<string, unknown>) : {};
  const downloads = cri.max_concurrent_downloads;
  return [
    ...(cri.use_local_image_pull === true ? ['use_local_image_pull = true'] : []),
    ...(cri.disable_snapshot_annotations === false ? ['disable_snapshot_annotations = false'] : []),
    ...(cri.discard_unpacked_layers === true ? ['discard_unpacked_layers = true'] : []),
    ...['mirrors', 'configs', 'auths']
      .filter((name) => hasMembers(registry[name]))
      .map((name) => `registry.${name} is set`),
    ...(downloads !== undefined && Number(downloads) !== 3
      ? [`max_concurrent_downloads = ${String(downloads)} (not 3)`]
      : []),
    ...(cri.image_pull_with_sync_fs === true ? ['image_pull_with_sync_fs = true'] : []),
  ];
}

function hasMembers(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function ofSockets({ tcpAddress, socket, socketGroup }: ContainerdConfig): readonly GateFinding[] {
  return [
    ...(tcpAddress === ''
      ? []
      : [
          find(
            'problem',
            'REMOTE_SOCKET',
            `containerd listens on ${tcpAddress}: who reaches it can import images`,
            'take grpc.tcp_address out',
          ),
        ]),
    ...(socketGroup === 0
      ? []
      : [find('note', 'SHARED_SOCKET', `group ${socketGroup} may use ${socket}, and with it import images`)]),
  ];
}
