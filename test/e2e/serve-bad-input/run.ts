import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSignet } from '../../support/cli.ts';
import type { StartedProcess } from '../../support/process.ts';
import { makeKey } from '../cli-world.ts';
import { type Attack, attacksOf, type Sizes, type Told, webhookSecret } from './attacks.ts';
import { dockerAttacks } from './docker-attacks.ts';
import type { Place } from './raw.ts';

/** What one attack cost, and what was wrong with the answer to it. */
export interface Outcome {
  readonly name: string;
  readonly answers: readonly Told[];
  readonly ms: number;
  /** The most that the process had held by then. */
  readonly memoryMiB: number;
  readonly fault?: string;
  readonly isSlow: boolean;
}

/** Sends everything that nobody honest sends to the server, then to the gate of Docker; each is a process of its own. */
export async function sendBadInput(
  sizes: Sizes,
  onOutcome: (outcome: Outcome) => void = () => {},
): Promise<readonly Outcome[]> {
  const dir = await mkdtemp(join(tmpdir(), 'signet-bad-input-'));
  try {
    const policy = await policyIn(dir);
    return [
      ...(await toServer({ dir, policy, sizes, onOutcome })),
      ...(await toDockerGate({ dir, policy, sizes, onOutcome })),
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface Sending {
  readonly dir: string;
  readonly policy: string;
  readonly sizes: Sizes;
  readonly onOutcome: (outcome: Outcome) => void;
}

async function policyIn(dir: string): Promise<string> {
  await makeKey(join(dir, 'k'));
  const file = join(dir, 'policy.yaml');
  const rule = '{ name: all, images: ["registry.example.com/**"], require: team }';
  writeFileSync(file, `version: 1\ntrust: { team: { keys: [k.pub] } }\nrules:\n  - ${rule}\n`);
  return file;
}

async function toServer({ dir, policy, sizes, onOutcome }: Sending): Promise<readonly Outcome[]> {
  const secrets = join(dir, 'secrets');
  writeFileSync(secrets, `${webhookSecret}\n`);
  const args = ['serve', '--policy', policy, '--port', '0', '--webhook-secret-file', secrets, '--log-level', 'error'];
  const server = await startSignet(args, { ready: /signet serves http:\/\/127\.0\.0\.1:(\d+)/ });
  const place = { port: Number(server.match[1]) };
  return await each(attacksOf(sizes), server, { place, sizes, onOutcome });
}

async function toDockerGate({ dir, policy, sizes, onOutcome }: Sending): Promise<readonly Outcome[]> {
  const path = join(dir, 'docker.sock');
  const args = ['gate', 'docker', '--policy', policy, '--socket', path, '--log-level', 'silent'];
  const gate = await startSignet(args, { ready: /signet gates docker/ });
  return await each(dockerAttacks, gate, { place: { path }, sizes, onOutcome });
}

interface Against {
  readonly place: Place;
  readonly sizes: Sizes;
  readonly onOutcome: Sending['onOutcome'];
}

async function each(
  list: readonly Attack[],
  process: StartedProcess,
  { place, sizes, onOutcome }: Against,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  try {
    for (const { name, allowed, send, isSlow = false } of list) {
      const startMs = performance.now();
      const all = await send(place, sizes);
      const ms = Math.round(performance.now() - startMs);
      const answers = [...new Set(all)];
      const hasEnded = process.child.exitCode !== null || process.child.signalCode !== null;
      const isRight =
        !hasEnded && answers.length > 0 && answers.every((answer) => allowed.some((each) => each === answer));
      const wanted = hasEnded
        ? `it has ended: ${process.output().slice(-1000)}`
        : `answered ${answers.join(' ') || 'not at all'}, not ${allowed.join(' or ')}`;
      const outcome = {
        name,
        answers,
        ms,
        memoryMiB: hasEnded ? 0 : memoryOf(process.child.pid),
        isSlow,
        ...(isRight ? {} : { fault: wanted }),
      };
      outcomes.push(outcome);
      onOutcome(outcome);
      if (hasEnded) break;
    }
    return outcomes;
  } finally {
    await process.stop('SIGTERM');
  }
}

function memoryOf(pid: number | undefined): number {
  const [, kib = '0'] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}
