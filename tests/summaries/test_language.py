"""Language detection, one short news text a language. Knows no other module."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summaries.language import detect

NEWS = {
    "ar": "أعلن رئيس الوزراء يوم الاثنين عن اتفاق جديد مع الدول المجاورة بعد محادثات استمرت يومين.",
    "bg": "Министърът на финансите обяви, че бюджетът ще бъде приет до края на"
    " годината от парламента.",
    "ca": "El president de la Generalitat ha dit aquest dilluns que el"
    " pressupost serà aprovat amb els altres grups.",
    "cs": "Ministr financí v pondělí uvedl, že rozpočet bude schválen do konce"
    " roku a že daně se nezvýší.",
    "da": "Statsministeren sagde mandag, at aftalen er blevet godkendt af"
    " Folketinget og træder i kraft efter nytår.",
    "de": "Der Minister sagte am Montag in Berlin, dass die Verhandlungen mit"
    " den Partnern noch nicht abgeschlossen sind.",
    "el": "Ο πρωθυπουργός δήλωσε τη Δευτέρα ότι η συμφωνία θα υπογραφεί πριν από"
    " το τέλος του έτους.",
    "en": "The prime minister said on Monday that the agreement with the"
    " neighbours would be signed before the end of the year.",
    "es": "El ministro dijo este lunes en Madrid que las negociaciones con los"
    " socios no han terminado todavía.",
    "fa": "رئیس جمهور روز دوشنبه گفت که این توافق با کشورهای همسایه تا پایان سال امضا می شود.",
    "fi": "Pääministeri sanoi maanantaina, että sopimus on valmis ja että se"
    " allekirjoitetaan ennen vuoden loppua.",
    "fr": "Le ministre a indiqué lundi à Paris que les négociations avec les"
    " partenaires ne sont pas encore terminées.",
    "he": "ראש הממשלה אמר ביום שני כי ההסכם עם המדינות השכנות ייחתם לפני סוף השנה.",
    "hi": "प्रधानमंत्री ने सोमवार को कहा कि पड़ोसी देशों के साथ समझौते पर साल के"
    " अंत तक हस्ताक्षर होंगे।",
    "hr": "Ministar je u ponedjeljak rekao da će proračun biti usvojen do kraja"
    " godine i da se porezi neće povećati.",
    "hu": "A miniszterelnök hétfőn azt mondta, hogy a megállapodást még az év"
    " vége előtt aláírják, és nem lesz adóemelés.",
    "id": "Menteri mengatakan pada hari Senin bahwa perjanjian dengan negara"
    " tetangga itu akan ditandatangani tahun ini.",
    "it": "Il ministro ha detto lunedì a Roma che i negoziati con gli altri"
    " paesi non sono ancora finiti.",
    "ja": "首相は月曜日、近隣諸国との協定が年末までに署名されると述べた。",
    "ko": "총리는 월요일 이웃 나라들과의 협정이 연말 이전에 서명될 것이라고 말했다.",
    "nl": "De minister zei maandag in Den Haag dat het akkoord met de buurlanden"
    " nog voor het einde van het jaar wordt getekend.",
    "pl": "Minister powiedział w poniedziałek, że umowa z sąsiadami zostanie"
    " podpisana przed końcem roku i nie będzie podwyżek.",
    "pt": "O ministro disse na segunda-feira em Lisboa que as negociações com os"
    " parceiros ainda não terminaram.",
    "ro": "Ministrul a declarat luni la București că acordul cu vecinii va fi"
    " semnat până la sfârșitul anului și nu vor fi taxe.",
    "ru": "Премьер-министр заявил в понедельник, что соглашение с соседями будет"
    " подписано до конца года.",
    "sv": "Statsministern sade på måndagen att avtalet med grannländerna ska"
    " undertecknas före årets slut och att det är bra.",
    "th": "นายกรัฐมนตรีกล่าวเมื่อวันจันทร์ว่าข้อตกลงกับประเทศเพื่อนบ้านจะลงนามก่อนสิ้นปี",
    "tr": "Başbakan pazartesi günü komşu ülkelerle anlaşmanın yıl sonundan önce"
    " imzalanacağını ve bunun çok önemli olduğunu söyledi.",
    "uk": "Прем'єр-міністр заявив у понеділок, що угоду з сусідами буде"
    " підписано до кінця року і це важливо для країни.",
    "vi": "Thủ tướng nói hôm thứ Hai rằng thỏa thuận với các nước láng giềng sẽ"
    " được ký trước cuối năm và không có thay đổi.",
    "zh": "总理周一表示，与邻国的协议将在年底之前签署。",
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(NEWS))
def test_a_sentence_of_news_tells_its_language(code: str) -> None:
    assert detect(NEWS[code]) == code


@pytest.mark.parametrize("text", ["", " \n", "2024", "😀😀😀", "---", "OK"])
def test_what_cannot_be_told_is_said_to_be_unknown(text: str) -> None:
    assert detect(text) == ""


def test_a_few_foreign_names_do_not_change_the_language() -> None:
    text = NEWS["en"] + " The talks with Владимир Путин and 习近平 were held in the Kremlin."
    assert detect(text) == "en"


@given(st.text())
def test_any_text_gets_the_same_answer_twice(text: str) -> None:
    assert detect(text) == detect(text)


def test_the_slow_library_is_not_loaded_for_a_common_language() -> None:
    code = (
        "import sys; from summaries.language import detect;"
        f"print(detect({NEWS['fr']!r}), 'py3langid' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["fr", "False"]
