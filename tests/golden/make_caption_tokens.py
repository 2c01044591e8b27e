"""Makes caption_tokens.json: captions that are awkward to tokenise, and what pycocoevalcap makes of them.

    pip install pycocoevalcap; needs java
    python tests/golden/make_caption_tokens.py

`alone`: each caption in a run of its own (some minutes: a run starts java). `together`: many captions in one run, where
the next caption's first word matters. The captions are written here, or drawn from the pieces below; none is from a data
set.
"""

import json
import os
import random

from caption_oracle import tokenize

SENTENCES = r"""
A man riding a wave on top of a surfboard.
The dog doesn't bark, it can't and won't; don't ask.
I'm sure they've seen the man's dogs' bowls, haven't they?
CAN'T STOP, WON'T STOP: MARY'S IT'S DON'T
we cannot go, Cannot we? gonna gotta lemme gimme wanna 'tis 'twas 'Tis
A half-eaten, state-of-the-art jack-o'-lantern sits on a well-known x-ray.
Mr. and Mrs. Smith of St. Louis met Dr. Jones, Ph.D., at 7:30 a.m. vs. 5 p.m.
The U.S. Army, the u.s. flag, B.B.C. and a U.S.-U.K. deal, non-U.S. too
Acme Co. and Widgets Inc. vs. Foo Ltd. etc. etc
(a man) [with] {braces} <tags> and "quotes" 'single' ``latex''
He said "go" and "" then ' ' left... or .. or .... or . . . maybe
1,000 people, 3.14 pies, .5 liters, -7 degrees, +8, 1/2 cup, 3 1/2 cups, 10-1/2
A no. 5 bus, fig. 3, on 12/25/2014 at 12:30, 555-1234 or (555) 123-4567
50% off, $5.00, US$5, #1 dad, #hashtag @user C++ c# F# AT&T R&B S&P-500 A+B
a black/white photo and/or sign 10/10 a/b/c \/ \*
rock 'n' roll, rock'n'roll, O'Neil o'clock y'all y'know 'em 'til 'till 'cause c'mon
Dunkin' Donuts somethin' ol' l'eau d'art c'est Cap'n nor'easter li'l s'mores e'er ev'ry nat'l
the '90s, the 90's, the '99 Ford, 2's and 3's, n' 'n
-- --- ---- ----- - _ __ a_b ~ ^ * ** # ## @ @@ = + | < > << >>
! ? !! ?! ?? !? wow!great what?yes hello.world end.Next
www.example.com http://example.com/a?b=1 https://e.org/, example.com Example.com me@example.com <me@example.com>
photo.jpg 1.jpg img_1.png a.tar.gz file.x notes.txt.
:) :-) :( ;) =D :P 8) <3 ^_^ (^_^) -_- (-_-) T_T
&amp; &lt;b&gt; &quot;q&quot; &apos;s &eacute; caf&eacute; &nbsp;x &mdash; &#39; &HT;
<b>bold</b> <br/> <a href="x y">link</a> <!-- note --> < b > a<b
-LRB- -RRB- -lrb- -LSB- pro- anti- C.D.s
I. The man. Vitamin C. In the sun. Plan B. Then A. At a.
A sign for Wash. and wash. and Mass. and miss. Miss. Ill. ill. ore. Ore.
Jan. 5, Feb. and Sept. 10, Mon. Tues. sat. may.
pty. ltd co. ltd. Mfg. mtg. Dept. natl.
it's it’s its' its IT’S don’t can’t ’tis ’90s
“curly” ‘single’ «guillemets» „low“ ‹a› ’’ “‘mixed’”
½ cup ¼ ⅓ ⅔ ¾ ⅛ x² H₂O 10⁻³ 1⁄2 5€ £5 ¥5 ¢5 ₤5 100° ± × ÷
en–dash em—dash a‐b non‑breaking soft­hyphen zero​width no break ideographic　space
café naïve Ünïcödé STRAßE İstanbul ΟΔΟΣ Κάτι ДОМ 日本 犬 한국 عربي ١٢٣ क्या e&#769;
☺ ❤ ★ • · ™ © ® § ¶ ¿qué? ¡hola! 、 。 ① Ⓐ 😀 👨‍👩‍👧
x 'yes' x 'no x'no' 'a 'ab 's 'S 't n't N'T 'll 're 've 'd 'm
he'd she'll they're we'd've shouldn't've y'all'd'nt ain't in't
10' 6" 5'10" 5' 10" 12-foot 2x4 4x4x4 1st 2nd 22nd 100th 7up 3D
a.b.c a.b. A.B. a.b x.y.z. e.g. i.e. E.G. etc.) etc., etc.; (etc.)
word.,word word., word.; Word.: x-1.; AT&T., x-y.,
one,two;three:four one , two ; three : four one. two .three
1.2.3 1..2 1,,2 1:2:3 1,2.3:4 1.5m 5.m v1.0 -1.5 --1 +-1
don't. don't, don't) "don't" 'don't' (don't)
can not cannots cannot's wannabe gonnas 'twasn't 'tisn't
U.S.A. U.S.A U.S USA u.s.a. U. S.
A.  A b. c
...a a... a...b .a a. ..a a..
a-b-c a--b a---b -a a- a-'b a-"b" a-1-b 1-a x-(y)
A man [in] a (very (nested)) {place}
a:b a;b a,b a!b a?b a.b a'b a"b a/b a\b a|b a&b a+b a=b a_b a~b a`b a@b a#b a$b a%b a^b a*b
$ $$ A$ a$ 5$ #a #1a ##a @1 @a @_
d'a l'1 o'a D'Angelo L'Oreal O'o o'o
"""

PIECES = (
    "don't can't cannot it's man's dogs' U.S. Mr. Co. etc. Jan. C. I. e.g. half-eaten x-ray AT&T 'n' O'Neil y'all '90s 1 23 "
    "4,567 3.14 1/2 12/25/2014 555-1234 5th 50% $5 #1 ( ) [ ] { } < > << & &amp; ... .. ! ?! -- --- - _ * / \" '' ` ' “ ” ‘ ’ "
    "café 日本 犬 ½ ² € £ – — ☺ 😀 www.foo.com foo.com me@x.com photo.jpg 1.jpg a.b.c :) ^_^ -LRB- C++ The A a dog is in X n't 's"
).split()


def drawn(count):
    draw = random.Random(1)
    captions = []
    for _ in range(count):
        gaps = [draw.choice([" ", " ", " ", "", "", ", ", ". ", "-"]) for _ in range(6)]
        captions.append("".join(draw.choice(PIECES) + gap for gap in gaps[: draw.randint(1, 6)]))
    return captions


def main():
    sentences = [line for line in SENTENCES.split("\n") if line]
    alone = sentences + drawn(100) + ["", " ", ".", "two\nlines of one caption", "it's", "etc.", "a."]
    together = sentences + drawn(300) + ["", "plan B.", "The end of plan B.", "", "Jan.", "An end", "a U.S.", "A b"]
    cases = {"alone": [[c, tokenize([c])[0]] for c in alone], "together": [list(p) for p in zip(together, tokenize(together))]}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "caption_tokens.json")
    with open(path, "w") as out:
        lines = {name: ",\n".join("  " + json.dumps(pair, ensure_ascii=False) for pair in pairs) for name, pairs in cases.items()}
        out.write("{\n" + ",\n".join(f' "{name}": [\n{text}\n ]' for name, text in lines.items()) + "\n}\n")


main()
