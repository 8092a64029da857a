import { dirname, isAbsolute, join, normalize } from 'node:path';
import type { Place } from '../place.ts';
import type { Budget } from './budget.ts';
import { parseDocument } from './document.ts';
import type { PolicyInput } from './input.ts';
import { policyLimits } from './limits.ts';
import { nodeAt, type PolicyNode } from './node.ts';
import { type Problems, quoted } from './problems.ts';
import type { PolicyReader } from './reader.ts';
import { checkShape } from './shape.ts';

/** One file of a policy, its shape checked. */
export interface PolicyFile {
  /** As it was named, or as `extends` leads to it. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly root: PolicyNode;
  readonly input: PolicyInput;
  /** Paths of the files that it extends, in order. */
  readonly bases: readonly string[];
}

/** Whether a text that should be a path is the address of something that is not read from here. */
export function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/** A path that stands in a policy file: relative to the file. */
export function pathFrom(file: string, path: string): string {
  return isAbsolute(path) ? normalize(path) : join(dirname(file), path);
}

/**
 * The file and all that it extends, each once, itself first. Faults are among the problems.
 * @throws what the reader throws for the file itself
 */
export async function readPolicyFiles(
  path: string,
  reader: PolicyReader,
  within: { readonly problems: Problems; readonly budget: Budget },
): Promise<readonly PolicyFile[]> {
  const reading: Reading = { reader, ...within, files: new Map(), bytes: 0 };
  const bytes = await reader.readFile(path, policyLimits.maxFileBytes);
  await readOne({ path, bytes, above: [] }, reading);
  return [...reading.files.values()].filter((file) => file !== 'broken');
}

interface Reading {
  readonly reader: PolicyReader;
  readonly problems: Problems;
  readonly budget: Budget;
  readonly files: Map<string, PolicyFile | 'broken'>;
  bytes: number;
}

interface Found {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** The files that led here, from the first. */
  readonly above: readonly string[];
}

async function readOne({ path, bytes, above }: Found, reading: Reading): Promise<void> {
  const { problems, files, budget } = reading;
  const { originOf } = reading.reader;
  reading.bytes += bytes.length;
  files.set(normalize(path), 'broken');
  const root = parseDocument(bytes, path, { problems, budget, ...(originOf === undefined ? {} : { originOf }) });
  const input = root === undefined ? undefined : checkShape(root, problems);
  if (root === undefined || input === undefined) return;
  const named = typeof input.extends === 'string' ? [input.extends] : (input.extends ?? []);
  const bases = named.map((base) => pathFrom(path, base));
  files.set(normalize(path), { path, bytes, root, input, bases });
  for (const [at, base] of bases.entries()) {
    const place = nodeAt(root, typeof input.extends === 'string' ? ['extends'] : ['extends', at]).place;
    if (isAddress(named[at] ?? '')) problems.add('a policy extends files, not addresses', place);
    else await readBase({ base, place, above: [...above, normalize(path)] }, reading);
  }
}

interface Base {
  readonly base: string;
  /** Of the name in `extends`. */
  readonly place: Place;
  readonly above: readonly string[];
}

async function readBase({ base, place, above }: Base, reading: Reading): Promise<void> {
  const { problems, files } = reading;
  if (above.includes(base)) return problems.add(`the file extends itself: ${[...above, base].join(' → ')}`, place);
  if (files.has(base)) return;
  const fault = boundReached(above, reading);
  if (fault !== undefined) return problems.add(fault, place);
  const bytes = await readBytes(base, place, reading);
  if (bytes === undefined) return;
  if (reading.bytes + bytes.length > policyLimits.maxTotalBytes)
    return problems.add(`the files have more than ${policyLimits.maxTotalBytes} bytes together`, place);
  await readOne({ path: base, bytes, above }, reading);
}

function boundReached(above: readonly string[], { files }: Reading): string | undefined {
  if (above.length > policyLimits.maxExtendsDepth)
    return `"extends" leads deeper than ${policyLimits.maxExtendsDepth} files`;
  if (files.size >= policyLimits.maxFiles) return `the policy is made of more than ${policyLimits.maxFiles} files`;
  return undefined;
}

async function readBytes(path: string, place: Place, { reader, problems }: Reading): Promise<Uint8Array | undefined> {
  try {
    return await reader.readFile(path, policyLimits.maxFileBytes);
  } catch (cause) {
    problems.add(unreadable(path, cause), place, { cause });
    return undefined;
  }
}

/** What a reader said, in one line, with the path where it does not name it. */
export function unreadable(path: string, cause: unknown): string {
  const [text = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1);
  const said = text.slice(0, 300);
  return said.includes(path) ? said : `${quoted(path)} cannot be read: ${said}`;
}
