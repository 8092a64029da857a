import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { definePull } from './docker-pull.ts';
import { definePush } from './docker-push.ts';

/** `signet docker pull|push`, which is also `docker signet pull|push` */
export function define(command: Command, context: Context): void {
  command.description('The client of Docker: its own pull and push, with what Docker Content Trust did for them.');
  definePull(command.command('pull').summary('verify an image, pull that very image, and tag it as asked'), context);
  definePush(command.command('push').summary('push an image, and sign the digest that was pushed'), context);
}
