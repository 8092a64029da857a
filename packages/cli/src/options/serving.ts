import { Option } from 'commander';
import { parseDuration } from './duration.ts';

/** An option that takes a duration, with a default. */
export function durationOption(flags: string, text: string, standard: string): Option {
  return new Option(flags, text).argParser(parseDuration).default(parseDuration(standard), standard);
}

/** `--log-level`, of commands that serve. */
export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'what is told on standard error, as lines of JSON')
    .choices(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info');
}
