import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import type { ContainerdInstallFlags } from '../gate/install/install-containerd.ts';
import type { DockerInstallFlags } from '../gate/install/install-docker.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions } from '../options/output.ts';
import { addPolicyOptions } from '../options/policy.ts';
import { addRegistryOptions } from '../options/registry.ts';

const dryRunText = 'say what would be written, and write nothing';

/** `signet gate install containerd|docker` */
export function defineInstall(command: Command, context: Context): void {
  command.description('Writes the configuration by which a container engine asks its gate.').helpCommand(false);
  defineContainerd(
    command.command('containerd').summary("put the gate into containerd's folder of verifiers"),
    context,
  );
  defineDocker(command.command('docker').summary('tell the Docker daemon of its plugin'), context);
}

/** `signet gate install containerd` */
function defineContainerd(command: Command, context: Context): void {
  command
    .description(
      "Puts a script into containerd's folder of verifiers that calls the gate. The file is written in one step; containerd need not be restarted.",
    )
    .option('--server <socket>', 'unix socket of a running signet serve, which the gate asks first')
    .option(
      '--config <file>',
      "containerd's configuration, which says where the folder is (default: that of the one that runs, else /etc/containerd/config.toml)",
    )
    .option('--name <name>', 'name of the script; verifiers run in the order of their names', 'signet')
    .option('--dry-run', dryRunText);
  addNotes(
    command,
    'The other options become those of the gate. containerd is not configured otherwise: signet gate status says what is left to do.\n\nExample:\n  signet gate install containerd --policy /etc/signet/policy.yaml',
  );
  addPolicyOptions(command);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<ContainerdInstallFlags>(command, context, async (_args, flags, io) => {
    const { installContainerd } = await import('../gate/install/install-containerd.ts');
    return await installContainerd(flags, io);
  });
}

/** `signet gate install docker` */
function defineDocker(command: Command, context: Context): void {
  command
    .description(
      'Tells the Docker daemon of the gate: where its plugin is (a .spec file), and that it is asked (authorization-plugins in daemon.json). Each file is written in one step; all else in daemon.json stays.',
    )
    .option('--socket <path>', 'unix socket of signet gate docker', '/run/signet/docker.sock')
    .option(
      '--config <file>',
      "the daemon's configuration (default: that of the one that runs, else /etc/docker/daemon.json)",
    )
    .option('--plugins <folder>', 'where the daemon looks for plugins', '/etc/docker/plugins')
    .option('--dry-run', dryRunText);
  addNotes(
    command,
    'The daemon takes it over when it is restarted, and does not start without its plugin: start signet gate docker first.',
  );
  addOutputOptions(command);
  onRun<DockerInstallFlags>(command, context, async (_args, flags, io) => {
    const { installDocker } = await import('../gate/install/install-docker.ts');
    return await installDocker(flags, io);
  });
}
