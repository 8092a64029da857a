import { signFormatNames } from '@signet/core';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { addNotes } from '../notes.ts';
import { collect } from '../options/duration.ts';
import { addSigningKeyOptions } from '../options/keys.ts';
import { addOutputOptions } from '../options/output.ts';
import { addPolicyOption } from '../options/policy.ts';
import { addRegistryOptions } from '../options/registry.ts';
import {
  addAccessOptions,
  addListenOptions,
  addWebhookOptions,
  durationOption,
  logLevelOption,
} from '../options/serving.ts';
import type { PushSignerFlags } from '../push-signer/flags.ts';

/** `signet push-signer` */
export function define(command: Command, context: Context): void {
  command.description(
    'Signs images of listed repositories when a registry tells that they were pushed, each after a policy verified it that the signing key itself cannot satisfy.',
  );
  addListenOptions(command, 8444);
  command
    .option(
      '--repository <pattern>',
      "repositories whose tags are signed, in the form of a rule's images (registry.example.com/team/**); repeatable",
      collect,
    )
    .addOption(new Option('--format <format>', 'form of the signature').choices(signFormatNames).default('sigstore'));
  addSigningKeyOptions(command);
  addPolicyOption(command.optionsGroup('Trust:'));
  addAccessOptions(command, '/metrics');
  addWebhookOptions(command, 'signs what was pushed', 'push')
    .addOption(
      durationOption('--reload <duration>', 'look so often whether policy, keys, certificate or tokens changed', '10s'),
    )
    .addOption(durationOption('--grace <duration>', 'finish requests in flight within this time at the end', '25s'))
    .addOption(logLevelOption());
  addRegistryOptions(command);
  addNotes(
    command,
    'A tag is signed with its name only where the rule looked at the tag (tag: bound); else the signature is for the digest alone. An image whose signature comes after it is tried again after 5 s, 30 s, 2 and 10 minutes, and when the signature is pushed.\n\nA policy whose rules for these repositories count signatures of the signing key is refused, at the start and later.\n\nExample:\n  signet push-signer --policy policy.yaml --key release.key --repository registry.example.com/team/** --webhook-secret-file secret --tls-cert tls.crt --tls-key tls.key --host 0.0.0.0',
  );
  addOutputOptions(command);
  onRun<PushSignerFlags>(command, context, async (_args, flags, io) =>
    (await import('../push-signer/serve.ts')).servePushSigner(flags, io),
  );
}
