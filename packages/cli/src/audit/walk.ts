import { formatReference, parseReference, RegistryError } from '@signet/oci';
import type { Connection } from '../connect.ts';
import { CliError } from '../errors.ts';
import { inputPieces } from '../files.ts';
import type { Io } from '../io.ts';
import { readLines } from '../lines.ts';
import type { PlacedInputs } from '../verify/placed-inputs.ts';
import type { AuditPlan } from './flags.ts';
import { isUnder, type Scope } from './scope.ts';

/** A thing to look at: an image, a place that may name one and cannot be read, or a repository whose tags could not be listed. */
export type AuditTarget =
  | { readonly kind: 'image'; readonly reference: string; readonly platform?: string }
  | { readonly kind: 'image' | 'repository'; readonly reference: string; readonly error: unknown };

/** What a walk needs and what it tells. */
export interface Walk {
  readonly connection: Connection;
  readonly io: Io;
  /** What manifests name, where it is not a list that is walked. */
  readonly inputs: PlacedInputs | undefined;
  /** Whether this is done already: its tags are not listed again. */
  readonly isDone: (kind: AuditTarget['kind'], reference: string) => boolean;
  /** A tag that names signatures or a catalogue was passed over. */
  readonly onPassedOver: (reference: string) => void;
  readonly onRepository: (name: string) => void;
}

/**
 * All images of a scope as they are found: nothing is listed before there is room for it.
 * @throws {CliError} NO_CATALOGUE, USAGE for nothing at all, FILE_UNREADABLE; {RegistryError} where the catalogue breaks off
 */
export function walk(
  scope: Scope,
  source: AuditPlan['source'],
  using: Walk,
): AsyncIterable<AuditTarget> | Iterable<AuditTarget> {
  if (using.inputs !== undefined) return targetsOfInputs(using.inputs);
  return scope.kind === 'registry' ? walkRegistry(scope, using) : readInventory(source, using);
}

type RegistryScope = Extract<Scope, { kind: 'registry' }>;

async function* walkRegistry(scope: RegistryScope, using: Walk): AsyncGenerator<AuditTarget> {
  let empty = true;
  for await (const repository of catalogueOf(scope, using)) {
    if (!isUnder(repository, scope.prefix)) continue;
    empty = false;
    using.onRepository(repository);
    yield* walkRepository(repository, scope, using);
  }
  if (!empty) return;
  const where = scope.prefix === undefined ? scope.registry : `${scope.registry}/${scope.prefix}`;
  throw new CliError('USAGE', `the catalogue shows no repository of ${where}: nothing was verified`, {
    hint: 'check the spelling and the login: a catalogue may show only what the account may read',
  });
}

/** Answers of registries that have no catalogue, or none for this account. */
const noCatalogue: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND', 'UNSUPPORTED']);

async function* catalogueOf({ registry }: RegistryScope, { connection, io }: Walk): AsyncGenerator<string> {
  let any = false;
  try {
    for await (const repository of connection.client.repositories(registry, { signal: io.signal })) {
      any = true;
      yield repository;
    }
  } catch (error) {
    if (any || !(error instanceof RegistryError) || !noCatalogue.has(error.code)) throw error;
    throw new CliError('NO_CATALOGUE', `${registry} does not list its repositories: ${error.message}`, {
      cause: error,
      hint: 'log in with an account that may list them, or name the images in a file: signet audit -f FILE',
    });
  }
}

/** A list that breaks off is an entry of its own, after what was listed: it can hide images. */
async function* walkRepository(repository: string, scope: RegistryScope, using: Walk): AsyncGenerator<AuditTarget> {
  const { registry } = scope;
  const name = `${registry}/${repository}`;
  if (using.isDone('repository', name)) return;
  try {
    const source = await using.connection.open({ kind: 'registry', registry, repository });
    for await (const tag of source.tags({ signal: using.io.signal })) {
      const reference = `${name}:${tag}`;
      if (!scope.allTags && (namesSignatures(tag) || namesCatalogue(tag))) using.onPassedOver(reference);
      else yield { kind: 'image', reference };
    }
  } catch (error) {
    if (using.io.signal.aborted) throw error;
    yield { kind: 'repository', reference: name, error };
  }
}

/** cosign's tags of signatures, attestations and bills of materials, and the fallback tags of referrers. Rule: wire-formats 4, 6. */
export function namesSignatures(tag: string): boolean {
  return /^sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{64,128})(?:\.(?:sig|att|sbom))?$/.test(tag);
}

/** The catalogue of signed tags, its journal and its history; nothing else that begins so. Rule: signed-tags.md 3.2, 3.3, 5.1 */
export function namesCatalogue(tag: string): boolean {
  return /^signet-tags(?:\.[jh]\.[0-9A-HJKMNP-TV-Z]{26})?$/.test(tag);
}

/** A line that is no reference is verified as it stands: what comes of it is an error of its own entry. */
async function* readInventory(source: AuditPlan['source'], { io }: Walk): AsyncGenerator<AuditTarget> {
  if (!('inventory' in source)) return;
  let empty = true;
  for await (const line of readLines(inputPieces(source.inventory, io))) {
    empty = false;
    yield { kind: 'image', reference: canonical(line) };
  }
  if (empty)
    throw new CliError('USAGE', `${source.inventory} names no image`, {
      hint: 'one reference a line; # begins a comment',
    });
}

/** Where an image may be named that is not known is an entry of its own, by its place. */
function* targetsOfInputs({ targets, unread }: PlacedInputs): Generator<AuditTarget> {
  if (targets.length + unread.length === 0)
    throw new CliError('USAGE', 'the files name no image: nothing was verified');
  for (const outcome of unread) {
    const place = outcome.uses[0]?.place;
    const reference =
      place === undefined ? outcome.text : `${place.file}:${place.line}:${place.column} ${outcome.text}`;
    if ('error' in outcome) yield { kind: 'image', reference: reference.trim(), error: outcome.error };
  }
  for (const { text: reference, platform } of targets)
    yield { kind: 'image', reference, ...(platform === undefined ? {} : { platform }) };
}

/** Running images are named in many ways: one entry for one image. */
function canonical(line: string): string {
  try {
    return formatReference(parseReference(line));
  } catch {
    return line; // said when it is verified
  }
}
