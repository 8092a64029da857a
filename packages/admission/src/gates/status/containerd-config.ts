import { dirname, isAbsolute, join, normalize } from 'node:path';
import { decodeUtf8 } from '@signet/oci';
import { parse } from 'smol-toml';
import { AdmissionError } from '../../errors.ts';
import { parseGoDuration } from '../../server/duration.ts';

type Table = Readonly<Record<string, unknown>>;

/** The files of an engine's configuration. */
export interface EngineFiles {
  /** Undefined where there is none. @throws where it cannot be read */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /** The paths that a pattern with `*` names, sorted. */
  readonly list: (pattern: string) => Promise<readonly string[]>;
}

/** What of containerd's configuration says whether its verifiers are asked. */
export interface ContainerdConfig {
  /** All that was read, the main file first; none: the defaults alone. */
  readonly files: readonly string[];
  readonly binDir: string;
  /** Negative: no limit. */
  readonly maxVerifiers: number;
  readonly perVerifierTimeoutMs: number;
  readonly disabledPlugins: readonly string[];
  /** Of the CRI plugin for images. */
  readonly cri: Table;
  readonly socket: string;
  /** The group that may use the socket. */
  readonly socketGroup: number;
  readonly tcpAddress: string;
}

const verifierPlugin = 'io.containerd.image-verifier.v1.bindir';
const imagesPlugin = 'io.containerd.cri.v1.images';
const oldCriPlugin = 'io.containerd.grpc.v1.cri';

/** Files that import one another are read once each; more than this are not read. */
const maxFiles = 200;

/**
 * The configuration as containerd reads it: each file over those before, tables member by member. Of older versions, what they call otherwise
 * is taken as if it were called by its newer name. Rule: containerd cmd/containerd/server/config
 * @throws {AdmissionError} ENGINE_CONFIG
 */
export async function readContainerdConfig(path: string, files: EngineFiles): Promise<ContainerdConfig> {
  const { merged, read } = await readAll(path, files);
  const plugins = tableOf(merged.plugins);
  const verifier = tableOf(plugins[verifierPlugin]);
  const grpc = tableOf(merged.grpc);
  return {
    files: read,
    binDir: textOf(verifier.bin_dir) ?? '/opt/containerd/image-verifier/bin',
    maxVerifiers: numberOf(verifier.max_verifiers) ?? 10,
    perVerifierTimeoutMs: parseGoDuration(textOf(verifier.per_verifier_timeout) ?? '10s') ?? 0,
    disabledPlugins: listOf(merged.disabled_plugins).map((name) => (name === 'cri' ? oldCriPlugin : name)),
    cri: merge(oldImages(tableOf(plugins[oldCriPlugin] ?? plugins.cri)), tableOf(plugins[imagesPlugin])),
    socket: textOf(grpc.address) ?? '/run/containerd/containerd.sock',
    socketGroup: numberOf(grpc.gid) ?? 0,
    tcpAddress: textOf(grpc.tcp_address) ?? '',
  };
}

async function readAll(
  path: string,
  files: EngineFiles,
): Promise<{ readonly merged: Table; readonly read: readonly string[] }> {
  const pending = [path];
  const read = new Set<string>();
  let merged: Table = {};
  for (let file = pending.shift(); file !== undefined; file = pending.shift()) {
    if (read.has(file)) continue;
    if (read.size >= maxFiles) throw invalid(file, `more than ${maxFiles} files import one another`);
    const bytes = await files.read(file);
    // Without a main file containerd takes its defaults; without an imported one it does not start.
    if (bytes === undefined && file === path) return { merged: {}, read: [] };
    if (bytes === undefined) throw invalid(file, 'it is imported, and not there');
    const { imports, ...table } = parseToml(file, bytes);
    merged = merge(merged, table);
    read.add(file);
    pending.push(...(await resolveImports(file, listOf(imports), files)));
  }
  return { merged, read: [...read] };
}

async function resolveImports(
  parent: string,
  imports: readonly string[],
  files: EngineFiles,
): Promise<readonly string[]> {
  const paths = imports.map((each) => (isAbsolute(each) ? normalize(each) : join(dirname(parent), each)));
  return (await Promise.all(paths.map((each) => (each.includes('*') ? files.list(each) : [each])))).flat();
}

function parseToml(file: string, bytes: Uint8Array): Table {
  try {
    return parse(decodeUtf8(bytes), { integersAsBigInt: 'asNeeded' });
  } catch (cause) {
    throw invalid(file, 'it is not TOML', cause);
  }
}

/** What the CRI plugin was told before it was split. containerd does not take all of it over today; an update may. */
function oldImages({ containerd, ...cri }: Table): Table {
  return { ...cri, ...tableOf(containerd) };
}

/** Tables member by member, lists together, all else replaced. */
function merge(one: Table, other: Table): Table {
  const merged = new Map(Object.entries(one));
  for (const [name, value] of Object.entries(other)) {
    const before = merged.get(name);
    if (isTable(before) && isTable(value)) merged.set(name, merge(before, value));
    else if (Array.isArray(before) && Array.isArray(value)) merged.set(name, [...new Set([...before, ...value])]);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function tableOf(value: unknown): Table {
  return isTable(value) ? value : {};
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

function invalid(file: string, why: string, cause?: unknown): AdmissionError {
  return new AdmissionError('ENGINE_CONFIG', `the configuration of an engine cannot be read: ${file}: ${why}`, {
    cause,
  });
}
