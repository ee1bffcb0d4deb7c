// SPDX-License-Identifier: Apache-2.0
//
// The schema of `backplane schema` as its users meet it:
//
//   - a JSON Schema validator accepts every description that `backplane check` accepts, and refuses of the wrong ones
//     those that a schema can know to be wrong: `blind` lists the others, exactly;
//   - yaml-language-server completes, explains and complains while a description is being written.
//
// usage: node editors.js SOURCE_DIR BINARY_DIR [NPM_DIR]
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const { spawn, spawnSync } = require('child_process');
const { createRequire } = require('module');

const [source, binary, npmGiven] = process.argv.slice(2);
const npm = npmGiven || path.join(binary, 'npm');
const modules = createRequire(path.join(npm, 'package.json'));
const server = path.join(npm, 'node_modules/yaml-language-server/bin/yaml-language-server');
const data = path.join(source, 'tests/unit/data');
const environment = { ...process.env, BACKPLANE_PLUGIN_PATH: path.join(binary, 'tests/unit/plugins') };

if (!fs.existsSync(server)) {
    console.log(`skipped: no yaml-language-server in ${npm}: run tools/test with a network and npm once`);
    process.exit(77);
}
const Ajv = modules('ajv').default;
const yaml = modules('yaml');
const rpc = modules('vscode-jsonrpc/node');

let failures = 0;
let checks = 0;
function expect(ok, text) {
    checks++;
    if (!ok) {
        failures++;
        console.log(`FAILED: ${text}`);
    }
}

function backplane(...args) {
    return spawnSync(path.join(binary, 'bin/backplane'), args, { env: environment, encoding: 'utf8', maxBuffer: 1 << 26 });
}

function files(folder) {
    return fs.readdirSync(folder).filter((name) => name.endsWith('.yaml')).sort().map((name) => path.join(folder, name));
}

// --- a validator ---------------------------------------------------------------------------------------------------

function validator(...args) {
    const result = backplane('schema', ...args);
    if (result.status !== 0)
        return null;
    const schema = JSON.parse(result.stdout);
    return new Ajv({ strict: false, allErrors: true }).compile(schema);
}

// Texts of what is wrong; YAML of version 1.2 has numbers that JavaScript rounds, which is near enough here.
function mistakes(validate, file) {
    const found = [];
    for (const document of yaml.parseAllDocuments(fs.readFileSync(file, 'utf8'))) {
        found.push(...document.errors.map((e) => e.message));
        if (!document.errors.length && !validate(document.toJS({ maxAliasCount: -1 })))
            found.push(...validate.errors.map((e) => `${e.instancePath}: ${e.message} ${JSON.stringify(e.params)}`));
    }
    return found;
}

const any = validator('--all');
expect(any, 'backplane schema --all exits 0 and writes a schema');

const right = [
    ...files(path.join(source, 'configs/boards')), ...files(path.join(source, 'configs/runs')),
    ...files(path.join(source, 'tests/guest/boards')), ...files(path.join(data, 'good')),
    ...files(path.join(data, 'include')),
];
for (const file of right) {
    const own = validator(file);
    expect(own, `backplane schema ${file} exits 0`);
    for (const [name, validate] of [['its own schema', own], ['the schema of all', any]])
        if (validate)
            expect(!mistakes(validate, file).length, `${file}: ${name} finds ${mistakes(validate, file).join('; ')}`);
}

// What is wrong in these is about names, order, addresses, files or the command line, which a schema does not see.
const blind = new Set([
    'accel-settings', 'command-line', 'expressions', 'lockstep', 'lockstep-names', 'lost', 'overlap', 'part-alone',
    'run-missing-board', 'run-of-part', 'run-without-board', 'set', 'two-boards', 'when',
]);
for (const file of files(path.join(data, 'bad'))) {
    const name = path.basename(file, '.yaml');
    const validate = validator(file) || any; // not even its plug-ins can be opened
    const found = mistakes(validate, file);
    expect(blind.has(name) === !found.length,
           `${file}: ${blind.has(name) ? `should be beyond a schema, which finds ${found.join('; ')}` : 'passes'}`);
}

// --- a language server -------------------------------------------------------------------------------------------

class Editor {
    constructor(folder) {
        this.folder = folder;
        this.process = spawn(process.execPath, [server, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
        this.connection = rpc.createMessageConnection(new rpc.StreamMessageReader(this.process.stdout),
                                                      new rpc.StreamMessageWriter(this.process.stdin));
        this.waiting = new Map();
        this.version = 0;
        const settings = {
            yaml: { validate: true, completion: true, hover: true, schemaStore: { enable: false }, format: { enable: false } },
        };
        this.connection.onRequest('workspace/configuration',
                                  (params) => params.items.map((item) => settings[item.section] || {}));
        this.connection.onRequest('client/registerCapability', () => null);
        this.connection.onNotification('textDocument/publishDiagnostics', (params) => {
            const wake = this.waiting.get(params.uri);
            this.waiting.delete(params.uri);
            if (wake)
                wake(params.diagnostics);
        });
        this.connection.listen();
    }

    async start() {
        await this.connection.sendRequest('initialize', {
            processId: process.pid, rootUri: `file://${this.folder}`,
            capabilities: {
                workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
                textDocument: { completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } } },
            },
            workspaceFolders: null,
        });
        await this.connection.sendNotification('initialized', {});
        await this.connection.sendNotification('workspace/didChangeConfiguration', { settings: {} });
    }

