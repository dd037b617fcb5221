const skins = ['#f2c9a1', '#e0a878', '#d09a6e', '#b9825a', '#fad7bd', '#e8b88f'];
const hairs = ['#2b2320', '#4a3328', '#7a5236', '#1f1d24', '#a8743f', '#5b4a55'];
const shortHaired = [3, 4, 7, 10];

/** Draws a face as SVG: always the same one for a number, and a different one for each of twelve. */
export function drawAvatar(number) {
  const hue = (number * 97) % 360;
  const skin = skins[number % skins.length];
  const hair = hairs[(number + Math.floor(number / 6) * 2) % hairs.length];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">
<rect width="96" height="96" fill="hsl(${hue} 62% 78%)"/>
<circle cx="${18 + (number % 5) * 15}" cy="${14 + (number % 3) * 8}" r="30" fill="hsl(${(hue + 30) % 360} 70% 86%)"/>
<path d="M16 96c2-20 16-27 32-27s30 7 32 27z" fill="hsl(${(hue + 150) % 360} 45% 46%)"/>
<rect x="41" y="58" width="14" height="16" rx="7" fill="${skin}"/>
${backHair(number, hair)}<ellipse cx="48" cy="46" rx="19" ry="21" fill="${skin}"/>
${frontHair(number, hair)}${face(number)}</svg>`;
}

function backHair(number, hair) {
  return shortHaired.includes(number) ? '' : `<path d="M25 46c-3-34 49-34 46 0l1 ${14 + (number % 4) * 4}H24z" fill="${hair}"/>\n`;
}

function frontHair(number, hair) {
  const shapes = [
    'M28 44c-1-28 41-28 40 0-6-10-30-12-40 0z',
    'M28 42c2-26 38-26 40 0-12 0-24-2-28-9-2 5-7 8-12 9z',
    'M28 42c0-26 40-26 40 0-4-5-8-8-20-8s-16 3-20 8z',
  ];
  return `<path d="${shapes[number % shapes.length]}" fill="${hair}"/>\n`;
}

function face(number) {
  const glasses =
    number % 4 === 3
      ? '<g fill="none" stroke="#26221f" stroke-width="1.6"><circle cx="40" cy="47" r="6"/><circle cx="56" cy="47" r="6"/><path d="M46 47h4"/></g>'
      : '';
  const mouth = number % 2 === 0 ? 'M41 57q7 6 14 0' : 'M42 57q6 4 12 0';
  return `<g fill="#26221f"><circle cx="40" cy="47" r="2.2"/><circle cx="56" cy="47" r="2.2"/></g>
<path d="${mouth}" fill="none" stroke="#26221f" stroke-width="2" stroke-linecap="round"/>
${glasses}`;
}
