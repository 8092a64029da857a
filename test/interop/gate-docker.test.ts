import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CliWorld, createCliWorld, makeKey, signReference } from '../e2e/cli-world.ts';
import { built, signetProgram } from '../support/cli.ts';
import { type Containerd, startContainerd } from '../support/containerd.ts';
import { type Dockerd, dockerSocket, startDockerd } from '../support/dockerd.ts';
import { createEngineHost, describeWithEngines, type EngineHost } from '../support/engine-host.ts';
import type { StartedProcess } from '../support/process.ts';

describeWithEngines('the real Docker daemon behind signet gate docker', () => {
  let world: CliWorld;
  let host: EngineHost;
  let containerd: Containerd;
  let dockerd: Dockerd;
  let gate: StartedProcess;
  /** `REPOSITORY@DIGEST`: signed by the trusted key, by another one, by nobody. */
  let app: string;
  let foreign: string;
  let plain: string;

  beforeAll(async () => {
    [world, host] = await Promise.all([createCliWorld(), createEngineHost()]);
    const other = await makeKey(join(world.dir, 'other'));
    [app, foreign, plain] = await Promise.all([world.push('app:1'), world.push('foreign:1'), world.push('plain:1')]);
    await signReference(app, world.key);
    await signReference(foreign, other.key);
    app = await pinned(app);
    foreign = await pinned(foreign);
    plain = await pinned(plain);
    await host.run('sh', [
      '-c',
      'mkdir -p /etc/docker/plugins && echo unix:///run/signet/docker.sock > /etc/docker/plugins/signet.spec',
    ]);
    const config = join(host.dir, 'daemon.json');
    writeFileSync(config, '{"authorization-plugins":["signet"]}');
    gate = await startGate();
    containerd = await startContainerd(host);
    dockerd = await startDockerd(host, containerd, config);
  }, 120_000);

  afterAll(async () => {
    await dockerd?.stop();
    await containerd?.stop();
    await gate?.stop();
    await host?.stop();
    await world?.server.stop();
  });

  const pinned = async (reference: string): Promise<string> =>
    `${reference.replace(/:1$/, '')}@${await world.digestOf(reference)}`;

  async function startGate(): Promise<StartedProcess> {
    await built();
    const policy = join(world.dir, 'policy.yaml');
    writeFileSync(
      policy,
      `version: 1\ntrust:\n  team: { keys: [k.pub] }\nrules:\n  - images: ["${world.host}/**"]\n    require: { any: [team] }\n`,
    );
    const args = [signetProgram, 'gate', 'docker', '--policy', policy, '--docker-socket', dockerSocket(host)];
    return await host.start(process.execPath, args, { ready: /signet gates docker at \/run\/signet\/docker\.sock/ });
  }

  it('pulls and creates what is signed', async () => {
    expect(await dockerd.docker('pull', app)).toMatchObject({ code: 0 });
    expect(await dockerd.docker('create', '--network', 'none', app, '/x')).toMatchObject({ code: 0 });
    const { stdout: id } = await dockerd.docker('images', '--quiet', '--no-trunc');
    expect(await dockerd.docker('create', '--network', 'none', id.trim(), '/x')).toMatchObject({ code: 0 });
  });

  it('pulls nothing else, and shows why', async () => {
    const pull = async (image: string) => (await dockerd.docker('pull', image)).stderr;
    expect(await pull(plain)).toContain('authorization denied by plugin signet: fromImage: ');
    expect(await pull(plain)).toContain('denied (NO_SIGNATURE)');
    expect(await pull(foreign)).toContain('denied (NOT_TRUSTED)');
    expect(await pull(app.replace(/@.*/, ':1'))).toContain('NOT_PINNED');
    expect(await dockerd.docker('pull', '--all-tags', app.replace(/@.*/, ''))).toMatchObject({ code: 1 });
    expect((await dockerd.docker('images', '--quiet')).stdout.trim().split('\n')).toHaveLength(1);
  });

  it('does not pull a signed tag that was moved since', async () => {
    const moved = await world.push('moved:1', 'before');
    await signReference(moved, world.key);
    const before = await pinned(moved);
    await world.push('moved:1', 'after');
    expect(await dockerd.docker('pull', before)).toMatchObject({ code: 0 });
    expect(await dockerd.docker('pull', moved)).toMatchObject({ code: 1 });
    expect(await dockerd.docker('pull', await pinned(moved))).toMatchObject({ code: 1 });
  });

  it('lets in nothing by other ways', async () => {
    const archive = join(host.dir, 'a.tar');
    await host.run('tar', ['--create', '--file', archive, '--directory', world.dir, 'k.pub']);
    const context = join(world.dir, 'context');
    mkdirSync(context);
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    const { stdout: container } = await dockerd.docker('create', '--network', 'none', app, '/x');
    for (const args of [
      ['tag', app, 'posing/as:signed'],
      ['load', '--input', archive],
      ['import', archive, 'posing/as:signed'],
      ['commit', container.trim(), 'posing/as:signed'],
      ['build', context],
      ['swarm', 'init'],
    ]) {
      const done = await dockerd.docker(...args);
      expect(done.code, args[0]).not.toBe(0);
      expect(done.stderr, args[0]).toMatch(/authorization denied by plugin signet: .*(?:ENDPOINT_CLOSED|closed)/);
    }
  });

  it('installs no plugin', async () => {
    const body = '[]';
    const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    expect(await statusOf(`POST /plugins/pull?remote=${plain}&name=p HTTP/1.1\r\n${head}${body}`)).toBe('403');
  });

  it('is not misled by requests that say two things', async () => {
    const [repository = '', digest = ''] = app.split('@');
    const [evil = '', evilDigest = ''] = plain.split('@');
    const good = `fromImage=${repository}&tag=${digest}`;
    const form = `fromImage=${evil}&tag=${evilDigest}`;
    const chunked = `${form.length.toString(16)}\r\n${form}\r\n0\r\n\r\n`;
    const formType = 'Content-Type: application/x-www-form-urlencoded\r\n';
    const json = (body: string) => `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const twice = `{"Image":"${app}","image":"${plain}"}`;
    const requests: Readonly<Record<string, string>> = {
      'a form that the daemon believes more than the address': `POST /images/create?${good} HTTP/1.1\r\n${formType}Content-Length: ${form.length}\r\n\r\n${form}`,
      'the same in pieces, with another type behind': `POST /images/create?${good} HTTP/1.1\r\n${formType}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      'two images': `POST /images/create?${good}&${form} HTTP/1.1\r\n\r\n`,
      'two images, the other way round': `POST /images/create?${form}&${good} HTTP/1.1\r\n\r\n`,
      'an escaped path': `POST /v1.51/%69mages%2Fcreate?${form} HTTP/1.1\r\n\r\n`,
      'two slashes': `POST //images/create?${form} HTTP/1.1\r\n\r\n`,
      'a path through another': `POST /v1.51/containers/../images/create?${form} HTTP/1.1\r\n\r\n`,
      'a path over another folder': `POST /v1.51/../images/create?${form} HTTP/1.1\r\n\r\n`,
      'the same, escaped': `POST /v1.51/%2e%2e/images/create?${form} HTTP/1.1\r\n\r\n`,
      'a point in the path': `POST /v1.51/./images/create?${form} HTTP/1.1\r\n\r\n`,
      'a slash behind': `POST /v1.51/images/create/?${form} HTTP/1.1\r\n\r\n`,
      'two versions': `POST /v1.51/v1.51/images/create?${form} HTTP/1.1\r\n\r\n`,
      'capitals in the path': `POST /v1.51/Images/Create?${form} HTTP/1.1\r\n\r\n`,
      'a version in capitals': `POST /V1.51/images/create?${form} HTTP/1.1\r\n\r\n`,
      'a version that there is not': `POST /v9.99/images/create?${form} HTTP/1.1\r\n\r\n`,
      'a method in small letters': `post /images/create?${form} HTTP/1.1\r\n\r\n`,
      'another method': `PUT /images/create?${form} HTTP/1.1\r\n\r\n`,
      'a method in a header': `POST /images/create?${form} HTTP/1.1\r\nX-HTTP-Method-Override: GET\r\n\r\n`,
      'a semicolon': `POST /images/create?${good};${form} HTTP/1.1\r\n\r\n`,
      'a parameter in capitals beside': `POST /images/create?${good}&FromImage=${evil} HTTP/1.1\r\n\r\n`,
      'an image without a digest': `POST /images/create?fromImage=${evil}&tag=1 HTTP/1.1\r\n\r\n`,
      'an image and an archive': `POST /images/create?${good}&fromSrc=- HTTP/1.1\r\n\r\n`,
      'an archive': 'POST /images/create?fromSrc=http://127.0.0.1:1/a.tar&repo=posing/as HTTP/1.1\r\n\r\n',
      'an address with a host': `POST http://d/images/create?${form} HTTP/1.1\r\n\r\n`,
      'a member in two spellings': `POST /containers/create HTTP/1.1\r\n${json(twice)}`,
      'a body without a type': `POST /containers/create HTTP/1.1\r\nContent-Length: ${twice.length}\r\n\r\n${twice}`,
      'a body that is not shown': `POST /containers/create HTTP/1.1\r\n${json(`{"Image":"${plain}","Labels":{"x":"${'x'.repeat(5_000_000)}"}}`)}`,
      'a mounted image': `POST /containers/create HTTP/1.1\r\n${json(`{"Image":"${app}","HostConfig":{"Mounts":[{"Type":"image","Source":"${plain}","Target":"/x"}]}}`)}`,
    };
    for (const [what, text] of Object.entries(requests))
      expect(await statusOf(text), what).toMatch(/^(?:301|400|403|404|500)$/);
    expect(await statusOf(`POST /v1.51/images/create?${good} HTTP/1.1\r\n\r\n`)).toBe('200');
    expect((await dockerd.docker('images', '--digests')).stdout).not.toContain(evilDigest);
  });

  it('closes what it does not know, and says so', async () => {
    const { stdout: id } = await dockerd.docker('create', '--network', 'none', app, '/x');
    for (const path of [
      '/images/load',
      '/build',
      '/session',
      '/grpc',
      '/commit?container=x&repo=posing/as',
      `/images/${app}/tag?repo=posing/as`,
      '/plugins/create?name=p',
      '/plugins/p/enable',
      `/containers/${id.trim()}/checkpoints`,
    ])
      expect(await statusOf(`POST /v1.51${path} HTTP/1.1\r\nContent-Length: 0\r\n\r\n`), path).toBe('403');
  });

  it('lets nothing in while the gate does not answer, nor what it was asked about before', async () => {
    gate.child.kill('SIGSTOP');
    let status: string | undefined;
    const waiting = statusOf(`POST /images/create?fromImage=${plain} HTTP/1.1\r\n\r\n`).then(
      (given) => (status = given),
    );
    await sleep(1000);
    expect(status).toBeUndefined();
    gate.child.kill('SIGCONT');
    expect(await waiting).toBe('403');
    gate.child.kill('SIGSTOP');
    const dropped = statusOf(`POST /images/create?fromImage=${plain} HTTP/1.1\r\n\r\n`);
    await sleep(1000);
    await gate.stop('SIGKILL');
    // The daemon tries again for a while, and asks the next one.
    gate = await startGate();
    expect(await dropped).toMatch(/^(?:403|500)$/);
    expect((await dockerd.docker('images', '--digests')).stdout).not.toContain(plain.split('@')[1]);
  });

  /** The status of a raw request; the connection ends with its answer. */
  function statusOf(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const connection = connect(dockerd.socket, () =>
        connection.write(text.replace('HTTP/1.1\r\n', 'HTTP/1.1\r\nHost: d\r\nConnection: close\r\n')),
      );
      connection
        .on('data', (chunk) => (answer += chunk))
        .on('error', (error: NodeJS.ErrnoException) => (answer === '' ? reject(error) : undefined));
      connection.on('close', () => resolve(answer.split(' ')[1] ?? ''));
    });
  }

  it('refuses everything while the gate is gone, and works again when it is back', async () => {
    await gate.stop();
    // One request alone: the daemon tries for 15 seconds to reach its plugin.
    expect(await statusOf(`POST /images/create?fromImage=${app} HTTP/1.1\r\n\r\n`)).toBe('500');
    gate = await startGate();
    expect(await dockerd.docker('pull', app)).toMatchObject({ code: 0 });
    expect(await dockerd.docker('pull', plain)).toMatchObject({ code: 1 });
  });
});
