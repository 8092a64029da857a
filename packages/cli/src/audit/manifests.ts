import { stat } from 'node:fs/promises';
import { readingOfName } from '@signet/workloads';
import { parseReading } from '../inputs/reading.ts';
import type { Io } from '../io.ts';
import { type PlacedInputs, placedInputs } from '../verify/placed-inputs.ts';
import type { AuditFlags, AuditPlan } from './flags.ts';

/**
 * What a folder, or a file that by its name is no list, names: Kubernetes manifests, Compose files, Dockerfiles. Undefined for a list,
 * which is read line by line, however long. @throws {CliError} FILE_UNREADABLE, USAGE
 */
export async function readManifests(
  source: AuditPlan['source'],
  flags: AuditFlags,
  io: Io,
): Promise<PlacedInputs | undefined> {
  if (!('inventory' in source)) return undefined;
  const { inventory: path } = source;
  const reading = parseReading(flags, io);
  const isList = (readingOfName(path) ?? 'list') === 'list' && !(await isFolder(path));
  return isList ? undefined : await placedInputs([path], { io, reading });
}

/** What is not there is told when it is read. */
async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
