import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { defineServe } from './proxy-serve.ts';

/** `signet proxy serve` */
export function define(command: Command, context: Context): void {
  command.description(
    'A registry for pulling, in front of others: it gives what the policy lets pass, and nothing else.',
  );
  defineServe(
    command.command('serve').summary('serve images of other registries, each verified by policy before it is given'),
    context,
  );
}
