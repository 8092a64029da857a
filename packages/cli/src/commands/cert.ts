import type { Command } from 'commander';
import type { Context } from '../command.ts';
import { defineGenerateTest } from './cert-generate-test.ts';

/** `signet cert generate-test` */
export function define(command: Command, context: Context): void {
  defineGenerateTest(
    command.command('generate-test').summary('make a key with a certificate for tests, in the folder of notation'),
    context,
  );
}
