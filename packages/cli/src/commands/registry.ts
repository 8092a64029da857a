import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { defineServe } from './registry-serve.ts';

/** `signet registry serve` */
export function define(command: Command, context: Context): void {
  command.description('The embedded registry: for development, tests and demos. Not for production.');
  defineServe(
    command.command('serve').summary('serve a folder as an OCI registry (development, not production)'),
    context,
  );
}
