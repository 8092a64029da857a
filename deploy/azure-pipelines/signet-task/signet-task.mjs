// The task of task.json: runs signet with the inputs, which the agent gives as INPUT_NAME. Needs nothing but the agent's own Node.
import { spawn } from 'node:child_process';

main();

function main() {
  const command = input('command') || 'verify';
  const problem = problemOf(command);
  if (problem !== undefined) return finish(2, problem);
  const program = input('program') || 'signet';
  // No shell: an input is an argument, whatever is in it.
  const child = spawn(program, argumentsOf(command), { stdio: ['ignore', 'inherit', 'inherit'], env: environment() });
  child.on('error', ({ message }) => finish(2, `signet does not start: ${message}`));
  child.on('close', (code, signal) => {
    if (child.pid === undefined) return; // it did not start: told above
    if (code === 0) finish(0);
    else finish(code ?? 3, `signet ${command}: ${signal === null ? `exit code ${code}` : `ended by ${signal}`}`);
  });
}

function argumentsOf(command) {
  const given = (name) => (input(name) === '' ? [] : [`--${name}=${input(name)}`]);
  const references = lines('references');
  return [
    ...(command === 'verify' ? ['verify', '--output', 'azure'] : ['sign']),
    ...lines('files').map((file) => `--file=${file}`),
    ...['policy', 'key', 'wait'].flatMap(given),
    ...(references.length === 0 ? [] : ['--', ...references]),
  ];
}

function problemOf(command) {
  if (command !== 'verify' && command !== 'sign') return 'the input command is verify or sign';
  if (command === 'sign' && (input('key') === '' || lines('references').length === 0))
    return 'sign needs the inputs key and references';
  if (command === 'sign' && ['files', 'policy', 'wait'].some((name) => input(name) !== ''))
    return 'files, policy and wait are inputs of verify';
  return undefined;
}

/** Of the inputs signet sees the password alone. */
function environment() {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:INPUT|SECRET|ENDPOINT)_/.test(name));
  const password = input('password');
  return { ...Object.fromEntries(own), ...(password === '' ? {} : { SIGNET_PASSWORD: password }) };
}

function lines(name) {
  return input(name)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function input(name) {
  return (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim();
}

/** The agent takes the result from the log; the exit code says it again. */
function finish(code, problem) {
  if (problem !== undefined) console.log(`##vso[task.complete result=Failed;]${escapeData(problem)}`);
  process.exitCode = code;
}

function escapeData(text) {
  return text.replaceAll('%', '%AZP25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
