import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { defineContainerd } from './gate-containerd.ts';
import { defineDocker } from './gate-docker.ts';

/** `signet gate containerd|docker` */
export function define(command: Command, context: Context): void {
  command.description('The trust policy where images enter a node: at the pulls of container engines.');
  defineContainerd(command.command('containerd').summary('judge the pulls of containerd (image verifier)'), context);
  defineDocker(command.command('docker').summary('judge what the Docker daemon is asked to do'), context);
}
