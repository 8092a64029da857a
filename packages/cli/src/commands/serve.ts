import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { addNotes } from '../notes.ts';
import { collect } from '../options/duration.ts';
import { addImagePathOption } from '../options/inputs.ts';
import { addOutputOptions } from '../options/output.ts';
import { addPluginConfigOption, addPolicyOptions } from '../options/policy.ts';
import { addRegistryOptions } from '../options/registry.ts';
import {
  addAccessOptions,
  addAnswerOptions,
  addListenOptions,
  addServerStateOption,
  addWebhookOptions,
  durationOption,
} from '../options/serving.ts';
import type { ServeFlags } from '../serve/flags.ts';

/** `signet serve` */
export function define(command: Command, context: Context): void {
  command.description(
    'Answers, by one policy, Kubernetes admission webhooks (/validate, /mutate), ImageReview (/imagereview), Gatekeeper (/gatekeeper/verify, /gatekeeper/mutate) and REST (/v1/verify).',
  );
  addListenOptions(command, 8443).option('--socket <path>', 'listen on a unix socket too, for this user alone');
  addImagePathOption(command);
  addAccessOptions(command, '/v1/verify and /metrics')
    .option(
      '--self-signed <name>',
      'for trials: make a certificate for this DNS name or IP address, and print the caBundle of its own CA; repeatable',
      collect,
    )
    .option(
      '--self-signed-dir <dir>',
      'keep that certificate in this folder (ca.crt, tls.crt, tls.key), and use it again',
    );
  addWebhookOptions(command, 'verifies what was pushed', 'verified push')
    .optionsGroup('Answers that servers share:')
    .option(
      '--valkey <url>',
      'share answers with other servers through Valkey or Redis: valkey://[USER@]HOST[:PORT][/DATABASE], valkeys://… with TLS, or unix:/PATH',
    )
    .option(
      '--valkey-secret-file <file>',
      'the secret by which servers know their own answers, at least 32 characters; the same for all of them, and never in Valkey',
    )
    .option('--valkey-password-file <file>', 'password of Valkey')
    .option('--valkey-ca-file <file>', "PEM certificates to trust with valkeys://, in place of the system's")
    .addOption(durationOption('--valkey-timeout <duration>', 'wait so long for its answer, and no longer', '20ms'))
    .optionsGroup('Kubernetes:')
    .option(
      '--pull-secrets',
      'where a registry refuses, ask it with the pull secrets of the namespace and object under review (reads them through the Kubernetes API)',
    )
    .option(
      '--service-account-dir <dir>',
      "folder with token and ca.crt of the pod's service account (default: where Kubernetes puts them)",
    );
  addAnswerOptions(command, 'policy, keys, certificate or tokens');
  addPolicyOptions(command);
  addPluginConfigOption(command);
  addServerStateOption(command);
  addRegistryOptions(command);
  addNotes(
    command,
    'A changed policy, key, certificate or token is taken into use when it is good; else the one before is kept, and the log says so. SIGHUP looks at once. SIGTERM or Ctrl-C finishes the requests in flight.\n\nRegistries of this machine or its link (loopback, 169.254.0.0/16) are asked only where a rule names their host; the same holds for plain HTTP.\n\nExample:\n  signet serve --policy policy.yaml --tls-cert tls.crt --tls-key tls.key --host 0.0.0.0',
  );
  addOutputOptions(command);
  onRun<ServeFlags>(command, context, async (_args, flags, io) => (await import('../serve/serve.ts')).serve(flags, io));
}
