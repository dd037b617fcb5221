// The examples of each call. Those with a number are the documents' own, verbatim, from the fixtures of the tests.
const documents = {
  portrait_get: ['000-get-request-1', '000-get-request-2', '000-get-request-3', '000-get-request-4', '001-get-request-1'],
  portrait_set: ['003-set-request-1', '001-set-request-1'],
};

// The documents show no bodies for these calls.
const own = {
  account_import: { 'account-import': { Identifier: 'id13', Nick: 'MyNickName', FaceUrl: '/avatars/id13.svg' } },
  multiaccount_import: { 'multiaccount-import': { Accounts: ['id14', 'id15', 'id16'] } },
  account_delete: { 'account-delete': { DeleteItem: [{ UserID: 'id16' }] } },
};

/** The names of the examples of a call. */
export function examplesOf(command) {
  return documents[command] ?? Object.keys(own[command]);
}

export async function exampleText(command, name) {
  const body = own[command]?.[name];
  if (body) return JSON.stringify(body, undefined, 4);
  const response = await fetch(`/examples/${name}.json`);
  return response.ok ? (await response.text()).trimEnd() : '';
}
