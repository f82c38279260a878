// Chromium offers to install the app once; the offer is kept until the person asks for it.
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

let kept: InstallPrompt | undefined;
export const installable = $state({ now: false });

export function watchInstall(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    kept = event as InstallPrompt;
    installable.now = true;
  });
  addEventListener('appinstalled', () => {
    installable.now = false;
  });
}

export async function install(): Promise<void> {
  await kept?.prompt();
  kept = undefined;
  installable.now = false;
}
