"""Whatever the cue, there is an answer or a documented error; words of any script are found."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telling import contents

from neuro import Brain, InvalidArgumentError

SAID = {
    "Chinese": ("我昨天在港口遇见了安娜", "港口"),
    "Chinese, one character": ("他买了一只狗", "狗"),
    "Chinese in a question": ("姐姐住在北京的老房子里", "谁住在北京?"),
    "Japanese": ("昨日は港で友達に会った", "港で"),
    "Japanese, another particle": ("祖母は猫を飼っている", "私の猫は?"),
    "Japanese, half width": ("ピアノの先生", "ﾋﾟｱﾉ"),
    "Korean": ("어제 항구에서 한나를 만났다", "항구"),
    "Korean, one syllable": ("우리 집에 물이 없다", "집"),
    "Thai": ("เราพบกันที่ท่าเรือเมื่อวาน", "ท่าเรือ"),
    "Lao": ("ພວກເຮົາພົບກັນທີ່ທ່າເຮືອ", "ທ່າເຮືອ"),
    "Burmese": ("မနေ့က ဆိပ်ကမ်းမှာ တွေ့ခဲ့တယ်", "ဆိပ်ကမ်း"),
    "Hindi": ("कल हम बंदरगाह पर किताब लेकर मिले", "बंदरगाह"),
    "Tamil": ("நேற்று துறைமுகத்தில் சந்தித்தோம்", "துறைமுகத்தில்"),
    "Arabic": ("التقينا أمس عند الميناء القديم", "الميناء"),
    "Arabic with vowels": ("هذا كِتابٌ جميل", "كتاب"),
    "Persian": ("من کتاب را می‌خواهم", "میخواهم"),
    "Hebrew": ("פגשנו את דנה בנמל", "בַּנָּמֵל"),
    "Greek": ("Συναντηθήκαμε στο λιμάνι", "ΛΙΜΑΝΙ"),
    "Cyrillic": ("Мы встретили Анну в гавани у ёлки", "елки"),
    "German": ("Wir trafen uns in Köln", "KÖLN"),
    "French": ("Le café était fermé hier", "cafe ferme"),
    "Turkish": ("İzmir'de buluştuk", "izmir"),
    "Vietnamese": ("Chúng tôi gặp nhau ở bến cảng", "bến cảng"),
}
SYNTAX = (
    '"harbour"', "harbour AND piano", "harbour OR", "NOT harbour", "NEAR(harbour piano, 5)", "harbour*", "*",
    "^harbour", "content:harbour", "(harbour", "harbour)", "-harbour +piano", "{harbour piano}",
    "'; DROP TABLE engrams; --",
    "harbour' OR '1'='1", "@speaker:{Dana}", "harbour\\", "[harbour]", "%harbour%", "har_our", "harbour~2", "$harbour",
)  # fmt: skip
NOTHING_TO_FIND = (
    "!?#%^&*()",
    "👍🏽 👩‍👩‍👧 🧠",
    "\u200f\u202e",
    "\u0301\u0301",
    "…",
    "\x00",
    "\ufeff",
    "﷽",
    "·",
)
FILLER = ("The weather was fine", "Nothing else happened", "Somebody sang a song")


async def remembering(*said: str) -> Brain:
    brain = await Brain.create()
    await brain.perceive_many([*FILLER, *said])
    return brain


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
async def test_words_of_every_script_are_found_in_every_form(form: str):
    async with await remembering(*(content for content, _ in SAID.values())) as brain:
        for script, (content, cue) in SAID.items():
            found = contents(await brain.recall(unicodedata.normalize(form, cue), limit=5, update=False))
            assert found[:1] == [content], script


async def test_a_script_does_not_find_what_only_shares_its_letters():
    async with await remembering("हम कल बाज़ार गए", "เขาชอบกินข้าว", "미나는 수영을 한다") as brain:
        for cue in ("किताब", "ท่าเรือ", "항구", "港口"):
            assert contents(await brain.recall(cue, update=False)) == [], cue


@pytest.mark.parametrize("cue", SYNTAX)
async def test_the_syntax_of_query_languages_is_plain_text(cue: str):
    async with await remembering("We met at the harbour", "Dana plays the piano") as brain:
        found = contents(await brain.recall(cue))
        assert "harbour" not in cue or "We met at the harbour" in found
        assert len(await brain.list()) == 5


@pytest.mark.parametrize("cue", NOTHING_TO_FIND, ids=ascii)
async def test_a_cue_without_words_brings_back_nothing(cue: str):
    async with await remembering("We met at the harbour") as brain:
        assert contents(await brain.recall(cue)) == []


@pytest.mark.parametrize("cue", ["", " ", "\n\t", "\u3000\u2003", "\ud800", "x" * (1 << 20) + "x", None, 5])
async def test_a_cue_that_is_no_text_is_an_error(cue: str):
    async with await remembering() as brain:
        with pytest.raises(InvalidArgumentError, match="cue: "):
            await brain.recall(cue)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=80))
async def test_any_text_can_be_told_and_asked(text: str):
    async with await remembering("We met at the harbour") as brain:
        if not text.strip():
            with pytest.raises(InvalidArgumentError):
                await brain.recall(text)
            return
        await brain.perceive(text)
        found = await brain.recall(text, limit=20, update=False)
        assert len(found) <= 5
