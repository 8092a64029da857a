import type { Command } from 'commander';
import type { AuditFlags } from '../audit/flags.ts';
import { type Context, onRun } from '../command.ts';
import { addNotes } from '../notes.ts';
import { addInputOptions } from '../options/inputs.ts';
import { addOutputOptions } from '../options/output.ts';
import { addPluginConfigOption, addPolicyOptions } from '../options/policy.ts';
import { addRegistryOptions } from '../options/registry.ts';
import { addStateOptions } from '../tags/state-folder.ts';

/** `signet audit` */
export function define(command: Command, context: Context): void {
  command
    .argument('[registry]', 'REGISTRY, or REGISTRY/PREFIX: whole leading components of repository names')
    .option(
      '-f, --file <file>',
      'verify the images of a list, one reference a line (# begins a comment), or those that manifests or a folder of them name',
    )
    .option('--out <folder>', 'write audit.jsonl (and audit.html) into this folder')
    .option('--jsonl <file>', 'write the results there, one JSON document a line')
    .option('--html <file>', 'write a page for a browser there: one file, nothing is loaded from elsewhere')
    .option(
      '--resume',
      'go on where an earlier run was stopped: only what its results do not hold, or hold as undecided, is asked',
    )
    .option('--force', 'begin anew where there are results already')
    .option(
      '--all-tags',
      'verify tags that name signatures or catalogues too (sha256-….sig, signet-tags and their like)',
    )
    .option('--strict', 'exit by the verdicts alone, whatever mode a rule has');
  addInputOptions(command);
  addNotes(command, help);
  addPolicyOptions(command);
  addPluginConfigOption(command);
  addStateOptions(command);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<AuditFlags>(command, context, async (args, flags, io) =>
    (await import('../audit/audit.ts')).audit(args, flags, io),
  );
}

const help = `
Exit codes: as verify: 0 all verified, or allowed by their rule; 1 any denied; 3 none denied, but any undecided; 2 usage.
What could not be looked at is listed as undecided, a repository whose tags could not be listed too. --resume refuses results of another
policy, key or scope. docs/audit.md says what the results hold.

Examples:
  signet audit registry.example.com/team --policy policy.yaml --out audit
  signet audit registry.example.com/team --policy policy.yaml --out audit --resume
  signet audit -f running-images.txt --policy policy.yaml --jsonl audit.jsonl`;
