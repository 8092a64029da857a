import { KeyError, parsePublicKeys } from '@signet/core';
import { digestOf } from '@signet/oci';
import { PolicyError } from '../../errors.ts';
import { policyLimits } from '../load/limits.ts';
import { pathFrom } from '../load/policy-files.ts';
import { Problems, toPolicyError } from '../load/problems.ts';
import type { PolicyReader } from '../load/reader.ts';
import type { Policy } from '../policy.ts';
import { sourcesOf } from '../rule.ts';
import type { PolicyTable } from './case.ts';
import type { PlacedText } from './fields.ts';
import { readTable, type WrittenTable } from './read.ts';

/** Reads files of keys and tables: as the caller lets it. */
export type TableReader = Pick<PolicyReader, 'readFile'>;

/** A table whose shape was checked: it says which policy it is for, and becomes whole with that policy. */
export interface TableDraft {
  /** Where the policy lies, if the table says it; from the folder of the caller. */
  readonly policyPath?: string;
  /** `nowMs`: when the cases are judged where the table does not say it. @throws {PolicyError} POLICY_INVALID for a signer that is not known */
  readonly complete: (policy: Policy, nowMs: number) => Promise<PolicyTable>;
}

/** Reads a table of cases (docs/policy-test.md). @throws {PolicyError} POLICY_INVALID, all faults in one; what the reader throws */
export async function loadTable(path: string, reader: TableReader): Promise<TableDraft> {
  const problems = new Problems();
  const written = readTable(await reader.readFile(path, policyLimits.maxFileBytes), path, problems);
  const error = toPolicyError(problems.list());
  if (error !== undefined) throw error;
  if (written === undefined) throw new PolicyError('POLICY_INVALID', `${path} is no table of cases`);
  return {
    ...(written.policy === undefined ? {} : { policyPath: pathFrom(path, written.policy.value) }),
    complete: (policy, nowMs) => complete({ written, policy, reader }, nowMs),
  };
}

interface Completing {
  readonly written: WrittenTable;
  readonly policy: Policy;
  readonly reader: TableReader;
}

async function complete({ written, policy, reader }: Completing, nowMs: number): Promise<PolicyTable> {
  const problems = new Problems();
  const signers = new Signers({ written, policy, reader }, problems);
  const cases = await Promise.all(
    written.cases.map(async ({ signatures, ...rest }) => ({
      ...rest,
      signatures: await Promise.all(
        signatures.map(async ({ by, ...made }) => ({ ...made, keyId: (await signers.keyIdOf(by)) ?? '' })),
      ),
    })),
  );
  const error = toPolicyError(problems.list());
  if (error !== undefined) throw error;
  return { atMs: written.atMs ?? nowMs, cases };
}

/** Words for signers: names of the table, sources of the policy (`release`, `release#2` its second key), ids, files, `nobody`. */
class Signers {
  private readonly within: Completing;
  private readonly problems: Problems;
  private readonly files = new Map<string, Promise<string | undefined>>();
  private readonly sources: ReadonlyMap<string, readonly string[]>;

  constructor(within: Completing, problems: Problems) {
    this.within = within;
    this.problems = problems;
    const sources = within.policy.ruleList.flatMap(({ require }) => sourcesOf(require));
    this.sources = new Map(sources.map(({ name, keys }) => [name, keys.map(({ id }) => id)]));
  }

  async keyIdOf(by: PlacedText): Promise<string | undefined> {
    const id = /^sha256:([0-9a-f]{64})$/.exec(by.value)?.[1];
    if (id !== undefined) return id;
    if (by.value === 'nobody') return digestOf(Buffer.from('a key that nobody trusts')).slice('sha256:'.length);
    const file = this.within.written.keys.get(by.value);
    if (file !== undefined) return this.ofFile(file);
    const [, name = '', number = '1'] = /^(.*?)(?:#(\d{1,4}))?$/.exec(by.value) ?? [];
    const keys = this.sources.get(name);
    if (keys === undefined) return this.ofFile(by);
    const key = keys[Number(number) - 1];
    if (key === undefined) this.problems.add(`the source ${JSON.stringify(name)} has ${keys.length} keys`, by.place);
    return key;
  }

  private ofFile(path: PlacedText): Promise<string | undefined> {
    const known = this.files.get(path.value);
    if (known !== undefined) return known;
    const reading = this.readKey(path);
    this.files.set(path.value, reading);
    return reading;
  }

  private async readKey({ value, place }: PlacedText): Promise<string | undefined> {
    const { written, reader } = this.within;
    try {
      const keys = await parsePublicKeys(
        await reader.readFile(pathFrom(written.file, value), policyLimits.maxKeyBytes),
      );
      if (keys.length === 1) return keys[0]?.id;
      this.problems.add(`${JSON.stringify(value)} holds ${keys.length} keys: one signs`, place);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const hint =
        cause instanceof KeyError
          ? undefined
          : 'a name of "keys", a source of the policy, sha256:ID, a file, or nobody';
      this.problems.add(`no signer is called ${JSON.stringify(value)}: ${why}`, place, { hint, cause });
    }
    return undefined;
  }
}
