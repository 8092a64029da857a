import type { Lifetimes, LogLevel } from '@signet/admission';
import { type Command, Option } from 'commander';
import { parseDuration } from './duration.ts';

/** What {@link addAnswerOptions} produces; times in milliseconds. */
export interface AnswerFlags {
  readonly fresh: number;
  readonly stale: number;
  readonly denied: number;
  readonly tags: number;
  readonly reload: number;
  readonly grace: number;
  readonly logLevel: LogLevel;
}

/** How long servers that judge keep answers, and how they take up changes and end. `files`: what is looked at for changes. */
export function addAnswerOptions(command: Command, files: string): Command {
  return command
    .optionsGroup('Answers:')
    .addOption(durationOption('--fresh <duration>', 'give a yes again for so long', '5m'))
    .addOption(durationOption('--stale <duration>', 'and for so long after that, while it is verified anew', '10m'))
    .addOption(durationOption('--denied <duration>', 'give a no again for so long', '10s'))
    .addOption(durationOption('--tags <duration>', 'remember for so long what a tag names', '10s'))
    .addOption(durationOption('--reload <duration>', `look so often whether ${files} changed`, '10s'))
    .addOption(durationOption('--grace <duration>', 'finish requests in flight within this time at the end', '25s'))
    .addOption(logLevelOption());
}

/** How long answers are kept. */
export function lifetimesOf({ fresh, stale, denied, tags }: AnswerFlags): Lifetimes {
  return { freshMs: fresh, staleMs: stale, deniedMs: denied, tagMs: tags };
}

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
