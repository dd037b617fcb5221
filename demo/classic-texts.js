// The classic page in English: what it shows, by its Chinese text. The samples of the document and the page itself are in Chinese.
var classicEnglish = {
  经典页面: 'Classic page',
  用户资料: 'User profiles',
  登录为: 'Signed in as',
  '连接不上服务器，显示的是缓存的资料。': 'The server cannot be reached: showing cached profiles.',
  我的资料: 'My profile',
  搜索用户: 'Search users',
  设置个人资料: 'Set profile',
  '这个页面给已有的 jQuery 网页：用': 'This page is for an existing jQuery site. It uses',
  '，其中两个函数与文档的代码示例一字不差。': ', and two functions exactly as the documents print them.',
  '看看今天的写法（ES 模块页面）': 'The same today: the module page',
  'API 在线调试': 'API debugging',
  关闭: 'Close',
  用户ID: 'User ID',
  搜索: 'Search',
  昵称: 'Nick',
  性别: 'Gender',
  男: 'Male',
  女: 'Female',
  未知: 'Prefer not to say',
  加好友方式: 'Who may add me',
  需要确认: 'Ask me first',
  允许任何人: 'Anyone',
  拒绝任何人: 'Nobody',
  取消: 'Cancel',
  保存: 'Save',
  头像: 'Avatar',
  '输入用户ID，例如 id2。': 'Enter a user ID, for example id2.',
  请输入昵称: 'Enter a nick.',
  '您输入的昵称全是空格,请重新输入': 'There are only blanks in the nick: enter another.',
  请选择性别: 'Choose a gender.',
  设置个人资料成功: 'Saved',
  请输入用户ID: 'Enter a user ID.',
  '您输入的用户ID全是空格,请重新输入': 'There are only blanks in the user ID: enter another.',
};

var classicLanguage = readClassicLanguage();

/** The language chosen on any page of the demo, or the browser's. */
function readClassicLanguage() {
  var browsers = navigator.language.indexOf('zh') === 0 ? 'zh' : 'en';
  try {
    return JSON.parse(localStorage.getItem('webim-demo.language')) || browsers;
  } catch (_unreadable) {
    return browsers;
  }
}

/** A Chinese text of this page in the page's language; others, such as a nick, stay as they are. */
function inLanguage(text) {
  return classicLanguage === 'en' && Object.hasOwn(classicEnglish, text) ? classicEnglish[text] : text;
}

// The samples use alert.
var showAlert = window.alert.bind(window);
window.alert = (text) => showAlert(inLanguage(text));

document.documentElement.lang = classicLanguage === 'en' ? 'en' : 'zh-CN';
document.title = `webim-profile · ${inLanguage('经典页面')}`;
for (const element of document.querySelectorAll('[data-text]')) element.textContent = inLanguage(element.textContent);
for (const element of document.querySelectorAll('[aria-label]'))
  element.setAttribute('aria-label', inLanguage(element.getAttribute('aria-label')));

var languageButton = document.getElementById('language');
languageButton.textContent = classicLanguage === 'en' ? '中文' : 'English';
languageButton.addEventListener('click', () => {
  try {
    localStorage.setItem('webim-demo.language', JSON.stringify(classicLanguage === 'en' ? 'zh' : 'en'));
  } catch (_full) {
    return;
  }
  location.reload();
});
