// The twelve demo users, as they are before anyone changes them.

const user = (identifier, nick, [gender, allowType], selfSignature) => ({
  identifier,
  values: {
    Tag_Profile_IM_Nick: nick,
    Tag_Profile_IM_Gender: `Gender_Type_${gender}`,
    Tag_Profile_IM_AllowType: `AllowType_Type_${allowType}`,
    Tag_Profile_IM_Image: `/avatars/${identifier}.svg`,
    Tag_Profile_IM_SelfSignature: selfSignature,
  },
});

export const demoUsers = [
  user('id1', '林小满', ['Female', 'NeedConfirm'], '山有木兮木有枝'),
  user('id2', 'Ada Lindqvist', ['Female', 'AllowAny'], 'Tea first, then code.'),
  user('id3', '周一', ['Male', 'AllowAny'], '今天也要早睡'),
  user('id4', 'Mateo Rivas', ['Male', 'NeedConfirm'], 'Running late, running anyway.'),
  user('id5', '苏晚晴', ['Female', 'DenyAny'], '闭关写论文，勿扰'),
  user('id6', 'Noor Haddad', ['Unknown', 'AllowAny'], 'Say hi!'),
  user('id7', '陈大文', ['Male', 'NeedConfirm'], '羽毛球，周三晚七点'),
  user('id8', "Siobhán O'Neill", ['Female', 'NeedConfirm'], 'Cats & crosswords'),
  user('id9', '阿布', ['Unknown', 'AllowAny'], '一只会写字的猫 🐱'),
  user('id10', 'Kofi Mensah', ['Male', 'AllowAny'], 'Building small things well.'),
  user('id11', '顾盼', ['Female', 'NeedConfirm'], '摄影 · 徒步 · 手冲'),
  user('id12', 'Yuki 雪', ['Unknown', 'DenyAny'], 'Away until spring / 春天见'),
];

/** The administrator of the demo, named as in the documents' URLs. */
export const demoAdmin = 'admin';

/** The account whose profile the documents' examples set. */
export const documentAccount = 'id';
