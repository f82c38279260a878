import { expect, it } from 'vitest';
import { bytes, text } from './passkey.ts';

it('writes bytes as base64url without padding, and reads them again', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => 255 - i);
  const written = text(all.buffer);
  expect(written).not.toMatch(/[+/=]/);
  expect([...bytes(written)]).toEqual([...all]);
  expect(text(null)).toBe('');
  expect(text(bytes('_-8').buffer)).toBe('_-8');
});
