"""Characters that look like letters and digits of ASCII, as a table.

Rule 1: only what a skill's name may hold is in it: letters and digits, lower case, in normal form (NFKC); what they
        look like is given in lower case, too. Ligatures (æ, œ, ʦ) are left out: they do not pass for two letters.

Source: confusables.txt of Unicode 15.1 (UTS #39, section 4; Unicode-3.0 licence), as far as a prototype is ASCII.
"""

_TABLE = (
    "2 ᒿꛯ|3 𑣊𖼻|6 б𑣕|7 𑣆|8 ȣ৪੪𐌚|9 ৭੧୨൭𑣌𑣖|a ɑαаᗅꓮ𐊠𖽀|"
    "b ᑲᖯᗷꓐ𐊂𐊡𐌁|c сᴄⲥꓚꮯ𐊢𐌂𐐽𐔜𑣩𑣲|d ԁᑯᗞᗪꓒꓓ|e еҽⴹꓰꬲ𐊆|f քᖴẝꓝꞙꬵ𐊇𐊥𐔥𑣂|g ƍɡցᶃꓖ|h һհᕼꓧ𐋏|"
    "i ıɩɪιіӏꙇꭵ𑣃|j ϳјᒍꓙ|k ᛕꓗ𐔘|l ǀ۱ᒪᛁⵏꓡꓲ𐊊𐌉𐌠𐔦𖼖𖼨|m ᗰᛖꓟ𐊰𐌑|n ոռꓠ𐔓|"
    "o οσоօ۵०০੦૦ଠ୦௦౦೦ഠ൦๐໐ဝ၀ჿዐᴏᴑⲟⵔ〇ꓳꬽ𐊒𐊫𐐬𐓪𐔖𑓐𑣈𑣗𑣠|p ρрᑭⲣꓑ𐊕|q ԛգզⵕ|r гᖇᴦⲅꓣꭇꭈꮁ𖼵|"
    "rn 𑜀𑣣|s ƽѕꓢꜱꮪ𐊖𐑈𑣁𖼺|t ꓔ𐊗𐊱𐌕𖼊|u ʋυսሀᑌᴜꓴꞟꭎꭒ𐓶𑣘𖽂|v νѵ۷ᐯᴠⴸꓦꛟꮩ𐔝𑜆𑣀𖼈|"
    "w ɯѡԝաᴡꓪꮃ𑜊𑜎𑜏𑣦𑣯|x хᕁᕽᚷⵝꓫ𐊐𐊴𐌗𐌢𐔧𑣬|y ɣʏγуүყᶌỿꓬꭚ𐊲𑣜𖽃|z ᴢꓜꮓ𐋵𑣄𑣥|"
)


def _by_character() -> dict[int, str]:
    pairs = (group.split(" ") for group in _TABLE.split("|") if group)
    return {ord(character): looks for looks, characters in pairs for character in characters}


LOOKS_LIKE: dict[int, str] = _by_character()
