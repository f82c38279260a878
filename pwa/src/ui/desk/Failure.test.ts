import { render, screen } from '@testing-library/svelte';
import { beforeAll, expect, it } from 'vitest';
import { ApiError } from '../../api/problem.ts';
import { fieldText, texts } from '../../i18n/desk.svelte.ts';
import { speak } from '../../i18n/locale.svelte.ts';
import Failure from './Failure.svelte';

beforeAll(async () => {
  await speak('vi');
  await texts({ vi: async () => ({}), en: async () => ({}) }).ready();
});

// Every refusal is told in three parts: what did not happen, why, and what to do now.
it.each([
  [new ApiError(0, 'offline'), 'Máy này đang ngoại tuyến.', 'Khi có mạng, bạn bấm lại nhé.'],
  [new ApiError(409, 'email_taken'), 'Đã có người dùng địa chỉ thư này.', 'Tìm người đó trong danh sách'],
  [new ApiError(409, 'a_new_code'), 'vừa được người khác thay đổi', 'Mở lại để xem bản mới nhất'],
  [new ApiError(500, 'internal', { requestId: 'R7' }), 'Máy chủ gặp trục trặc', 'mã R7'],
  [new ApiError(429, 'too_many', { retryAfter: 11.2 }), 'quá nhiều yêu cầu', 'Đợi 12 giây'],
  [new TypeError('a bug'), 'Máy chủ gặp trục trặc', 'Thử lại sau ít phút'],
])('%s', (error, why, now) => {
  const { container } = render(Failure, { error, title: 'Chưa lưu được' });
  for (const part of ['Chưa lưu được', why, now]) expect(container.textContent).toContain(part);
});

it('shows nothing without an error', () => {
  render(Failure, { error: undefined, title: 'Chưa lưu được' });
  expect(screen.queryByText('Chưa lưu được')).toBeNull();
});

it('tells a field why it was refused, also a part of it', () => {
  const refused = new ApiError(422, 'invalid_fields', {
    errors: [
      { field: 'dueOn', code: 'past' },
      { field: 'audience.units[2]', code: 'unknown' },
      { field: 'name.en', code: 'brand_new' },
    ],
  });
  expect(fieldText(refused, 'dueOn')).toBe('Hạn này đã qua');
  expect(fieldText(refused, 'audience')).toBe('Không có trong danh sách của bạn');
  expect(fieldText(refused, 'name.vi')).toBeUndefined();
  expect(fieldText(refused, 'name.en')).toBe('Chỗ này chưa đúng');
});
