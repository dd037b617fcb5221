import { defineConfig } from 'vitepress';

/** Every page of the site: its file, and its title in English and in Chinese. */
const groups = [
  [
    'Start',
    '开始',
    ['start', 'Five minutes', '五分钟上手'],
    ['script-tag', 'The script tag', 'script 标签'],
    ['client', 'The client', '客户端'],
  ],
  [
    'How it works',
    '工作方式',
    ['cache', 'The cache', '缓存'],
    ['updates', 'Updates', '修改资料'],
    ['conflicts', 'Conflicts', '冲突'],
    ['live', 'Live changes', '实时变化'],
    ['errors', 'Errors and codes', '错误与错误码'],
  ],
  [
    'In your app',
    '在应用里',
    ['recipes', 'Recipes', '常见用法'],
    ['moving', 'Moving from other SDKs', '从其他 SDK 迁移'],
    ['testing', 'Testing', '测试'],
    ['ssr', 'Server rendering', '服务端渲染'],
    ['weights', 'Weights', '体积'],
  ],
  [
    'The server',
    '服务端',
    ['server', 'Running the server', '运行服务端'],
    ['tools', 'Tools', '管理工具'],
    ['scaling', 'Growing', '扩展'],
    ['vendor-sdks', 'The vendor’s own SDKs', '官方 SDK'],
  ],
  [
    'Inside',
    '内部',
    ['architecture', 'How it is built', '内部原理'],
    ['protocol', 'The protocol', '协议'],
    ['reference/', 'Reference', '参考（英文）'],
  ],
];

const sidebar = (isChinese) =>
  groups.map(([english, chinese, ...pages]) => ({
    text: isChinese ? chinese : english,
    items: pages.map(([file, title, titleInChinese]) => ({
      text: isChinese ? titleInChinese : title,
      link: isChinese ? `/zh/${file}` : `/${file}`,
    })),
  }));

/** Chinese has no spaces between words. The page gets the function's text, so it uses nothing around it. */
const toWords = (text) =>
  text
    .split(/[\s\p{P}]+/u)
    .flatMap((part) => [...new Intl.Segmenter('zh', { granularity: 'word' }).segment(part)].map(({ segment }) => segment))
    .filter(Boolean);

export default defineConfig({
  title: 'webim-profile',
  description: 'User profiles for web chat pages, and the server that goes with them.',
  cleanUrls: true,
  head: [['link', { rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' }]],
  locales: {
    root: {
      label: 'English',
      lang: 'en',
      themeConfig: {
        nav: [
          { text: 'Start', link: '/start' },
          { text: 'Reference', link: '/reference/' },
        ],
        sidebar: sidebar(false),
      },
    },
    zh: {
      label: '中文',
      lang: 'zh-CN',
      description: '网页聊天的用户资料，以及配套的服务端。',
      themeConfig: {
        nav: [
          { text: '开始', link: '/zh/start' },
          { text: '参考', link: '/zh/reference/' },
        ],
        sidebar: sidebar(true),
        outline: { label: '本页内容' },
        docFooter: { prev: '上一页', next: '下一页' },
        darkModeSwitchLabel: '外观',
        lightModeSwitchTitle: '切换到浅色',
        darkModeSwitchTitle: '切换到深色',
        sidebarMenuLabel: '目录',
        returnToTopLabel: '回到顶部',
        langMenuLabel: '语言',
        notFound: { title: '没有这一页', quote: '请从目录进入。', linkLabel: '回到首页', linkText: '回到首页' },
        skipToContentLabel: '跳到正文',
      },
    },
  },
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        miniSearch: { options: { tokenize: toWords } },
        locales: {
          zh: {
            translations: {
              button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
              modal: {
                noResultsText: '没有结果',
                resetButtonTitle: '清除',
                displayDetails: '显示详情',
                backButtonTitle: '关闭',
                footer: { selectText: '选择', navigateText: '切换', closeText: '关闭' },
              },
            },
          },
        },
      },
    },
  },
});
