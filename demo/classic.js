// What the document leaves to the page: the login, the columns of the table, the buttons.

// The page is as light or dark as the system.
var dark = matchMedia('(prefers-color-scheme: dark)');
function showTheme() {
  document.documentElement.dataset.bsTheme = dark.matches ? 'dark' : 'light';
}
dark.addEventListener('change', showTheme);
showTheme();

//当前登录用户, 见 setProfilePortrait 示例
var loginInfo = { sdkAppID: 0, identifier: '', identifierNick: '', userSig: '' };

// Kept for the next visit, and for a load while the server is stopped. It never contains a usersig. The user is the tab's own.
var remembered = {
  storage: (key) => (key === 'user' ? sessionStorage : localStorage),
  read: (key) => {
    try {
      return JSON.parse(remembered.storage(key).getItem(`webim-demo.${key}`));
    } catch (_unreadable) {
      return null;
    }
  },
  write: (key, value) => {
    try {
      remembered.storage(key).setItem(`webim-demo.${key}`, JSON.stringify(value));
    } catch (_full) {
      // The next visit starts from nothing.
    }
  },
};

function askUserSig(identifier) {
  return $.getJSON('/demo/usersig', { identifier: identifier }).then((answer) => answer.userSig);
}

function showMe(nick, image) {
  document.getElementById('t_my_name').textContent = nick || loginInfo.identifier;
  document.getElementById('t_my_account').textContent = loginInfo.identifier;
  $('#t_my_image')
    .prop('hidden', !image)
    .attr('src', image || null);
}

function loginAs(config, identifier) {
  loginInfo = {
    sdkAppID: config.sdkAppID,
    identifier: identifier,
    identifierNick: '',
    userSig: () => Promise.resolve(askUserSig(identifier)),
  };
  remembered.write('user', identifier);
  webim.login(
    loginInfo,
    {},
    { endpoint: config.endpoint },
    (resp) => {
      loginInfo.identifierNick = resp.identifierNick;
      $('#offline_note').prop('hidden', true);
      showMe(resp.identifierNick, resp.headurl);
    },
    (err) => {
      if (err.ErrorCode === -2) $('#offline_note').prop('hidden', false);
      else alert(err.ErrorInfo);
    },
  );
  // What the last visit cached is shown before the server answers, and also when it never answers.
  webim.ready().then(showCached);
}

function showCached() {
  var profile = webim.peek(loginInfo.identifier);
  if (!profile) return showMe('', '');
  loginInfo.identifierNick = profile.nick || '';
  showMe(profile.nick, profile.image);
}

webim.on('change', (event) => {
  if (event.account === loginInfo.identifier) showCached();
});

// The browser knows at once; a request would have to fail first.
for (const name of ['online', 'offline']) {
  window.addEventListener(name, () => $('#offline_note').prop('hidden', navigator.onLine));
}

// The samples escape the nick; the columns escape To_Account and Image.
function accountColumn(account) {
  return webim.Tool.xssFilter(account);
}

function imageColumn(url) {
  if (!/^(https?:\/)?\//.test(url || '')) return '-';
  return `<img class="avatar" alt="" src="${webim.Tool.xssFilter(url)}">`;
}

function setUpTable() {
  var narrow = matchMedia('(max-width: 575px)');
  narrow.addEventListener('change', () => {
    $('#search_profile_table').bootstrapTable('toggleView');
  });
  $('#search_profile_table').bootstrapTable({
    cardView: narrow.matches,
    locale: classicLanguage === 'en' ? 'en-US' : 'zh-CN',
    columns: [
      { field: 'Image', title: inLanguage('头像'), formatter: imageColumn },
      { field: 'To_Account', title: inLanguage('用户ID'), formatter: accountColumn },
      { field: 'Nick', title: inLanguage('昵称') },
      { field: 'Gender', title: inLanguage('性别'), formatter: inLanguage },
      { field: 'AllowType', title: inLanguage('加好友方式'), formatter: inLanguage },
    ],
    data: [],
    // An empty table is a hole: it is shown once something was found.
    onPostBody: (rows) => {
      $('#search_empty').prop('hidden', rows.length > 0);
      $('#search_profile_dialog .bootstrap-table').prop('hidden', rows.length === 0);
    },
  });
  // A table that is too wide scrolls, with the keyboard too.
  $('#search_profile_dialog .fixed-table-body').attr({ tabindex: 0, role: 'region', 'aria-labelledby': 'search_profile_title' });
}

//打开设置个人资料对话框, 填上现在的资料
function openSetProfile() {
  var profile = webim.peek(loginInfo.identifier) || {};
  $('#spp_nick').val(profile.nick || '');
  $('input[name="spp_gender_radio"]').val([profile.gender]);
  $('input[name="spp_allow_type_radio"]').val([profile.allowType || 'AllowType_Type_NeedConfirm']);
  $('#set_profile_portrait_dialog').modal('show');
}

// The login asks for nick and avatar only; the dialog needs the other two as well.
function askOwnProfile(done) {
  var options = {
    To_Account: [loginInfo.identifier],
    TagList: ['Tag_Profile_IM_Nick', 'Tag_Profile_IM_Gender', 'Tag_Profile_IM_AllowType', 'Tag_Profile_IM_Image'],
  };
  webim.getProfilePortrait(options, done, done);
}

function setUpButtons(config) {
  $('#open_search').on('click', () => {
    $('#search_profile_dialog').modal('show');
  });
  $('#open_set').on('click', () => {
    askOwnProfile(openSetProfile);
  });
  $('#search_profile_form').on('submit', (event) => {
    event.preventDefault();
    searchProfileByUserId();
  });
  $('#set_profile_form').on('submit', (event) => {
    event.preventDefault();
    setProfilePortrait();
  });
  $('#login_user').on('change', function () {
    loginAs(config, this.value);
  });
  $('#search_profile_dialog').on('shown.bs.modal', () => {
    $('#sp_to_account').trigger('focus');
  });
}

function start(config) {
  var known = config.users.map((user) => {
    $('#login_user').append(new Option(`${user.identifier} ${user.nick}`, user.identifier));
    return user.identifier;
  });
  var last = remembered.read('user');
  var identifier = known.indexOf(last) < 0 ? known[0] : last;
  $('#login_user').val(identifier);
  setUpTable();
  setUpButtons(config);
  loginAs(config, identifier);
}

$.getJSON('/demo/users').then(
  (config) => {
    remembered.write('config', config);
    start(config);
  },
  () => {
    var config = remembered.read('config');
    $('#offline_note').prop('hidden', false);
    if (config) start(config);
  },
);

// Caches the page itself, so that it opens while the server is stopped.
if (navigator.serviceWorker) navigator.serviceWorker.register('/sw.js');
