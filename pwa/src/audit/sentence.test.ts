import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import type { Entry } from '../api/audit.ts';
import { auditEn } from '../i18n/desk.audit.en.ts';
import { auditVi } from '../i18n/desk.audit.vi.ts';
import { speak } from '../i18n/t.svelte.ts';
import { details, sentence } from './sentence.ts';
import { ready } from './texts.ts';

beforeAll(async () => {
  await ready();
  await speak('vi');
});

const names = {
  'person:a': { vi: 'Nguyễn Văn A', en: 'Nguyễn Văn A' },
  'person:b': { vi: 'Trần Thị B', en: 'Trần Thị B' },
  'unit:so-y-te': { vi: 'Sở Y tế', en: 'Department of Health' },
  'campaign:c': { vi: 'Mật khẩu', en: 'Passwords' },
};
const entry = (part: Partial<Entry>): Entry => ({
  seq: 1,
  at: '2026-11-26T01:02:03Z',
  actor: 'a',
  action: 'person_changed',
  group: 'people',
  object: { kind: 'person', id: 'b' },
  outcome: 'done',
  detail: [],
  hash: '',
  ...part,
});

test.each<[Partial<Entry>, string]>([
  [{}, 'Nguyễn Văn A đã sửa hồ sơ của Trần Thị B'],
  [{ outcome: 'refused' }, 'Nguyễn Văn A bị từ chối khi sửa hồ sơ của Trần Thị B'],
  [{ outcome: 'unknown' }, 'Nguyễn Văn A bắt đầu sửa hồ sơ của Trần Thị B, không rõ kết quả'],
  [
    { actor: 'gone', object: { kind: 'person', id: 'gone' } },
    'Một người không còn trong danh sách đã sửa hồ sơ của một người không còn trong danh sách',
  ],
  [{ action: 'person_added', object: { kind: 'person', id: '' }, outcome: 'failed' }, 'Nguyễn Văn A thêm một người nhưng không thành'],
  [{ action: 'unit_changed', object: { kind: 'unit', id: 'so-y-te' } }, 'Nguyễn Văn A đã sửa đơn vị Sở Y tế'],
  [{ action: 'unit_changed', object: { kind: 'unit', id: 'da-xoa' } }, 'Nguyễn Văn A đã sửa đơn vị da-xoa'],
  [{ action: 'campaign_closed', object: { kind: 'campaign', id: 'c' } }, 'Nguyễn Văn A đã kết thúc chiến dịch “Mật khẩu”'],
  [{ action: 'request', outcome: 'refused' }, 'Nguyễn Văn A bị từ chối khi xem Trần Thị B'],
  [{ action: 'request', outcome: 'refused', object: { kind: '', id: '' } }, 'Nguyễn Văn A bị từ chối khi mở một trang'],
  [{ action: 'sign_in', actor: '', outcome: 'refused', code: 'sign_in_failed' }, 'Có người đăng nhập hỏng vào tài khoản của Trần Thị B'],
  [
    { action: 'sign_in', actor: '', outcome: 'refused', object: { kind: 'person', id: '' } },
    'Có người đăng nhập hỏng bằng một địa chỉ thư không có trong danh sách',
  ],
  [
    { action: 'sign_in', actor: '', outcome: 'refused', code: 'too_many_tries' },
    'Tạm chặn đăng nhập vào tài khoản của Trần Thị B vì sai quá nhiều lần',
  ],
  [
    { action: 'administrator_created', actor: '', command: 'admin create' },
    'Lệnh “hocso admin create” trên máy chủ đã tạo người quản trị Trần Thị B',
  ],
  [{ action: 'program_started', actor: '', command: 'serve', object: { kind: '', id: '' } }, 'Chương trình đã khởi động'],
  [{ action: 'of_tomorrow' }, 'Nguyễn Văn A đã làm: of_tomorrow'],
])('%j', (part, want) => expect(sentence(entry(part), names)).toBe(want));

test('what changed is said in words', () => {
  const detail = [
    { what: 'unit', before: '', after: 'so-y-te' },
    { what: 'unit', before: 'so-y-te', after: 'x' },
    { what: 'roles', before: 'auditor', after: 'trainer@so-y-te' },
    { what: 'heads', before: 'a 2026-01-01 - head', after: 'b 2026-02-03 2026-12-31 deputy' },
    { what: 'status', before: 'active', after: 'closed' },
    { what: 'left_on', before: '2027-01-31', after: '' },
    { what: 'parent', before: 'so-y-te', after: '' },
    { what: 'route', before: '', after: 'GET /api/v1/people/:id' },
    { what: 'weather', before: 'sun', after: 'rain' },
    { what: 'role_of', before: '', after: 'b trainer@so-y-te' },
    { what: 'role_of', before: 'a auditor', after: '' },
  ];
  expect(details(entry({ detail }), names)).toEqual([
    'vào Sở Y tế',
    'từ Sở Y tế sang x',
    'thêm vai trò Người viết bài ở Sở Y tế',
    'bỏ vai trò Người kiểm tra ở Toàn cơ quan',
    'thêm Trần Thị B làm cấp phó từ 3/2/2026 đến 31/12/2026',
    'thôi giao cho Nguyễn Văn A từ 1/1/2026',
    'tài khoản bị khóa',
    'ngày cuối: không còn',
    'lên cấp cao nhất',
    'weather: sun → rain',
    'Trần Thị B: thêm vai trò Người viết bài ở Sở Y tế',
    'Nguyễn Văn A: bỏ vai trò Người kiểm tra ở Toàn cơ quan',
  ]);
});

test('both languages take the same values', () => {
  const values = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1]))].sort();
  for (const key of Object.keys(auditVi) as (keyof typeof auditVi)[]) expect(values(auditEn[key]), key).toEqual(values(auditVi[key]));
});

test('there are words for every action, and for every group', () => {
  const source = readFileSync('../internal/audit/action.go', 'utf8');
  const table = source.slice(source.indexOf('func actions('), source.indexOf('// Actions lists'));
  const actions = [...table.matchAll(/"([a-z_]+)"/g)].map((match) => match[1]).concat('request', 'trail_pruned');
  expect(actions.length).toBeGreaterThan(25);
  for (const action of actions) for (const word of ['did', 'do']) expect(auditVi).toHaveProperty([`${word}.${action}`]);
  for (const [, group] of source.matchAll(/Group = "(\w+)"/g)) expect(auditVi).toHaveProperty([`group.${group}`]);
});
