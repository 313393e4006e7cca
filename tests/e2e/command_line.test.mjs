// What the binary does on the command line besides serving.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Gateway, removeFolder, runBinary, temporaryFolder } from './lib/gateway.mjs';
import { kRefusedEndpoint } from './lib/scenario.mjs';

const kMock = { model: { providers: [{ name: 'm', type: 'mock', model: 'm' }] } };

describe('command line', () => {
  let folder;
  before(() => { folder = temporaryFolder(); });
  after(() => removeFolder(folder));

  function file(name, content) {
    const made = path.join(folder, name);
    fs.writeFileSync(made, typeof content === 'string' ? content : JSON.stringify(content));
    return made;
  }

  it('--version tells the version', async () => {
    const { code, stdout } = await runBinary(['--version']);
    assert.equal(code, 0);
    assert.match(stdout, /\d+\.\d+\.\d+/);
  });

  it('--help tells every flag and command', async () => {
    const { code, stdout } = await runBinary(['--help']);
    assert.equal(code, 0);
    for (const word of ['--config', '--data', '--logs', '--host', '--port', '--threads', '--version', 'check',
      'convert', 'explain', 'health', 'key']) {
      assert.ok(stdout.includes(word), `${word} in\n${stdout}`);
    }
  });

  for (const args of [['--no-such-flag'], ['nonsense'], ['--port', 'many'], ['--port', '70000']]) {
    it(`${args.join(' ')} is refused`, async () => {
      const { code, output } = await runBinary(args, { cwd: folder });
      assert.notEqual(code, 0);
      assert.notEqual(output, '');
    });
  }

  it('check accepts a good file', async () => {
    const good = file('good.json', `// comments are fine\n${JSON.stringify(kMock)} /* here, too */\n`);
    assert.equal((await runBinary(['check', good])).code, 0);
  });

  it('check accepts the file that we ship', async () => {
    const shipped = fileURLToPath(new URL('../../config/provider.json', import.meta.url));
    const { code, output } = await runBinary(['check', shipped]);
    assert.equal(code, 0, output);
  });

  it('check lists every problem with its path', async () => {
    const provider = { name: 'p', endpoint: 'https://api.example.com/v1', model: 'm',
      api_key: 'sk-check-secret-0123456789' };
    const bad = file('bad.json', {
      _global: { default_timeout: -1, prot: 6010 },
      one: { providers: [{ ...provider, weigth: 3 }, { ...provider, endpoint: 'nowhere', retry: 'often' }] },
      two: { providers: [] },
      three: { providers: [{ ...provider, rate_limit: { requests_per_period: 5, period_cron: '61 * * * *' } }] },
      four: { strategy: 'best', providers: [{ ...provider, weight: 0 }] },
      five: { providers: [{ name: 'p' }] },
    });
    const { code, output } = await runBinary(['check', bad]);
    assert.equal(code, 1);
    for (const where of ['_global.default_timeout', '_global.prot', 'one.providers[0].weigth', 'one.providers[1].name',
      'one.providers[1].endpoint', 'one.providers[1].retry', 'two.providers',
        'three.providers[0].rate_limit.period_cron',
      'four.strategy', 'four.providers', 'five.providers[0]']) {
      assert.ok(output.includes(where), `${where} in\n${output}`);
    }
    assert.match(output, /did you mean "?weight"?/);
    assert.match(output, /did you mean "?port"?/);
    assert.ok(!output.includes('sk-check-secret-0123456789'));
  });

  for (const [what, text] of Object.entries({ 'half a file': '{"one": {', 'an empty file': '', 'an array': '[]' })) {
    it(`check refuses ${what}`, async () => {
      const { code, output } = await runBinary(['check', file('broken.json', text)]);
      assert.equal(code, 1);
      assert.match(output, /broken\.json|line|position/i);
    });
  }

  it('check of a file that is not there names it', async () => {
    const { code, output } = await runBinary(['check', path.join(folder, 'nobody.json')]);
    assert.equal(code, 1);
    assert.match(output, /nobody\.json/);
  });

  it('key new prints a secret and the entry that lets it in', async () => {
    const { code, stdout } = await runBinary(['key', 'new', 'anna.laptop', '--config', 'some/provider.json']);
    assert.equal(code, 0);
    const [, secret, where, entry] = stdout.match(
      /^The key's secret, which is shown only now:\n  (\S+)\nIts entry in (\S+):\n([^]*)$/);
    assert.match(secret, /^sk-gw-[\w-]{43}$/);
    assert.equal(where, 'some/provider.json');
    const sha256 = createHash('sha256').update(secret).digest('hex');
    assert.deepEqual(JSON.parse(`{${entry}}`), { _keys: { 'anna.laptop': { sha256 } } });
    assert.ok(!(await runBinary(['key', 'new', 'anna.laptop'])).stdout.includes(secret));

    const gateway = await Gateway.start(`{${entry.trimEnd()},\n"model": ${JSON.stringify(kMock.model)}}`);
    const mine = await gateway.get('/v1/usage', { authorization: `Bearer ${secret}` });
    assert.equal(mine.json.key, 'anna.laptop');
    assert.equal((await gateway.get('/v1/usage')).status, 401);
    assert.equal(await gateway.stop(), 0);
  });

  for (const name of ['', 'a b', 'jwt', 'x'.repeat(101)]) {
    it(`key new refuses the name ${JSON.stringify(name.slice(0, 5))} and makes no key`, async () => {
      const { code, stdout, output } = await runBinary(['key', 'new', name]);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(output, /name/);
    });
  }

  it('health tells by its exit code whether a gateway answers', async () => {
    const gateway = await Gateway.start(kMock);
    for (const url of [`http://127.0.0.1:${gateway.port}/health`, `http://127.0.0.1:${gateway.port}`]) {
      assert.equal((await runBinary(['health', url])).code, 0, url);
    }
    assert.equal(await gateway.stop(), 0);
    assert.notEqual((await runBinary(['health', `http://127.0.0.1:${gateway.port}/health`])).code, 0);
    assert.notEqual((await runBinary(['health', kRefusedEndpoint])).code, 0);
  });
});

describe('command line: a flag beats the environment, which beats the file', () => {
  // A port that can not be had: who asks for it does not start.
  let taken;
  before(async () => {
    taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
  });
  after(() => taken.close());

  const flags = (gateway, ...more) => ['--config', gateway.configFile, '--data', gateway.dataFolder, '--logs',
    gateway.logFolder, ...more];

  async function assertServes(config, options) {
    const gateway = await Gateway.start(config, { usual: false, ...options });
    assert.equal((await gateway.get('/health')).status, 200);
    assert.equal(await gateway.stop({ keepFolder: true }), 0);
    return gateway;
  }

  it('the file alone decides', async () => {
    removeFolder((await assertServes({ _global: { port: 0 }, ...kMock },
      { args: (gateway) => flags(gateway) })).folder);
  });

  it('the environment beats the file', async () => {
    const config = { _global: { port: taken.address().port }, ...kMock };
    removeFolder((await assertServes(config, { args: (gateway) => flags(gateway),
      env: { GATEWAY_PORT: '0' } })).folder);
  });

  it('a flag beats the environment', async () => {
    const options = { args: (gateway) => flags(gateway, '--port', '0', '--host', '127.0.0.1'),
      env: { GATEWAY_PORT: String(taken.address().port), GATEWAY_HOST: '192.0.2.1' } };
    removeFolder((await assertServes(kMock, options)).folder);
  });

  it('everything can come from the environment', async () => {
    const gateway = await assertServes(kMock, { env: ({ configFile, dataFolder, logFolder }) => ({
      GATEWAY_CONFIG: configFile, GATEWAY_DATA: dataFolder, GATEWAY_LOGS: logFolder, GATEWAY_PORT: '0',
        GATEWAY_HOST: '127.0.0.1' }) });
    assert.ok(fs.existsSync(path.join(gateway.logFolder, 'gateway.log')));
    assert.ok(fs.existsSync(gateway.dataFolder));
    removeFolder(gateway.folder);
  });
});
