import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import type { DockerFlags } from '../gate/docker-flags.ts';
import { addNotes } from '../notes.ts';
import { collectOneOf } from '../options/duration.ts';
import { addOutputOptions } from '../options/output.ts';
import { addPluginConfigOption, addPolicyOptions } from '../options/policy.ts';
import { addRegistryOptions } from '../options/registry.ts';
import { addServerStateOption, durationOption, logLevelOption } from '../options/serving.ts';

/** Those of @signet/admission; named here so that the help needs no server. A test keeps both equal. */
const switchTexts: Readonly<Record<string, string>> = {
  build: 'building images',
  load: 'loading archives of images',
  import: 'importing archives as images',
  tag: 'naming local images',
  commit: 'making images of containers',
  plugins: 'installing plugins of Docker',
  swarm: 'making, joining and changing a swarm',
  unknown: 'changing requests that this version does not know',
};

/** `signet gate docker` */
export function defineDocker(command: Command, context: Context): void {
  command
    .description(
      'Authorization plugin of the Docker daemon: judges pulls, containers and services by the images that they name, and closes the other ways by which images come in.',
    )
    .option('--socket <path>', 'unix socket where the daemon asks', '/run/signet/docker.sock')
    .option(
      '--docker-socket <path>',
      "the daemon's own socket: it is asked as what an image was pulled that is named by its id",
      '/var/run/docker.sock',
    )
    .addOption(
      new Option('--allow <what>', 'open a way that nobody can judge; repeatable')
        .choices(Object.keys(switchTexts))
        .argParser(collectOneOf(Object.keys(switchTexts))),
    )
    .addOption(durationOption('--reload <duration>', 'look so often whether the policy or its keys changed', '10s'))
    .addOption(logLevelOption());
  addPolicyOptions(command);
  addPluginConfigOption(command);
  addServerStateOption(command);
  addRegistryOptions(command);
  addNotes(
    command,
    `--allow opens: ${Object.entries(switchTexts)
      .map(([name, text]) => `${name} (${text})`)
      .join(
        ', ',
      )}.\n\nAs long as the plugin does not answer, the daemon refuses everything. Who may use the daemon's socket is as good as root there, and can do without images what this command refuses: docs/gates.md.\n\nExample:\n  signet gate docker --policy /etc/signet/policy.yaml`,
  );
  addOutputOptions(command);
  onRun<DockerFlags>(command, context, async (_args, flags, io) => {
    const { serveDocker } = await import('../gate/serve-docker.ts');
    return await serveDocker(flags, io);
  });
}
