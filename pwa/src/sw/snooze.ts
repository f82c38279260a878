/// <reference lib="webworker" />

// snooze puts a reminder off when that was touched on its notification; the cookie alone is enough. False: it was not, or
// it could not be done, and the page says the rest.
export async function snooze(action: string, url: URL): Promise<boolean> {
  const token = url.searchParams.get('delivery');
  if (!token || (action !== 'afternoon' && action !== 'tomorrow')) return false;
  try {
    const answer = await fetch(`/api/v1/me/reminders/${encodeURIComponent(token)}/snooze`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hocso': '1' },
      body: JSON.stringify({ when: action }),
    });
    return answer.ok;
  } catch {
    return false;
  }
}
