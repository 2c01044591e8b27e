// The rules of the Penn Treebank tokeniser in Stanford CoreNLP 3.4.1, which pycocoevalcap runs with
// -preserveLines -lowerCase; compared with that program: tests/golden/README.md. Its lexer's source
// (PTBLexer, GPL) was read for them; the rules here are merged and in a notation of their own. Rules that
// differ only in what they tell about sentences are one rule here.
#include "io/caption_rules.h"

#include <cctype>
#include <map>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace dlcore {

namespace {

// Names that stand for expressions, in braces; each may use those before it. (?i: ) is for words only: the
// tokeniser takes words in any case, but sets of letters as they are.
using Names = std::map<std::string, std::string, std::less<>>;

std::string expand(std::string_view text, const Names& names) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '{' && at + 1 < text.size() && std::islower(static_cast<unsigned char>(text[at + 1]))) {
      const std::size_t end = text.find('}', at);
      const auto found = names.find(text.substr(at + 1, end - at - 1));
      require(found != names.end(), "the tokeniser's rules have no name {}", text.substr(at, end - at + 1));
      result += "(?:" + found->second + ")";
      at = end + 1;
    } else {
      result += text[at++];
    }
  }
  return result;
}

constexpr std::pair<const char*, const char*> definitions[] = {
    // Characters.
    {"any", R"([\x00-\xFF])"},
    {"space", R"([ \t\x88\x89])"},
    {"blank", R"([ \t\x88\x89\n\v\f\x97]|\r\n?)"},
    {"letter", R"([A-Za-z\x80])"},
    {"digit", R"([0-9\x83])"},
    {"sign", R"([A-Za-z\x80]|[0-9\x83])"},
    {"part", R"([A-Za-z\x80-\x82]|(?i:&[aeiou](?:acute|grave|uml);))"},
    {"apostrophe", R"(['\x8D]|(?i:&apos;))"},
    {"tick", R"({apostrophe}|[`\x8E])"},
    // Words and what hangs on them.
    {"run", R"({part}|{digit})"},
    {"word", R"({part}{run}*(?:[.!?]{part}{run}*)*)"},
    {"ending", R"({apostrophe}(?i:[dms]|ll|re|ve))"},
    {"not", R"((?i:n){tick}(?i:t))"},
    {"elided", R"((?:[DLOdlo]{tick}{sign})?{sign}+)"},
    {"hyphenated", R"({elided}(?:[-_\x91]{elided})*)"},
    {"apostrophes",
     R"({apostrophe}(?i:n){apostrophe}?|[DJLdjl]{apostrophe}|(?i:dunkin|ol|somethin){apostrophe})"
     R"(|{apostrophe}(?:(?i:cause|em|till?)|[2-9]0(?i:s)))"
     R"(|[A-HJ-XZn]{tick}{letter}{letter}+|{letter}+[AEIOUYaeiouy]{tick}[A-Zaeiou]{letter}*)"
     R"(|(?i:c'mon|cont'd\.?|e'er|ev'ry|li'l|nat'l|nor'easter|s'mores|'twas)|(?i:o){tick}(?i:o))"},
    // Numbers.
    {"number", R"([-+]?(?:{digit}+|{digit}*(?:[.:,\x82\x84]{digit}+)+))"},
    {"date", R"({digit}{1,2}[-/]{digit}{1,2}[-/]{digit}{2,4})"},
    {"ratio", R"((?:{digit}{1,4}[- \x88])?{digit}{1,4}(?:\\?/|\x8A){digit}{1,4})"},
    {"phone",
     R"((?:\([0-9]{2,3}\)[ \x88]?|(?:\+\+?)?(?:[0-9]{2,4}[- \x88]){1,2})[0-9]{3,4}[- \x88]?[0-9]{3,5})"
     R"(|(?:(?:\+\+?)?[0-9]{2,4}\.)?[0-9]{2,4}\.[0-9]{3,4}\.[0-9]{3,5})"},
    // Abbreviations.
    {"union", R"((?i:canada|eu|japan|korean|non|sino)-(?i:u\.s)|(?i:u\.s\.-(?:u\.k|u\.s\.s\.r)))"},
    {"acronym", R"([A-Za-z](?:\.[A-Za-z])*|{union})"},
    {"acronyms", R"([A-Za-z](?:\.[A-Za-z])+|{union})"},
    {"calendar", R"((?i:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thu|thurs|fri))"},
    {"state",
     R"((?i:ala|ariz|calif|colo|conn|ct|dak|fla|ga|ind|kans?|ky|md|mich|minn|mo|mont|neb|nev|okla|penn|tenn|va|vt))"
     R"(|(?i:wisc?|wyo)|A(?i:rk|z)|D(?i:el)|I(?i:ll)|L(?i:a)|M(?i:ass|iss)|O(?i:re)|P(?i:a)|T(?i:ex)|W(?i:ash))"},
    {"company", R"((?i:assn|bancorp|bhd|corp|cos?|inc|intl|ltd|plc|rt|sys|univ)|(?i:pp?t)[ey](?i:s?))"},
    {"lower",
     R"({calendar}|{state}|{company}|(?i:al|bldg|blvd|bros|ed\.d|esq|est|etc|ext|jr|ph\.d|rd|seq|sq|sr|tel))"},
    {"title",
     R"((?i:adj|adm|adv|asst|assoc|attys?|ave|brig|capt|cmdr|col|comdr|cpl|det|drs?|ens|ft|gen|govs?|hon|insp|lieut))"
     R"(|(?i:lt|maj|messrs|mlle|mme|mr|mrs|ms|msgr|mt|pfc|pres|profs?|pvt|reps?|rev|sens?|sfc|sgt|spc|ste?|supts?))"
     R"(|M(?i:iss))"},
    {"upper",
     R"({title}|(?i:a\.k\.a|alex|cf|cie|dept|elec|invt|jos|natl|ph|treas|vs|wm)|(?i:m)[ft](?i:g)|{acronym})"},
    {"numbered", R"((?i:art|bldg|ca|figs?|nos?|op|pp|prop))"},
    // Addresses, files, marks.
    {"tagname", R"([A-Za-z][-A-Za-z0-9_:.]*)"},
    {"tag",
     R"(<(?:[!?][-A-Za-z][^>\r\n]*|{tagname}(?: +{tagname}(?: *= *(?:'[^']*'|"[^"]*"))?)* */?|/{tagname}) *>)"},
    {"address", R"((?i:https?)://[^ \t\n\f\r"<>|(){}]+[^ \t\n\f\r"<>|.!?(){},-])"},
    {"site",
     R"((?:(?i:www)\.(?:[^ \t\n\f\r"<>|.!?(){},]+\.)+[A-Za-z]{2,4})"
     R"(|(?:[^ \t\n\f\r"`'<>|.!?(){}$,-_]+\.)+(?i:com|edu|net|org))(?:/[^ \t\n\f\r"<>|()]+[^ \t\n\f\r"<>|.!?(){},-])?)"},
    {"mail", R"((?:<|(?i:&lt;))?[A-Za-z0-9][^ \t\n\f\r"<>|()\x88{}]*@(?:[^ \t\n\f\r"<>|(){}.\x88]+\.)*)"
             R"([^ \t\n\f\r"<>|(){}.\x88]+(?:>|(?i:&gt;))?)"},
    {"extension",
     R"((?i:bat|bmp|c|class|cgi|cpp|dll|docx?|exe|gif|gz|h|html?|jar|java|jpe?g|mov|mp3|pdf|php|pl|png|ppt|ps|py|sql))"
     R"(|(?i:tar|txt|wav|x|xml|zip))"},
    {"file", R"({run}+(?:\.{run}+)*\.{extension})"},
    {"compound", R"([A-Za-z0-9]+(?:-[A-Za-z]+){0,2})"},
    {"slashed", R"({compound}(?:\\?/{compound}){1,2})"},
    {"listed", R"([A-Za-z0-9][A-Za-z0-9.,\x82]*(?:-(?:[A-Za-z0-9\x82]+|{acronyms}\.))+)"},
    {"joined", R"([A-Z]+(?:(?:[+&]|(?i:&amp;))[A-Z]+)+)"},
    {"bank", R"((?i:s)(?:&|(?i:&amp;))(?i:p-500|ls))"},
    {"opening",  // of a sentence
     R"([A](?i:|bout|ccording|dditionally|fter|n|s|t)|[B](?i:ut)|[E](?i:arlier)|[H](?i:e|er|ere|owever))"
     R"(|[I](?i:f|n|t)|[L](?i:ast)|[M](?i:any|ore|r\.|s\.)|[N](?i:ow)|[O](?i:nce|ne|ther|ur))"
     R"(|[S](?i:he|ince|o|ome|uch)|[T](?i:hat|he|heir|hen|here|hese|hey|his)|[W](?i:e|hen|hile|hat)|[Y](?i:et|ou)|{tag})"},
    {"smiley", R"([<>]?[:;=][-o*']?[()DPdpO\\{@|\[\]])"},
    {"face",
     R"([\^x=~<>]\.\[\^(?i:x)=~<>\]|[-\^x=~<>']_[-\^x=~<>']|\([-\^x=~<>'][_.]?[-\^x=~<>']\)|\([\^x=~<>']-[\^x=~<>'`]\))"},
};

