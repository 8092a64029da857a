import type { Policy, Rule } from '@signet/verifier';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { ExampleKeyFlags } from '../options/keys.ts';
import type { PolicyFlags } from '../options/policy.ts';
import { readNotationBlobs, readPolicy } from '../policy/load.ts';
import { isNotationBlobPolicy, isNotationPolicy } from './policy-name.ts';

/** By what a file is judged. */
export interface BlobRuleFlags extends PolicyFlags, ExampleKeyFlags {
  /** Name of a statement of notation's policy, or of a rule of Signet's. */
  readonly policyName?: string;
}

/** The policy, and the rule of it that is for the file: none where it has no such rule. */
export interface BlobRule {
  readonly policy: Policy;
  readonly rule?: Rule;
  /** By which rules could be chosen. */
  readonly names: readonly string[];
}

/**
 * The rule that judges a file. Of notation's policy the statement of that name, or the global one; of Signet's the rule of that name, or the only
 * one that there is. Rule: wire-formats 9.2
 * @throws {CliError} USAGE, FILE_UNREADABLE; {PolicyError}
 */
export async function readBlobRule(path: string, flags: BlobRuleFlags, io: Io): Promise<BlobRule> {
  const { rule, ...others } = isNotationBlobPolicy(path)
    ? await notationRule(path, flags, io)
    : await signetRule(path, flags, io);
  if (rule === undefined) return others;
  if (rule.tag !== 'any')
    throw new CliError('USAGE', `the rule ${rule.name} asks what a tag is (tag: ${rule.tag}): it is for images`);
  return { ...others, rule };
}

async function notationRule(path: string, { policyName, trustStore }: BlobRuleFlags, io: Io): Promise<BlobRule> {
  const { policy, statements } = await readNotationBlobs(path, trustStore === undefined ? {} : { trustStore }, io);
  const chosen = statements.find(({ name, isGlobal }) => (policyName === undefined ? isGlobal : name === policyName));
  const rule = policy.ruleList.find(({ images }) => chosen !== undefined && images?.includes(chosen.image));
  const names = statements.map(({ name }) => name);
  return {
    policy,
    names,
    ...(rule === undefined || chosen === undefined ? {} : { rule: { ...rule, name: chosen.name } }),
  };
}

async function signetRule(path: string, flags: BlobRuleFlags, io: Io): Promise<BlobRule> {
  if (isNotationPolicy(path))
    throw new CliError('USAGE', `${path} is notation's policy for images; that for files is trustpolicy.blob.json`);
  const policy = await readPolicy(path, flags, io);
  const { policyName } = flags;
  const names = policy.ruleList.map(({ name }) => name);
  if (policyName === undefined && names.length > 1)
    throw new CliError('USAGE', 'which rule is for the file was not said', {
      hint: `--policy-name NAME; ${namesText(names)}`,
    });
  const rule = policy.ruleList.find(({ name }) => policyName === undefined || name === policyName);
  return { policy, names, ...(rule === undefined ? {} : { rule }) };
}

/** The first of them, for a remark. */
export function namesText(names: readonly string[]): string {
  return names.length === 0 ? 'there is none' : `there are: ${names.slice(0, 20).join(', ')}`;
}
