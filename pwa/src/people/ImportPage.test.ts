import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { ImportResult } from '../api/people.ts';
import { speak } from '../i18n/locale.svelte.ts';
import { answers } from '../test/server.ts';
import ImportPage from './ImportPage.svelte';
import { ready } from './texts.ts';

const result = (change: Partial<ImportResult>): ImportResult => ({
  dryRun: true,
  rows: 1,
  new: 0,
  changed: 0,
  moved: 0,
  unchanged: 0,
  unitsNew: 0,
  errors: [],
  changes: [],
  ...change,
});
const paste = async (text: string) => {
  await fireEvent.input(screen.getByLabelText('Hoặc dán vào đây'), { target: { value: text } });
  await fireEvent.click(screen.getByRole('button', { name: 'Kiểm tra thử' }));
};

beforeAll(async () => {
  await speak('vi');
  await ready();
});
let sent: { query: boolean; body: unknown }[];
beforeEach(() => {
  sent = [];
});
afterEach(() => vi.unstubAllGlobals());

it('shows what is wrong in plain words and offers nothing to import', async () => {
  answers({
    'POST /people/import': () =>
      result({
        errors: [
          { row: 2, column: 'email', code: 'mail', message: 'This is not an e-mail address.' },
          { row: 3, column: '', code: 'brand_new', message: 'A new rule.' },
        ],
      }),
  });
  render(ImportPage);
  await paste('email,name\nx,Y');
  expect(await screen.findByText('Không phải địa chỉ thư')).toBeTruthy();
  expect(screen.getByText('A new rule.')).toBeTruthy();
  expect(screen.queryByRole('button', { name: /^Nhập/ })).toBeNull();
});

it('writes only after the check, and says what was done', async () => {
  const asked = answers({
    'POST /people/import': (body) => {
      sent.push({ query: true, body });
      return result(
        sent.length === 1
          ? { new: 1, moved: 1, changes: [{ row: 2, kind: 'new', email: 'a@b.example', name: 'Lê A', fields: [] }] }
          : { dryRun: false, applied: true, new: 1, moved: 1 },
      );
    },
  });
  render(ImportPage);
  await paste('email,name\na@b.example,Lê A');
  const button = await screen.findByRole('button', { name: 'Nhập 2 người' });
  expect(sent).toHaveLength(1);
  await fireEvent.click(button);
  expect(await screen.findByText('Đã nhập xong')).toBeTruthy();
  expect(sent.map((one) => one.body)).toEqual([{ csv: 'email,name\na@b.example,Lê A' }, { csv: 'email,name\na@b.example,Lê A' }]);
  expect(asked.filter((name) => name === 'POST /people/import')).toHaveLength(2);
});

it('keeps the list on the screen when it could not be written', async () => {
  let first = true;
  answers({
    'POST /people/import': () => {
      if (!first) return new Response('{"code":"changed_meanwhile","status":409}', { status: 409 });
      first = false;
      return result({ new: 1, changes: [{ row: 2, kind: 'new', email: 'a@b.example', name: 'Lê A', fields: [] }] });
    },
  });
  render(ImportPage);
  await paste('x');
  await fireEvent.click(await screen.findByRole('button', { name: 'Nhập 1 người' }));
  expect(await screen.findByRole('alert')).toHaveProperty('textContent', expect.stringContaining('Chưa nhập được'));
  await waitFor(() => expect(screen.getByText('a@b.example')).toBeTruthy());
});

