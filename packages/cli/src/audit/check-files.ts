import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError } from '../errors.ts';
import type { AuditPlan } from './flags.ts';

/**
 * Looks at the files of an audit before any is read: none is written over another, and what is read twice can be. What is not there is
 * told by who reads or writes it.
 * @throws {CliError} USAGE
 */
export async function checkFiles({ policyFile, source, journal, page }: AuditPlan): Promise<void> {
  const list = 'inventory' in source ? source.inventory : undefined;
  await refuseOne([policyFile, list, journal, page].filter((path) => path !== undefined));
  if (list !== undefined)
    await refuse(list, (facts) => !facts.isFile() && !facts.isDirectory(), 'it is read again to resume: name a file');
  for (const path of [journal, page])
    if (path !== undefined) await refuse(path, (facts) => !facts.isFile(), 'results are kept in files');
}

async function refuseOne(paths: readonly string[]): Promise<void> {
  const known = new Map<string, string>();
  for (const path of paths) {
    const real = await withoutLinks(path);
    const other = known.get(real);
    if (other !== undefined)
      throw new CliError('USAGE', `${other} and ${path} are one file: it would be written over`, {
        hint: 'policy, list, results and page are files of their own',
      });
    known.set(real, path);
  }
}

async function refuse(path: string, isWrong: (facts: Stats) => boolean, why: string): Promise<void> {
  const facts = await stat(path).catch(() => undefined); // not there: no harm
  if (facts !== undefined && isWrong(facts)) throw new CliError('USAGE', `${path} is no regular file; ${why}`);
}

/** One file has one such name, by whatever way it is named. */
export async function withoutLinks(path: string): Promise<string> {
  const inFolder = async (): Promise<string> => join(await realpath(dirname(path)), basename(path));
  return await realpath(path)
    .catch(inFolder)
    .catch(() => resolve(path)); // neither is there yet
}