    // Opens text as a file of its own; what the server has against it.
    open(text) {
        const uri = `file://${this.folder}/edit${++this.version}.yaml`;
        return new Promise((resolve, reject) => {
            const late = setTimeout(() => reject(new Error(`no diagnostics for ${uri}`)), 30000);
            this.waiting.set(uri, (diagnostics) => {
                clearTimeout(late);
                resolve({ uri, diagnostics: diagnostics.map((d) => d.message) });
            });
            this.connection.sendNotification('textDocument/didOpen',
                                             { textDocument: { uri, languageId: 'yaml', version: 1, text } });
        });
    }

    // The text with the cursor at «.
    async at(marked, request) {
        const offset = marked.indexOf('«');
        const before = marked.slice(0, offset).split('\n');
        const { uri } = await this.open(marked.replace('«', ''));
        return this.connection.sendRequest(`textDocument/${request}`, {
            textDocument: { uri }, position: { line: before.length - 1, character: before[before.length - 1].length },
        });
    }

    async complete(marked) {
        const answer = await this.at(marked, 'completion');
        return answer ? answer.items || answer : [];
    }

    async stop() {
        await this.connection.sendRequest('shutdown');
        this.connection.sendNotification('exit');
        this.connection.end();
        this.process.stdin.end();
    }
}

const head = '# yaml-language-server: $schema=board.schema.json\n';
const board = `${head}backplane: 1
kind: board
plugins:
  rv: { use: riscv, version: "^0.1" }
  std: { use: standard, version: "^0.1" }
nodes:
  osc:
    type: core/fixed-clock
    frequency: 24MHz
  hart:
    type: rv/rv64gc
    hartid: 0
    mmu: sv39
  uart0:
    type: std/ns16550
    reg: [0x10000000, 0x100]
    reg-shift: 2
    clock: osc
`;

function labels(items) {
    return items.map((item) => item.label);
}

async function edit(folder) {
    fs.writeFileSync(path.join(folder, 'seed.yaml'), board);
    const schema = backplane('schema', path.join(folder, 'seed.yaml'));
    expect(schema.status === 0, `backplane schema of the board: ${schema.stderr}`);
    fs.writeFileSync(path.join(folder, 'board.schema.json'), schema.stdout);

    const editor = new Editor(folder);
    await editor.start();

    const clean = await editor.open(board);
    expect(!clean.diagnostics.length, `a right board is complained about: ${clean.diagnostics.join('; ')}`);

    for (const [what, wrong, message] of [
        ['an unknown property', board.replace('reg-shift', 'reg-shft'), /reg-shft/],
        ['an unknown choice', board.replace('sv39', 'sv40'), /sv39/],
        ['an unknown type', board.replace('std/ns16550', 'std/ns16551'), /ns16550/],
        ['a number out of range', board.replace('reg-shift: 2', 'reg-shift: 9'), /3/],
        ['an unknown unit', board.replace('24MHz', '24Mhz'), /match/i],
        ['a missing property', board.replace('    frequency: 24MHz\n', ''), /frequency/],
        ['a missing region', board.replace('    reg: [0x10000000, 0x100]\n', ''), /reg/],
        ['a key of another kind', board.replace('nodes:', 'accel: interp\nnodes:'), /accel/],
        ['an unknown kind', board.replace('kind: board', 'kind: bord'), /board/],
    ]) {
        const { diagnostics } = await editor.open(wrong);
        expect(diagnostics.some((text) => message.test(text)), `${what}: ${diagnostics.join('; ') || 'no complaint'}`);
    }

    for (const [what, marked, wanted] of [
        ['types', board.replace('type: std/ns16550', 'type: «'), ['std/ns16550', 'rv/rv64gc', 'core/ram']],
        ['properties', board.replace('    clock: osc\n', '    «\n'), ['clock', 'interrupts', 'chardev', 'pace', 'reg-io-width']],
        ['choices', board.replace('mmu: sv39', 'mmu: «'), ['sv39', 'sv48', 'sv57']],
        ['a value with a unit', board.replace('frequency: 24MHz', 'frequency: «'), ['24MHz']],
        ['kinds', board.replace('kind: board', 'kind: «'), ['board', 'part', 'run']],
        ['keys of a board', `${board}«`, ['boot', 'aliases', 'params', 'include']],
        ['types of a parameter', `${board}params:\n  n:\n    type: «\n`, ['u32', 'size', 'enum']],
    ]) {
        const offered = labels(await editor.complete(marked));
        for (const label of wanted)
            expect(offered.includes(label), `completion of ${what} lacks ${label}: ${offered.join(', ')}`);
    }

    for (const [marked, text] of [
        [board.replace('reg-shift', 'reg-s«hift'), /power of two/],
        [board.replace('type: std/ns16550', 'type: std/ns1«6550'), /UART/],
        [board.replace('mmu:', 'm«mu:'), /translation scheme/],
        [board.replace('nodes:', 'nod«es:'), /by name/],
    ]) {
        const answer = await editor.at(marked, 'hover');
        const shown = answer ? JSON.stringify(answer.contents) : 'nothing';
        expect(text.test(shown), `hover shows ${shown}`);
    }
    await editor.stop();
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backplane-schema-'));
edit(folder).catch((error) => expect(false, String(error.stack || error))).finally(() => {
    fs.rmSync(folder, { recursive: true });
    console.log(`${checks} checks, ${failures} failed`);
    process.exit(failures ? 1 : 0);
});
