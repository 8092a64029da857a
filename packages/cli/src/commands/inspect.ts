import { type Digest, digestOf, parseManifest, parseReference, type Resolved, type Source } from '@signet/oci';
import {
  type Asked,
  collect,
  defaultFormats,
  defaultVerifyLimits,
  type Evidence,
  escapeForTerminal,
  type Gap,
  type Inspection,
  inspectSignature,
  renderInspection,
  toAsked,
} from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { isThere, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';

type InspectFlags = RegistryFlags & OutputFlags;

/** A signature that was found, and where. */
interface Found {
  /** Digest of the signature manifest; absent for a file. */
  readonly origin?: Digest;
  readonly inspection: Inspection;
}

/** `signet inspect` */
export function define(command: Command, context: Context): void {
  command.argument(
    '<file-or-reference>',
    'a bundle or payload file (- for standard input), an image, or a signature by its digest',
  );
  addNotes(
    command,
    'Nothing that is shown was verified. Exit code 3: a part could not be read.\n\nExamples:\n  signet inspect app.tar.gz.sigstore.json\n  signet inspect registry.example.com/app:1.0',
  );
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<InspectFlags>(command, context, ([what = ''], flags, io) => inspect(what, flags, io));
}

async function inspect(what: string, flags: InspectFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  if (what === '-' || (!what.startsWith('oci:') && (await isThere(what)))) {
    show({ inspection: inspectSignature(await readInput(what, io.stdin)) }, io, output);
    return EXIT.ok;
  }
  const reference = parseReference(what);
  const connection = await connect(flags, io, output);
  try {
    const source = await connection.open(reference);
    const root = await source.resolve(reference.digest ?? reference.tag ?? 'latest', { signal: io.signal });
    const own = await ownSignatures(source, root, io);
    const { found, gaps } =
      own.length > 0 ? { found: own, gaps: [] } : await attachedSignatures(source, toAsked(reference), io);
    for (const each of found) show(each, io, output);
    for (const gap of gaps)
      io.stderr.write(`not read: ${escapeForTerminal(`${gap.what} ${gap.code}: ${gap.message}`)}\n`);
    if (found.length === 0 && !output.json) io.stdout.write(`${escapeForTerminal(what)}: no signature is attached\n`);
    return gaps.length === 0 ? EXIT.ok : EXIT.undecided;
  } finally {
    await connection.close();
  }
}

/** What the manifest itself holds, where it is a signature. */
async function ownSignatures(source: Source, root: Resolved, io: Io): Promise<readonly Found[]> {
  const manifest = parseManifest(root.bytes, root.descriptor.mediaType);
  if (manifest.kind !== 'manifest') return [];
  const layers = manifest.layers.filter((layer) => defaultFormats.some((format) => format.recogniseLayer(layer)));
  const maxBytes = defaultVerifyLimits.maxEnvelopeBytes;
  return Promise.all(
    layers.map(async (layer) => ({
      origin: root.descriptor.digest,
      inspection: inspectSignature(await source.fetch(layer, { signal: io.signal, maxBytes })),
    })),
  );
}

/** What is attached to an image, found as a verification finds it. */
async function attachedSignatures(
  source: Source,
  asked: Asked,
  io: Io,
): Promise<{ readonly found: readonly Found[]; readonly gaps: readonly Gap[] }> {
  let last: Evidence | undefined;
  const options = { source, formats: defaultFormats, limits: defaultVerifyLimits, signal: io.signal };
  for await (const evidence of collect(asked, options)) last = evidence;
  const found = new Map<string, Found>();
  for (const { origin, bytes } of last?.envelopes ?? []) {
    found.set(`${origin} ${digestOf(bytes)}`, { origin, inspection: inspectSignature(bytes) });
  }
  return { found: [...found.values()], gaps: last?.gaps ?? [] };
}

function show({ origin, inspection }: Found, io: Io, output: OutputOptions): void {
  if (output.json) writeJson(io, { ...(origin === undefined ? {} : { origin }), ...inspection });
  else io.stdout.write(`${origin === undefined ? '' : `${origin}\n`}${renderInspection(inspection)}\n`);
}
