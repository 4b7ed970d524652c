// The templates of the HTML report: nothing that a document holds can become markup.
#include "run/template.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace arango2pg::run {
namespace {

std::string rendered(const std::string& text, const TemplateData& data) {
  return render("main", data, [&](std::string_view file) -> std::string_view {
    if (file == "main") return text;
    return file == "part" ? "<b>{{name}}</b>\n" : "";
  });
}

TEST(Template, EscapesWhatIsInserted) {
  TemplateData data;
  data.set("name", "<script>alert('x')</script> & \"y\"");
  EXPECT_EQ(rendered("<p title=\"{{name}}\">", data),
            "<p title=\"&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;\">");
}

TEST(Template, RepeatsForItemsAndSeesTheDataAround) {
  TemplateData data;
  data.set("unit", "kB");
  data.add("rows").set("n", "1");
  data.add("rows").set("n", "2");
  EXPECT_EQ(rendered("{{#rows}}{{n}} {{unit}};{{/rows}}{{^rows}}none{{/rows}}", data),
            "1 kB;2 kB;");
}

TEST(Template, StandsIfATextIsThere) {
  TemplateData data;
  data.set("full", "x").set("empty", "").flag("yes", true).flag("no", false);
  EXPECT_EQ(rendered("{{#full}}a{{/full}}{{#empty}}b{{/empty}}{{^empty}}c{{/empty}}"
                     "{{#yes}}d{{/yes}}{{^no}}e{{/no}}{{^absent}}f{{/absent}}",
                     data),
            "acdef");
}

TEST(Template, TagsAloneOnALineLeaveNoLine) {
  TemplateData data;
  data.set("name", "Ada").add("rows").set("n", "1");
  EXPECT_EQ(rendered("<ul>\n  {{#rows}}\n  <li>{{n}}</li>\n  {{/rows}}\n</ul>\n{{>part}}\n", data),
            "<ul>\n  <li>1</li>\n</ul>\n<b>Ada</b>\n");
}

TEST(Template, PutsBracesOfDocumentsAsTheyAre) {
  TemplateData data;
  data.set("name", "{{#rows}}{{>part}}");
  EXPECT_EQ(rendered("{{name}}", data), "{{#rows}}{{&gt;part}}");
}

TEST(Template, RefusesWhatIsWrong) {
  const TemplateData data;
  for (const char* wrong : {"{{absent}}", "{{#a}}", "{{#a}}{{/b}}", "{{open", "{{>nowhere}}"})
    EXPECT_THROW(rendered(wrong, data), Error) << wrong;
}

TEST(HtmlEscaped, ShowsWhatWouldHide) {
  EXPECT_EQ(html_escaped(std::string("a\0b\x1b[2J", 7)), "a\\u0000b\\u001b[2J");
  EXPECT_EQ(html_escaped("evil\u202egnp.exe"), "evil\\u202egnp.exe");
  EXPECT_EQ(html_escaped("zero\u200bwidth"), "zero\\u200bwidth");
  EXPECT_EQ(html_escaped("Łukasz 漢字 😀\n\t"), "Łukasz 漢字 😀\n\t");
}

TEST(HtmlEscaped, ReplacesWhatIsNoText) {
  EXPECT_EQ(html_escaped("a\xff\xfe<"), "a\uFFFD\uFFFD&lt;");
  EXPECT_EQ(html_escaped("\xed\xa0\xbd"), "\uFFFD\uFFFD\uFFFD");  // half a surrogate pair
}

}  // namespace
}  // namespace arango2pg::run
