import { describe, expect, it } from 'vitest';
import { slug } from './slug.ts';

describe('slug', () => {
  const cases: [string, string][] = [
    ['Nhận biết lừa đảo', 'nhan-biet-lua-dao'],
    ['  Đường dẫn & QR!  ', 'duong-dan-qr'],
    ['???', ''],
    ['x'.repeat(80), 'x'.repeat(60)],
  ];
  for (const [title, want] of cases) it(title, () => expect(slug(title)).toBe(want));
});
