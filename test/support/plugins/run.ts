import { answerBadly, misbehave } from './bad-plugin.ts';
import { OwnError, type PluginSetup, type Request } from './good-plugin.ts';

/** A plugin as a program: the request comes on standard input, the answer goes to standard output. Rule: wire-formats 10. */
export async function runAsPlugin(setup: PluginSetup): Promise<void> {
  try {
    if (misbehave(setup.fault)) return;
    const chunks: Uint8Array[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk);
    const request = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Request;
    process.stdout.write(JSON.stringify(answerBadly(setup, process.argv[2] ?? '', request)));
  } catch (error) {
    const { errorCode, message } = error instanceof OwnError ? error : { errorCode: 'ERROR', message: String(error) };
    process.stderr.write(JSON.stringify({ errorCode, errorMessage: message }));
    process.exitCode = 1;
  }
}