struct Row {
  const char* text;
  const char* next;
  TokenForm form;
};

constexpr Row rows[] = {
    {R"((?i:c\+\+|[cf]#))", "", TokenForm::plain},
    {R"((?i:cannot|'twas))", "", TokenForm::split3},
    {R"((?i:'tis|gimme|gonna|gotta|lemme|wanna))", "", TokenForm::split2},
    {"{tag}", "", TokenForm::solid},
    {R"(\x90|(?i:&(?:md|[mn]dash);))", "", TokenForm::punctuation},
    {"(?i:&amp;)", "", TokenForm::ampersand},
    {R"((?i:&(?:ht|tl|ur|lr|qc|ql|qr|odq|cdq|#[0-9]+);))", "", TokenForm::plain},
    {"{word}", "{ending}", TokenForm::word},
    {R"([A-Za-z\x82]*[A-MO-Za-mo-z]\x82*)", "{not}", TokenForm::word},
    {"{word}", "", TokenForm::word},
    {"{apostrophes}", "", TokenForm::plain},
    {"(?i:y){apostrophe}", "{letter}", TokenForm::plain},
    {"{address}|{site}|{mail}|@[A-Za-z_][A-Za-z_0-9]*|#{part}+", "", TokenForm::plain},
    {"{ending}|{not}", "[^A-Za-z]", TokenForm::quote},
    {"{date}", "", TokenForm::plain},
    {"{number}", "", TokenForm::word},
    {R"(\x85?(?:[\x86]+|[\x87]+))", "", TokenForm::plain},
    {"{ratio}", "", TokenForm::solid},
    {R"(\x8B)", "", TokenForm::fraction},
    {R"(-(?i:[lr][cr]b|[lr]sb)-|(?i:c\.d\.s|pro-|anti-)|(?i:cap{apostrophe}n|c{apostrophe}est)|{bank})", "",
     TokenForm::ampersand},
    {R"({slashed}|[A-Z]*\$|#)", "", TokenForm::plain},
    {R"(\x8C)", "", TokenForm::currency},
    {R"((?:{acronym})\.)", "{blank}+{opening}{blank}", TokenForm::letter},
    {R"({numbered}\.)", "{blank}?{digit}", TokenForm::plain},
    {R"((?i:pt[ey]|co)\.)", "{space}(?i:lim|ltd)", TokenForm::plain},
    {R"({lower}\.)", "{any}{any}", TokenForm::plain},
    {R"({lower}\.|{upper}\.)", "", TokenForm::plain},
    {"{upper}", "{space}", TokenForm::plain},
    {"{acronym}", "{blank}", TokenForm::plain},
    {"{apostrophe}[0-9][0-9]", "{blank}", TokenForm::plain},
    {"{file}", "{blank}|[.?!,]", TokenForm::plain},
    {R"({word}\.)", R"([,;:\x93])", TokenForm::word},
    {"{phone}", "", TokenForm::bracketed},
    {R"("|(?i:&quot;))", "", TokenForm::punctuation},
    {R"({space}+|\x7F|(?i:&nbsp;))", "", TokenForm::nothing},
    {"[<>]", "", TokenForm::plain},
    {"(?i:&lt;)", "", TokenForm::less},
    {"(?i:&gt;)", "", TokenForm::greater},
    {"{smiley}", "[^A-Za-z0-9]", TokenForm::bracketed},
    {"{face}", "", TokenForm::bracketed},
    {R"([(){}\[\]])", "", TokenForm::bracketed},
    {R"(---?-?)", "", TokenForm::punctuation},
    {R"(-+)", "", TokenForm::plain},
    {R"(\.{3,5}|(?:\.[ \x88]){2,4}\.|[\x92\x97])", "", TokenForm::punctuation},
    {R"(@+|#+|_+|\*+|(?:\\\*){1,3}|[,;:\x93]|[?!]+|[.=/])", "", TokenForm::plain},
    {R"({listed}\.)", R"([,;:\x93])", TokenForm::word},
    {"{listed}", "", TokenForm::word},
    {R"({hyphenated}\.)", R"([,;:\x93])", TokenForm::plain},
    {"{hyphenated}", "", TokenForm::plain},
    {R"({joined}\.)", R"([,;:\x93])", TokenForm::ampersand},
    {"{joined}", "", TokenForm::ampersand},
    {"'", R"([A-Za-z][^ \t\n\r\x88])", TokenForm::punctuation},
    {R"({ending}|{not}|{apostrophe}|''|[`\x8D-\x8F]{1,2})", "", TokenForm::quote},
    {R"(<<|>>|[-+%&~\^|\\\x85\x8A\x94])", "", TokenForm::plain},
    {"{any}", "", TokenForm::nothing},
};

Names expanded_definitions() {
  Names names;
  for (const auto& [name, text] : definitions) names.emplace(name, expand(text, names));
  return names;
}

}  // namespace

std::span<const TokenRule> token_rules() {
  static const std::vector<TokenRule> rules = [] {
    const Names names = expanded_definitions();
    std::vector<TokenRule> result;
    for (const Row& row : rows)
      result.push_back({expand(row.text, names), expand(row.next, names), row.form});
    return result;
  }();
  return rules;
}

std::string token_abbreviations() {
  return expand("{lower}|{upper}|{numbered}", expanded_definitions());
}

}  // namespace dlcore
