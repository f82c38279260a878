// A real OpenID Connect provider for the browser tests: node e2e/provider.mjs PORT CALLBACK. Whoever types an address as
// the login is that person; the password is not looked at.
import Provider from 'oidc-provider';

const [port, callback] = process.argv.slice(2);
const provider = new Provider('http://localhost:' + port, {
  clients: [{ client_id: 'hocso', client_secret: 'geheim', redirect_uris: [callback], grant_types: ['authorization_code'], response_types: ['code'] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: ['of a test'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: true, name: 'Nguyễn Văn Mới' }) }),
});
provider.listen(Number(port), 'localhost', () => console.log('ready'));
