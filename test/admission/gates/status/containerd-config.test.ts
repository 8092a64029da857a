import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdmissionError, type EngineFiles, readContainerdConfig } from '../../../../packages/admission/src/index.ts';
import { RegistryError } from '../../../../packages/oci/src/index.ts';

const main = '/etc/containerd/config.toml';
const filesOf = (texts: Readonly<Record<string, string>>): EngineFiles => ({
  read: async (path) => (path in texts ? Buffer.from(texts[path] ?? '') : undefined),
  list: async (pattern) =>
    Object.keys(texts)
      .filter((path) => path.startsWith(pattern.replace(/\*.*/, '')))
      .sort(),
});
const read = (text: string, more: Readonly<Record<string, string>> = {}) =>
  readContainerdConfig(main, filesOf({ [main]: text, ...more }));
const verifier = '[plugins."io.containerd.image-verifier.v1.bindir"]';
const images = 'plugins."io.containerd.cri.v1.images"';

describe('the configuration of containerd', () => {
  it('is its defaults where there is no file', async () => {
    expect(await readContainerdConfig(main, filesOf({}))).toEqual({
      files: [],
      binDir: '/opt/containerd/image-verifier/bin',
      maxVerifiers: 10,
      perVerifierTimeoutMs: 10_000,
      disabledPlugins: [],
      cri: {},
      socket: '/run/containerd/containerd.sock',
      socketGroup: 0,
      tcpAddress: '',
    });
  });

  it('says where verifiers are, how many are run, and how long they are waited for', async () => {
    const text = `version = 3\n${verifier}\nbin_dir = "/v"\nmax_verifiers = -1\nper_verifier_timeout = "1m30s"\n[grpc]\naddress = "/s"\ngid = 7\ntcp_address = "0.0.0.0:1"\n`;
    expect(await read(text)).toMatchObject({
      binDir: '/v',
      maxVerifiers: -1,
      perVerifierTimeoutMs: 90_000,
      socket: '/s',
      socketGroup: 7,
      tcpAddress: '0.0.0.0:1',
    });
  });

  it('is what all its files say, each over those before, tables member by member', async () => {
    const config = await read(
      `version = 3\nimports = ["conf.d/*.toml", "/etc/last.toml"]\ndisabled_plugins = ["a.b"]\n${verifier}\nbin_dir = "/a"\nmax_verifiers = 4\n[${images}]\nmax_concurrent_downloads = 5\n`,
      {
        '/etc/containerd/conf.d/1.toml': `disabled_plugins = ["c.d"]\n${verifier}\nbin_dir = "/b"\n[${images}.registry.mirrors."docker.io"]\nendpoint = ["https://m"]\n`,
        '/etc/last.toml': `imports = ["/etc/containerd/config.toml"]\n[${images}]\nmax_concurrent_downloads = 3\n`,
      },
    );
    expect(config).toMatchObject({ binDir: '/b', maxVerifiers: 4, disabledPlugins: ['a.b', 'c.d'] });
    expect(config.files).toEqual([main, '/etc/containerd/conf.d/1.toml', '/etc/last.toml']);
    expect(config.cri).toEqual({
      max_concurrent_downloads: 3,
      registry: { mirrors: { 'docker.io': { endpoint: ['https://m'] } } },
    });
  });

  it('of older versions is taken by its newer names', async () => {
    const old =
      '[plugins."io.containerd.grpc.v1.cri"]\nimage_pull_with_sync_fs = true\n[plugins."io.containerd.grpc.v1.cri".containerd]\ndiscard_unpacked_layers = true\n';
    expect((await read(`version = 2\n${old}`)).cri).toMatchObject({
      image_pull_with_sync_fs: true,
      discard_unpacked_layers: true,
    });
    const oldest = await read('disabled_plugins = ["cri"]\n[plugins.cri]\nmax_concurrent_downloads = 9\n');
    expect(oldest.cri).toEqual({ max_concurrent_downloads: 9 });
    expect(oldest.disabledPlugins).toEqual(['io.containerd.grpc.v1.cri']);
  });

  it.each([
    ['is not TOML', 'version = ', {}],
    ['has a key twice', 'version = 3\nversion = 3\n', {}],
    ['imports what is not there', 'imports = ["/nowhere.toml"]', {}],
    ['imports what is not TOML', 'imports = ["/x.toml"]', { '/x.toml': '[' }],
  ])('is refused where it %s', async (_why, text, more) => {
    await expect(read(text, more)).rejects.toMatchObject({ code: 'ENGINE_CONFIG' });
  });

  it('ends though every file imports another one', async () => {
    const endless: EngineFiles = {
      read: async (path) => Buffer.from(`imports = ["${path}x"]`),
      list: async () => [],
    };
    await expect(readContainerdConfig(main, endless)).rejects.toMatchObject({ code: 'ENGINE_CONFIG' });
  });

  it('of any bytes throws nothing but its own errors', async () => {
    const values = ['[', ']', '"', '=', '\n', 'plugins', 'imports', verifier, '1', 'true', '{', '}', '__proto__'];
    const texts = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...values)).map((words) => words.join(' ')),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        try {
          await read(text);
        } catch (error) {
          expect(error instanceof AdmissionError || error instanceof RegistryError).toBe(true);
        }
      }),
    );
  });
});
