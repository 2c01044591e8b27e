# From a header as people read it to what Doxygen reads: the comment at the beginning becomes the file's description, as
# it stands, drawings and all; <END> and the like are words, not HTML. What tells fmt how to print dlcore's types is left
# out: Doxygen 1.9 does not understand a specialisation outside of its namespace.
FNR == 1 && /^\/\/ / { print "/** @file\n@verbatim"; opening = 1 }
opening && /^\/\// { sub(/^\/\/ ?/, ""); print; next }
opening { print "@endverbatim */"; opening = 0 }
/^template <>$/ { held = 1; next }
held { held = 0; if (/^struct fmt::formatter/) next; print "template <>" }
/\/\/\// {
  place = index($0, "///")
  code = substr($0, 1, place - 1)
  comment = substr($0, place)
  gsub(/\\/, "\\\\\\\\", comment)
  gsub(/</, "\\\\<", comment)
  gsub(/@/, "\\\\@", comment)
  gsub(/#/, "\\\\#", comment)
  gsub(/%/, "\\\\%", comment)
  $0 = code comment
}
{ print }