it('asks what an unknown column is, and checks again before it can be written', async () => {
  const asked: { mapping?: string[] }[] = [];
  const columns = (...names: string[]) => [
    { header: 'Thư', column: names[0]!, samples: ['a@b.example'] },
    { header: 'Nhân viên', column: names[1]!, samples: ['Lê A', 'Lê B'] },
  ];
  answers({
    'POST /people/import': (body) => {
      asked.push(body);
      return body.mapping
        ? result({ new: 2, columns: columns(...body.mapping) })
        : result({
            columns: columns('name', ''),
            ignored: ['Nhân viên'],
            errors: [{ row: 1, column: 'email', code: 'missing_column', message: 'x' }],
          });
    },
  });
  render(ImportPage);
  await paste('Thư,Nhân viên');
  expect(await screen.findByText('Mỗi cột là gì?')).toBeTruthy();
  expect(screen.getByText('Lê A · Lê B')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Kiểm tra lại' })).toBeNull();
  await fireEvent.change(screen.getByLabelText('Nhân viên'), { target: { value: 'name' } });
  expect((screen.getByLabelText('Thư') as HTMLSelectElement).value).toBe(''); // one column is one thing
  await fireEvent.change(screen.getByLabelText('Thư'), { target: { value: 'email' } });
  expect(screen.queryByRole('button', { name: /^Nhập/ })).toBeNull();
  await fireEvent.click(screen.getByRole('button', { name: 'Kiểm tra lại' }));
  await fireEvent.click(await screen.findByRole('button', { name: 'Nhập 2 người' }));
  await waitFor(() => expect(asked.map((one) => one.mapping)).toEqual([undefined, ['email', 'name'], ['email', 'name']]));
});

it('shows each field before and after, and who is not in the file', async () => {
  answers({
    'POST /people/import': () =>
      result({
        moved: 1,
        missing: 1,
        missingPeople: [{ id: 'p9', name: 'Trần Vắng', email: 'v@b.example', unit: 'a' }],
        changes: [
          {
            row: 2,
            kind: 'moved',
            email: 'a@b.example',
            name: 'Lê A',
            fields: [
              { column: 'unit', before: 'a', after: 'b' },
              { column: 'role', before: '', after: 'trainer, security_officer to-1' },
            ],
          },
        ],
      }),
  });
  render(ImportPage);
  await paste('x');
  expect(await screen.findByText('mã đơn vị: a → b; vai trò: Người viết bài, Cán bộ an toàn thông tin (to-1)')).toBeTruthy();
  expect(screen.getByText('Trần Vắng').closest('a')?.getAttribute('href')).toBe('/people/p9');
});

it('closes the accounts of those missing only when that was chosen, and many only when their number was typed', async () => {
  // biome-ignore lint/suspicious/noExplicitAny: as the page sends it
  const sent: any[] = [];
  answers({
    'GET /units': () => ({ items: [{ id: 'a', name: { vi: 'Phòng A', en: 'A' }, path: [], heads: [], people: 9 }] }),
    'POST /people/import': (body) => {
      sent.push(body);
      return result({
        missing: 12,
        covered: 30,
        closing: 12,
        many: true,
        missingPeople: [
          { id: 'p9', name: 'Trần Vắng', email: 'v@b.example', unit: 'a' },
          { id: 'p1', name: 'Tôi', email: 't@b.example', unit: 'a', kept: 'own_account' },
        ],
      });
    },
  });
  render(ImportPage);
  await paste('x');
  expect(await screen.findByText('Nhập tệp thì họ vẫn như cũ.')).toBeTruthy();
  expect(screen.queryByRole('button', { name: /Khóa/ })).toBeNull();
  await screen.findByRole('option', { name: /Phòng A/ });
  await fireEvent.change(screen.getByLabelText('Tệp này là danh sách đủ của'), { target: { value: 'a' } });
  await waitFor(() => expect(sent).toHaveLength(2));
  await fireEvent.change(screen.getByLabelText('Người không có trong tệp'), { target: { value: 'close' } });
  expect(await screen.findByText('Sẽ khóa 12 trong 30 tài khoản')).toBeTruthy();
  expect(screen.getByText('tài khoản của chính bạn')).toBeTruthy();
  const button = screen.getByRole('button', { name: 'Khóa 12 tài khoản' }) as HTMLButtonElement;
  expect(button.disabled).toBe(true);
  await fireEvent.input(screen.getByLabelText('Gõ 12 để xác nhận'), { target: { value: '12' } });
  await waitFor(() => expect(button.disabled).toBe(false));
  await fireEvent.click(button);
  await waitFor(() => expect(sent.at(-1)).toEqual({ csv: 'x', everybodyIn: 'a', missing: 'close', closeAtMost: 12 }));
});

it('lets closed people in again only when that was chosen', async () => {
  // biome-ignore lint/suspicious/noExplicitAny: as the page sends it
  const sent: any[] = [];
  answers({
    'GET /units': () => ({ items: [] }),
    'POST /people/import': (body) => {
      sent.push(body);
      return body.reopen
        ? result({ returned: 1, changes: [{ row: 2, kind: 'returned', email: 'a@b.example', name: 'Lê A', fields: [] }] })
        : result({ errors: [{ row: 2, column: 'email', code: 'closed', message: 'x' }] });
    },
  });
  render(ImportPage);
  await paste('x');
  await fireEvent.click(await screen.findByLabelText('Mở lại các tài khoản đang khóa có trong tệp'));
  await fireEvent.click(await screen.findByRole('button', { name: 'Nhập 1 người' }));
  await waitFor(() => expect(sent.map((body) => body.reopen)).toEqual([undefined, true, true]));
});
