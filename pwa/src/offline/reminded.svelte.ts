// The reminder that opened this page, as long as the page stays: it may be put off.
export const reminded = $state<{ token: string; when?: 'afternoon' | 'tomorrow' }>({ token: '' });
