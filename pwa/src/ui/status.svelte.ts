// What was just done, for the live region at the foot of the screen: "Đã lưu trên máy".
export const status = $state({ text: '' });

let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string): void {
  status.text = text;
  clearTimeout(timer);
  timer = setTimeout(() => {
    status.text = '';
  }, 4000);
}
