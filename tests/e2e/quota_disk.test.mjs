// A disk that is full, or can't be written: requests are served, counts stay in memory, people are told, and when the
// disk is well again it has every count.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

import { kYearly } from './lib/cron.mjs';
import { assertAnsweredBy } from './lib/expect.mjs';
import { Gateway, removeFolder, temporaryFolder } from './lib/gateway.mjs';
import { entryOf } from './lib/scenario.mjs';
import { says, Upstream } from './lib/upstream.mjs';

const kLimit = { requests_per_period: 1e6, period_cron: kYearly };

function succeeds(command, ...args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

// Each way to break a disk: `prepare` makes a data folder (or gives nothing where the machine does not allow it),
// `spoil` breaks it under a running gateway, `heal` makes it well, `remove` leaves nothing behind.
const kDisks = {
  'a full disk': {
    missing: 'needs the right to mount a tmpfs',
    prepare() {
      const folder = temporaryFolder();
      if (succeeds('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder)) return folder;
      removeFolder(folder);
      return null;
    },
    spoil: (folder) => fillUp(path.join(folder, 'filler')),
    heal: (folder) => fs.rmSync(path.join(folder, 'filler')),
    remove(folder) {
      succeeds('umount', '--lazy', folder);
      removeFolder(folder);
    },
  },

  'a disk that takes no more bytes': {
    missing: 'needs prlimit',
    prepare: () => (succeeds('prlimit', '--version') ? temporaryFolder() : null),
    // To the system every file is as large as it may be.
    spoil: (_, gateway) => assert.ok(limitFiles(gateway, '0')),
    heal: (_, gateway) => limitFiles(gateway, 'unlimited'),  // does nothing for one that is gone
    remove: removeFolder,
  },

  'a folder that is read-only': {
    missing: 'needs a user who is bound by permissions, or the right to mount',
    prepare() {
      const folder = temporaryFolder();
      if (process.getuid() !== 0) return folder;
      if (succeeds('mount', '--bind', folder, folder) && succeeds('umount', '--lazy', folder)) return folder;
      removeFolder(folder);
      return null;
    },
    spoil: (folder) => makeReadOnly(path.join(folder, 'usage')),
    heal: (folder) => makeWritable(path.join(folder, 'usage')),
    remove(folder) {
      makeWritable(path.join(folder, 'usage'));
      removeFolder(folder);
    },
  },
};

function fillUp(file) {
  const handle = fs.openSync(file, 'w');
  try {
    for (let size = 65_536; size >= 1; size /= 2) {
      try {
        for (;;) if (fs.writeSync(handle, Buffer.alloc(size)) < size) break;
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    fs.closeSync(handle);
  }
}

// The soft limit alone: it can be raised again.
function limitFiles(gateway, bytes) {
  return succeeds('prlimit', '--pid', String(gateway.pid), `--fsize=${bytes}:`);
}

function foldersIn(folder) {
  return [folder, ...fs.readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))];
}

// Permissions do not bind root; a second look at the folder through a read-only mount does.
function makeReadOnly(folder) {
  if (process.getuid() === 0) {
    execFileSync('mount', ['--bind', folder, folder]);
    execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
  } else {
    for (const each of foldersIn(folder)) fs.chmodSync(each, 0o555);
  }
}

function makeWritable(folder) {
  if (process.getuid() === 0) succeeds('umount', '--lazy', folder);
  else for (const each of foldersIn(folder)) fs.chmodSync(each, 0o755);
}

// A gateway whose counters are on such a disk, and where nothing else is.
class House {
  static async open(disk, t) {
    const house = new House();
    house.disk = disk;
    house.folder = disk.prepare();
    if (house.folder === null) {
      t.skip(disk.missing);
      return null;
    }
    house.upstream = await Upstream.start(says('hi'));
    house.answered = 0;
    return house;
  }

  async start() {
    const config = { model: { providers: [entryOf('a', { serve: [], rate_limit: kLimit }, this.upstream)] } };
    this.gateway = await Gateway.start(config, { usual: false, args: (gateway) => ['--config', gateway.configFile,
      '--data', this.folder, '--logs', gateway.logFolder, '--port', '0'] });
  }
  async restart() {
    await this.gateway.kill();
    await this.start();
  }
  async close() {
    await this.gateway?.kill();
    this.disk.remove(this.folder);
    await this.upstream.stop();
  }

  async chat(times = 1) {
    for (let turn = 0; turn < times; ++turn) {
      assertAnsweredBy(await this.gateway.chat('model'), 'a', 1);
      this.answered += 1;
    }
  }
  async health() {
    const reply = await this.gateway.get('/health');
    assert.equal(reply.status, 200, reply.text);
    return reply.json.status;
  }
  async counted() {
    return (await this.gateway.stats()).model.a.requests;
  }
  // Breaks the disk; more is written then than the last page of a file may still take.
  async spoil() {
    const already = this.logged(kTrouble);
    this.disk.spoil(this.folder, this.gateway);
    await this.chat(100);
    await this.gateway.waitForLog(nth(already + 1, kTrouble));
    assert.equal(await this.health(), 'degraded');
  }
  async heal() {
    const already = this.logged(kWell);
    this.disk.heal(this.folder, this.gateway);
    await this.gateway.waitForLog(nth(already + 1, kWell));
    assert.equal(await this.health(), 'ok');
  }
  logged(phrase) {
    return this.gateway.logLines(phrase).length;
  }
}

const kTrouble = 'can\'t be saved';
const kWell = 'saved again';

function nth(count, phrase) {
  return new RegExp(`(?:${phrase}[^]*){${count}}`);
}

// A case on each kind of disk, or on some.
function onDisks(name, run, kinds = Object.keys(kDisks)) {
  for (const kind of kinds) {
    it(`${name} (${kind})`, async (t) => {
      const house = await House.open(kDisks[kind], t);
      if (house === null) return;
      try {
        await house.start();
        await run(house);
      } finally {
        await house.close();
      }
    });
  }
}

describe('a disk that fails', { concurrency: 4 }, () => {
  onDisks('requests are served and counted, and nothing is missing afterwards', async (house) => {
    await house.chat(5);
    assert.equal(await house.health(), 'ok');
    await house.spoil();
    assert.equal(await house.counted(), house.answered);
    await house.heal();
    assert.deepEqual([house.logged(kTrouble), house.logged(kWell)], [1, 1]);
    await house.restart();
    assert.equal(await house.counted(), house.answered);
    assert.equal(await house.health(), 'ok');
  });

  onDisks('each time trouble is told once, and so is its end', async (house) => {
    for (let time = 1; time <= 2; ++time) {
      await house.spoil();
      await house.chat(20);
      await house.heal();
      assert.deepEqual([house.logged(kTrouble), house.logged(kWell)], [time, time]);
    }
  }, ['a full disk', 'a disk that takes no more bytes']);

  onDisks('what was on it before survives a kill', async (house) => {
    await house.chat(5);
    await house.spoil();
    await house.gateway.kill();
    house.disk.heal(house.folder, house.gateway);
    await house.start();
    const counted = await house.counted();
    assert.ok(counted >= 5 && counted <= house.answered, `${counted} of ${house.answered}`);
    await house.chat();
    assert.equal(await house.counted(), counted + 1);
  });

  onDisks('at the start it does not keep the gateway from serving', async (house) => {
    await house.chat(5);
    await house.gateway.kill();
    house.disk.spoil(house.folder);
    await house.start();
    const counted = await house.counted();
    assert.equal(counted, 5);
    await house.chat(100);
    await house.gateway.waitForLog(nth(1, kTrouble));
    assert.equal(await house.health(), 'degraded');
    await house.heal();
    await house.restart();
    assert.equal(await house.counted(), house.answered);
  }, ['a full disk']);
});
