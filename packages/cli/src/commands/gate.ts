import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { defineContainerd } from './gate-containerd.ts';
import { defineDocker } from './gate-docker.ts';
import { defineInstall } from './gate-install.ts';
import { defineStatus } from './gate-status.ts';

/** `signet gate containerd|docker|install|status` */
export function define(command: Command, context: Context): void {
  command.description('The trust policy where images enter a node: at the pulls of container engines.');
  defineContainerd(command.command('containerd').summary('judge the pulls of containerd (image verifier)'), context);
  defineDocker(command.command('docker').summary('judge what the Docker daemon is asked to do'), context);
  defineInstall(command.command('install').summary('write the configuration of a container engine'), context);
  defineStatus(command.command('status').summary('say what the gates of this machine do not see'), context);
}
