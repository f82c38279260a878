import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, type Plugin, type Rollup } from 'vite';
import { deskOnly, limits, report } from './budgets.ts';

const shell = /\.(js|css|html|svg|webmanifest)$/;

// serviceWorker builds src/sw/service-worker.ts into sw.js after the app is written, with the list of the files a
// learner needs and a version made of their contents: the worker changes exactly when something it must fetch has
// changed. Then it writes .br and .gz beside every text file.
export function serviceWorker(): Plugin {
  let outDir = '';
  let desk = new Set<string>();
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      outDir = path.resolve(config.root, config.build.outDir);
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        desk = deskOnly(bundle as unknown as Rollup.OutputBundle);
      },
    },
    async closeBundle() {
      const files = listed(outDir)
        .filter((file) => shell.test(file) && file !== 'sw.js' && !desk.has(file))
        .map((file): [url: string, hash: string] => [`/${file}`, hash(fs.readFileSync(path.join(outDir, file)))]);
      await build({
        configFile: false,
        publicDir: false,
        logLevel: 'warn',
        define: { SHELL_FILES: JSON.stringify(files.map(([url]) => url)), SHELL_VERSION: JSON.stringify(hash(JSON.stringify(files))) },
        build: {
          outDir,
          emptyOutDir: false,
          target: 'es2022',
          lib: { entry: 'src/sw/service-worker.ts', formats: ['es'], fileName: () => 'sw.js' },
        },
      });
      const worker = gzipSync(fs.readFileSync(path.join(outDir, 'sw.js')), { level: 9 }).length;
      report([{ name: 'worker', bytes: worker, limit: limits.worker }]);
      for (const file of listed(outDir)) if (shell.test(file) || file.endsWith('.txt')) compress(path.join(outDir, file));
    },
  };
}

function listed(dir: string): string[] {
  return fs
    .readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .sort();
}

// compress writes what the server sends to browsers that accept it.
function compress(file: string): void {
  const content = fs.readFileSync(file);
  fs.writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  fs.writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }));
}

function hash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 8);
}
