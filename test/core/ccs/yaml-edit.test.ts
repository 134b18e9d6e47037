import { describe, expect, test } from 'vitest';
import { editYaml, type YamlEdit, YamlRefusal } from '../../../src/ccs/yaml-edit.ts';

const HOST: YamlEdit = { path: ['host'], value: '127.0.0.1' };
const CLOSED: YamlEdit = { path: ['remote-management', 'allow-remote'], value: false };
const SECRET: YamlEdit = { path: ['cliproxy', 'auth', 'management_secret'], value: 'new-Secret_1' };

describe('an edit keeps every other byte', () => {
  test.each<[string, string, YamlEdit, string]>([
    ['a value', 'host: 0.0.0.0 # all\nport: 1\n', HOST, 'host: 127.0.0.1 # all\nport: 1\n'],
    ['an empty text', 'port: 1\nhost: ""\n', HOST, 'port: 1\nhost: "127.0.0.1"\n'],
    ['single quotes', "host: '::' # x\n", HOST, "host: '127.0.0.1' # x\n"],
    ['nothing at all', 'port: 1\nhost:\nx: 2\n', HOST, 'port: 1\nhost: 127.0.0.1\nx: 2\n'],
    ['nothing but a comment', 'host: # all\nport: 1\n', HOST, 'host: 127.0.0.1 # all\nport: 1\n'],
    ['a null', 'host: ~\n', HOST, 'host: 127.0.0.1\n'],
    ['a block scalar', 'host: |\n  0.0.0.0\nport: 1\n', HOST, 'host: 127.0.0.1\nport: 1\n'],
    ['a missing key', '# by CCS\n\n# port\nport: 1\nx: 2\n', HOST, '# by CCS\n\n# port\nhost: 127.0.0.1\nport: 1\nx: 2\n'],
    ['line ends of Windows', 'port: 1\r\nx: 2\r\n', HOST, 'host: 127.0.0.1\r\nport: 1\r\nx: 2\r\n'],
    ['no line end at the end', 'port: 1', HOST, 'host: 127.0.0.1\nport: 1'],
    ['an empty file', '', HOST, 'host: 127.0.0.1\n'],
    ['a file of comments', '# nothing\n', HOST, '# nothing\nhost: 127.0.0.1\n'],
    ['a comment without a line end', '# nothing', HOST, '# nothing\nhost: 127.0.0.1\n'],
    [
      'a nested value',
      'remote-management:\n    allow-remote: true # why\n',
      CLOSED,
      'remote-management:\n    allow-remote: false # why\n',
    ],
    [
      'a missing nested key',
      'a: 1\nremote-management:\n    secret-key: "x"\nb: 2\n',
      CLOSED,
      'a: 1\nremote-management:\n    allow-remote: false\n    secret-key: "x"\nb: 2\n',
    ],
    ['a missing map', 'port: 1\n', CLOSED, 'remote-management:\n  allow-remote: false\nport: 1\n'],
    [
      'an empty map',
      'remote-management: # none\nport: 1\n',
      CLOSED,
      'remote-management: # none\n  allow-remote: false\nport: 1\n',
    ],
    ['an empty map at the end', 'remote-management:', CLOSED, 'remote-management:\n  allow-remote: false\n'],
    ['a flow map', 'remote-management: {secret-key: x}\n', CLOSED, 'remote-management: { allow-remote: false, secret-key: x}\n'],
    ['an empty flow map', 'remote-management: {}\n', CLOSED, 'remote-management: { allow-remote: false }\n'],
    [
      'a value in a flow map',
      'remote-management: {allow-remote: true, a: 1}\n',
      CLOSED,
      'remote-management: {allow-remote: false, a: 1}\n',
    ],
    [
      'three levels',
      'cliproxy:\n  backend: plus\n',
      SECRET,
      'cliproxy:\n  auth:\n    management_secret: new-Secret_1\n  backend: plus\n',
    ],
    ['what could be a number', 'x: 1\n', { path: ['x'], value: '123' }, 'x: "123"\n'],
    ['what could be a boolean', 'x: 1\n', { path: ['x'], value: 'no' }, 'x: "no"\n'],
    ['what has a special meaning', 'x: 1\n', { path: ['x'], value: '-#: a' }, 'x: "-#: a"\n'],
    ['what is so already', 'host:   127.0.0.1   # ok\n', HOST, 'host:   127.0.0.1   # ok\n'],
  ])('%s', (_what, before, edit, after) => {
    expect(editYaml(before, [edit])).toBe(after);
    expect(editYaml(after, [edit])).toBe(after);
  });

  test('several, one after the other', () => {
    const before = 'port: 1\nremote-management:\n  allow-remote: true\n  secret-key: $2a$10$abc\n';
    expect(editYaml(before, [HOST, CLOSED])).toBe(
      'host: 127.0.0.1\nport: 1\nremote-management:\n  allow-remote: false\n  secret-key: $2a$10$abc\n',
    );
  });
});

describe('what cannot be edited safely is refused, without a word of the text', () => {
  test.each<[string, string, YamlEdit]>([
    ['no YAML', 'host: "sesame\nport: [', HOST],
    ['a key that is there twice', 'host: sesame\nhost: other\n', HOST],
    ['a list at the top', '- sesame\n', HOST],
    ['a map where a value is wanted', 'host:\n  sesame: 1\n', HOST],
    ['a value where a map is wanted', 'remote-management: sesame\n', CLOSED],
    ['an alias', 'a: &x sesame\nhost: *x\n', HOST],
    ['an anchor', 'host: &x sesame\nb: *x\n', HOST],
    ['a null that is spelt out for a map', 'remote-management: ~\nx: sesame\n', CLOSED],
  ])('%s', (_what, text, edit) => {
    const attempt = () => editYaml(text, [edit]);
    expect(attempt).toThrow(YamlRefusal);
    expect(attempt).not.toThrow(/sesame/);
  });
});
